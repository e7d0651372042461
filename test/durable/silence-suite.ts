import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { ToolError } from '../../src/core/errors.ts';
import type { Attempt, DurableBackend, RunHandler } from '../../src/durable/backend.ts';
import type { Connection, Home } from './backend-home.ts';
import { gate, until } from './gates.ts';

const owner = { caller: 'owner', input: {} };
const write = { tool: 'file_write', input: {}, idempotent: false };
const keyed = { tool: 'file_write', input: {}, idempotent: true };

interface Frozen {
  backend: DurableBackend;
  clock: ReturnType<typeof manualClock>;
  /** Moves wall time without time having passed. */
  jump(ms: number): void;
}

/**
 * Processes that fall silent without ending, as a paused one or a suspended machine does: each has a clock
 * of its own, and one whose clock stands still sends no sign of life.
 */
export function describeSilence(name: string, createHome: () => Home): void {
  describe(`${name}, when processes fall silent`, () => {
    let home: Home;
    let connections: Connection[];
    let joined: Frozen[];
    const lost: string[] = [];
    beforeEach(() => {
      home = createHome();
      connections = [];
      joined = [];
      lost.length = 0;
    });
    afterEach(async () => {
      for (const { backend, clock } of joined) {
        const closed = backend.close();
        // Some of them hold work that never ends: that much grace is over at once.
        clock.advance(60_000);
        await closed;
      }
      for (const { disconnect } of connections) await disconnect();
      await home.remove();
    });

    async function join(handlers: Record<string, RunHandler>, { recover = true, queue = 1 } = {}): Promise<Frozen> {
      const time = manualClock();
      let offset = 0;
      const clock = { ...time, now: () => time.now() + offset };
      const connection = home.connect(home.where, { clock, onWorkerLost: (id) => lost.push(id) });
      connections.push(connection);
      for (const [kind, handler] of Object.entries(handlers)) connection.backend.register(kind, handler);
      connection.backend.queue('line', { concurrency: queue });
      await connection.backend.open({ recover });
      const process: Frozen = { backend: connection.backend, clock: time, jump: (ms) => void (offset += ms) };
      joined.push(process);
      return process;
    }
    /** Lets a process live on for so many beats. */
    async function live({ clock }: Frozen, beats: number): Promise<void> {
      for (let i = 0; i < beats * 5; i += 1) {
        clock.advance(200);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const ended = async (process: Frozen, id: string) => {
      await until(async () => (await process.backend.get(id))?.endedAt !== undefined);
      return (await process.backend.get(id))!;
    };

    test('a silent leader is replaced, its runs go on elsewhere, and what it writes later changes nothing', async () => {
      const begun = gate();
      const back = gate();
      const taken = gate();
      const goOn = gate();
      const late: unknown[] = [];
      let attempt: Attempt<string> | undefined;
      const tries: string[] = [];
      const handler =
        (own: string): RunHandler =>
        async (run) => {
          const first = await run
            .step({ id: 'keyed', ...keyed }, async (current) => {
              tries.push(`${own} ${current.key === `${run.id}/keyed`}`);
              if (own === 'new') {
                taken.open();
                await goOn.wait();
                return 'new';
              }
              attempt = current;
              begun.open();
              await back.wait();
              return 'old';
            })
            .catch((error: unknown) => {
              late.push(error);
              throw error;
            });
          return first;
        };
      const old = await join({ job: handler('old') });
      const next = await join({ job: handler('new') });
      const id = await old.backend.start({ kind: 'job', ...owner });
      await begun.wait();
      await live(next, 4);
      expect([old.backend.isLeader(), next.backend.isLeader()]).toEqual([true, false]);
      await live(next, 4);
      expect([old.backend.isLeader(), next.backend.isLeader()]).toEqual([false, true]);
      expect(lost).toHaveLength(1);
      await taken.wait();
      expect(() => attempt!.commit('stale')).toThrow(expect.objectContaining({ code: 'cancelled' }));
      expect(await next.backend.steps(id)).toMatchObject([{ status: 'running', attempts: 2 }]);
      goOn.open();
      expect(await ended(next, id)).toMatchObject({ status: 'done', output: 'new' });
      const before = [await next.backend.get(id), await next.backend.steps(id)];
      back.open();
      await old.backend.idle();
      expect(late).toMatchObject([{ code: 'cancelled' }]);
      expect([await next.backend.get(id), await next.backend.steps(id)]).toEqual(before);
      expect(tries).toEqual(['old true', 'new true']);
    });

    test('a process that comes back lets go of what was taken from it, and joins again', async () => {
      const reasons: unknown[] = [];
      const waiting: RunHandler = async (run) => {
        run.signal.addEventListener('abort', () => reasons.push(run.signal.reason));
        return run.waitSignal('word');
      };
      const old = await join({ job: waiting });
      const next = await join({ job: waiting });
      const id = await old.backend.start({ kind: 'job', ...owner });
      await until(async () => (await old.backend.get(id))?.status === 'waiting');
      await live(next, 8);
      await live(old, 2);
      expect(reasons).toMatchObject([{ code: 'cancelled' }]);
      expect([old.backend.isLeader(), next.backend.isLeader()]).toEqual([false, true]);
      await next.backend.signal(id, 'word', 'go');
      expect(await ended(next, id)).toMatchObject({ output: 'go' });
      // It counts as alive again: now it takes over from the other.
      await live(old, 8);
      expect([old.backend.isLeader(), next.backend.isLeader()]).toEqual([true, false]);
    });

    test('a write that a silent process had in flight is unknown, and settling it gives replays a result', async () => {
      const begun = gate();
      const handler: RunHandler = async (run) => {
        const result = await run
          .step({ id: 'send', ...write }, async () => (begun.open(), new Promise<string>(() => {})))
          .catch((error: ToolError) => error.code);
        if (result !== 'unknown_outcome') return result;
        run.settle('send', { status: 'done', output: 'it had arrived', evidence: [{ check: 'inbox', ok: true, found: 'one' }] });
        return run.step({ id: 'send', ...write }, async () => 'sent twice');
      };
      const old = await join({ job: handler });
      const next = await join({ job: handler });
      const id = await old.backend.start({ kind: 'job', ...owner });
      await begun.wait();
      await live(next, 8);
      expect(await ended(next, id)).toMatchObject({ status: 'done', output: 'it had arrived' });
      expect(await next.backend.steps(id)).toMatchObject([{ status: 'done', attempts: 1, evidence: [{ check: 'inbox' }] }]);
    });

    test.each([-86_400_000, 86_400_000])(
      'a wall clock that jumps by %i ms makes no live process look dead, and no dead one alive',
      async (jump) => {
        const first = await join({});
        const other = await join({});
        const both = async (beats: number): Promise<void> => {
          for (let i = 0; i < beats; i += 1) {
            await live(first, 1);
            await live(other, 1);
          }
        };
        await both(2);
        other.jump(jump);
        await both(8);
        expect([first.backend.isLeader(), other.backend.isLeader()]).toEqual([true, false]);
        first.jump(-jump);
        await both(8);
        expect([first.backend.isLeader(), other.backend.isLeader()]).toEqual([true, false]);
        expect(lost).toEqual([]);
        other.jump(jump);
        await live(other, 8);
        expect([first.backend.isLeader(), other.backend.isLeader()]).toEqual([false, true]);
      },
    );

    test('a process that had slept takes nobody for dead merely because it was away itself', async () => {
      const awake = await join({});
      const slept = await join({});
      await live(awake, 1);
      await live(slept, 1);
      await live(awake, 60);
      expect(lost).toHaveLength(1);
      lost.length = 0;
      slept.clock.advance(3_600_000);
      await live(slept, 3);
      expect(lost).toEqual([]);
      expect([awake.backend.isLeader(), slept.backend.isLeader()]).toEqual([true, false]);
    });

    test('a silent process stopped meanwhile starts nothing when it comes back', async () => {
      const begun = gate();
      const back = gate();
      let after = 0;
      const handler: RunHandler = async (run) => {
        await run.step({ id: 'one', ...write }, async () => {
          begun.open();
          await back.wait();
          return 1;
        });
        await run.step({ id: 'two', ...write }, async () => (after += 1));
      };
      const old = await join({ job: handler });
      const other = await join({ job: handler }, { recover: false });
      const id = await old.backend.start({ kind: 'job', ...owner });
      await begun.wait();
      await other.backend.stop(id, 'owner');
      back.open();
      await old.backend.idle();
      expect(after).toBe(0);
      expect(await other.backend.get(id)).toMatchObject({ status: 'stopped' });
      expect(await other.backend.steps(id)).toMatchObject([{ id: 'one', status: 'done' }]);
    });

    test('a run stopped while its process is silent is closed by whoever finds that process dead', async () => {
      const begun = gate();
      const old = await join({ job: async (run) => run.step({ id: 'one', ...write }, async () => (begun.open(), new Promise(() => {}))) });
      const other = await join({});
      const id = await old.backend.start({ kind: 'job', ...owner });
      await begun.wait();
      await other.backend.stop(id, 'owner');
      expect(await other.backend.steps(id)).toMatchObject([{ status: 'running' }]);
      await live(other, 8);
      expect(await other.backend.steps(id)).toMatchObject([{ status: 'unknown', error: { code: 'unknown_outcome' } }]);
      expect(await other.backend.get(id)).toMatchObject({ status: 'stopped' });
    });

    test('adopting takes over from a silent process, and from no other', async () => {
      const handler: RunHandler = async (run) => run.waitSignal('word');
      const old = await join({ job: handler }, { recover: false });
      const passing = await join({ job: handler }, { recover: false });
      const id = await old.backend.start({ kind: 'job', ...owner });
      await until(async () => (await old.backend.get(id))?.status === 'waiting');
      await live(passing, 1);
      expect(await passing.backend.adopt(id)).toBe(false);
      await live(passing, 7);
      expect(await passing.backend.adopt(id)).toBe(true);
      expect(lost).toHaveLength(1);
      await passing.backend.signal(id, 'word', 1);
      expect(await ended(passing, id)).toMatchObject({ output: 1 });
    });

    test.each(['approve', 'deny'])(
      'a question asked before the silence is not asked again: the answer given meanwhile counts (%s)',
      async (answer) => {
        const asked: string[] = [];
        let approved = false;
        const handler: RunHandler = async (run) => {
          const call = async () =>
            run.step({ id: 'send', ...write }, async () => {
              if (approved) return 'sent';
              asked.push(`apr_${asked.length + 1}`);
              throw new ToolError('approval_required', 'May I?', { approvalId: asked.at(-1)! });
            });
          const error = await call().catch((refusal: ToolError) => refusal);
          if (!(error instanceof ToolError) || error.approvalId === undefined) return error instanceof ToolError ? error.code : error;
          const said = await run.waitSignal(`approval:${error.approvalId}`, {
            question: { text: error.message, approvalId: error.approvalId },
          });
          if (said === 'approve') return call();
          run.settle('send', { status: 'failed', error: new ToolError('denied', 'The owner said no.').toJSON() });
          // Whatever comes after may be cut off too.
          await run.waitSignal('go');
          return 'declined';
        };
        const old = await join({ job: handler });
        const next = await join({ job: handler });
        const id = await old.backend.start({ kind: 'job', ...owner });
        await until(async () => (await old.backend.get(id))?.status === 'waiting');
        expect(await next.backend.steps(id)).toMatchObject([
          { status: 'waiting', error: { code: 'approval_required', approvalId: 'apr_1' } },
        ]);
        approved = answer === 'approve';
        await next.backend.signal(id, 'approval:apr_1', answer);
        await live(next, 8);
        if (answer === 'approve') expect(await ended(next, id)).toMatchObject({ output: 'sent' });
        else {
          await until(async () => (await next.backend.steps(id))[0]?.status === 'failed');
          const last = await join({ job: handler });
          await live(last, 8);
          expect(await ended(last, id)).toMatchObject({ output: 'denied' });
        }
        expect(asked).toEqual(['apr_1']);
      },
    );

    test('a deadline that passed stays passed in the next process, although the answer has come since', async () => {
      const handler: RunHandler = async (run) => {
        const first = await run.waitSignal('word', { timeoutMs: 1_000 }).catch((error: ToolError) => error.code);
        await run.waitSignal('go');
        return [first, await run.waitSignal('word', { timeoutMs: 1_000 })];
      };
      const old = await join({ job: handler });
      const next = await join({ job: handler });
      const id = await old.backend.start({ kind: 'job', ...owner });
      await until(async () => (await old.backend.get(id))?.status === 'waiting');
      await live(old, 2);
      await next.backend.signal(id, 'word', 'late');
      await live(next, 9);
      await next.backend.signal(id, 'go', true);
      expect(await ended(next, id)).toMatchObject({ output: ['timeout', 'late'] });
    });

    test('a process that only passes by waits its turn in a queue, until nobody who stays is alive', async () => {
      const hang: RunHandler = async (run) =>
        new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)));
      const staying = await join({ job: hang });
      const passing = await join({ job: async () => 'passed' }, { recover: false });
      const job = { kind: 'job', ...owner, queue: 'line' };
      const first = await staying.backend.start(job);
      await until(async () => (await staying.backend.get(first))?.status === 'running');
      const second = await staying.backend.start(job);
      const own = await passing.backend.start(job);
      await live(passing, 1);
      // Its place is free, and it is not the next in line.
      await passing.backend.stop(first, 'owner');
      await live(passing, 2);
      expect([await passing.backend.get(second), await passing.backend.get(own)]).toMatchObject([
        { status: 'queued' },
        { status: 'queued' },
      ]);
      await live(passing, 6);
      expect(await ended(passing, own)).toMatchObject({ output: 'passed' });
      expect(await passing.backend.get(second)).toMatchObject({ status: 'queued' });
    });

    test('a sleep goes on where it was, and its end is remembered', async () => {
      const handler: RunHandler = async (run) => {
        await run.sleep('nap', 60_000);
        return run.waitSignal('word');
      };
      const old = await join({ job: handler });
      const next = await join({ job: handler });
      const id = await old.backend.start({ kind: 'job', ...owner });
      await until(async () => (await old.backend.get(id))?.status === 'waiting');
      await live(next, 50);
      expect(await next.backend.get(id)).toMatchObject({ status: 'waiting' });
      await next.backend.signal(id, 'word', 'up');
      await live(next, 8);
      expect(await next.backend.get(id)).toMatchObject({ status: 'waiting' });
      await live(next, 4);
      expect(await ended(next, id)).toMatchObject({ output: 'up' });
    });
  });
}
