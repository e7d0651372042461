import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { ToolError } from '../../src/core/errors.ts';
import { RunEnd, type DurableBackend, type RunHandler, type RunSpec } from '../../src/durable/backend.ts';
import type { Connection, Home } from './backend-home.ts';
import { gate, until } from './gates.ts';

const read = { tool: 'machine_status', input: { part: 'disk' }, idempotent: true };
const write = { tool: 'file_write', input: { path: 'a' }, idempotent: false };
const owner = { caller: 'owner', input: {} };
const second = { timeoutMs: 5_000 };

/** The promises of `DurableBackend`, for whatever keeps them. */
export function describeBackend(name: string, createHome: () => Home): void {
  describe(`${name}, as a journal`, () => {
    let home: Home;
    let connections: Connection[];
    beforeEach(() => {
      home = createHome();
      connections = [];
    });
    afterEach(async () => {
      for (const { backend, disconnect } of connections) {
        await backend.close();
        await disconnect();
      }
      await home.remove();
    });

    /** One more process, in this one. */
    async function join(
      handlers: Record<string, RunHandler>,
      options: { recover?: boolean; clock?: Clock; queue?: number; lost?: string[] } = {},
    ): Promise<DurableBackend> {
      const connection = home.connect(home.where, { clock: options.clock, onWorkerLost: (id) => options.lost?.push(id) });
      connections.push(connection);
      const { backend } = connection;
      for (const [kind, handler] of Object.entries(handlers)) backend.register(kind, handler);
      if (options.queue !== undefined) backend.queue('line', { concurrency: options.queue });
      await backend.open({ recover: options.recover ?? false });
      return backend;
    }
    const leave = async (backend: DurableBackend): Promise<void> => {
      const index = connections.findIndex((connection) => connection.backend === backend);
      const [connection] = connections.splice(index, 1);
      await backend.close();
      await connection!.disconnect();
    };
    const outcome = async (backend: DurableBackend, spec: RunSpec) =>
      backend.wait(await backend.start(spec), { ...second, throughWaiting: true });

    describe('runs', () => {
      test('a run is on record before start returns, and ends with what its handler returned', async () => {
        const held = gate();
        const backend = await join({ report: async (run) => (await held.wait(), { got: run.input }) });
        const id = await backend.start({ kind: 'report', input: { n: 1 }, caller: 'mcp' });
        expect(await backend.get(id)).toMatchObject({ id, kind: 'report', status: 'running', input: { n: 1 }, caller: 'mcp' });
        held.open();
        expect(await backend.wait(id, second)).toMatchObject({ status: 'done', output: { got: { n: 1 } } });
      });

      test('a handler may name any final status', async () => {
        const backend = await join({ end: async (run) => new RunEnd(run.input as 'declined', { why: 'asked' }) });
        for (const status of ['done', 'unverified', 'failed', 'unknown', 'stopped', 'declined']) {
          expect(await outcome(backend, { kind: 'end', input: status, caller: 'owner' })).toMatchObject({
            status,
            output: { why: 'asked' },
          });
        }
      });

      test('a foreseen failure is shown as it is, anything else only as internal', async () => {
        const backend = await join({
          foreseen: async () => {
            throw new ToolError('not_found', 'No such file.', { hint: 'file_list shows them.' });
          },
          surprise: async () => {
            throw new Error('password=hunter2');
          },
          open: async () => new RunEnd('running', null),
        });
        const foreseen = { code: 'not_found', message: 'No such file.', hint: 'file_list shows them.' };
        expect(await outcome(backend, { kind: 'foreseen', ...owner })).toMatchObject({ status: 'failed', error: foreseen });
        const surprise = await outcome(backend, { kind: 'surprise', ...owner });
        expect(surprise).toMatchObject({ status: 'failed', error: { code: 'internal' } });
        expect(JSON.stringify(surprise)).not.toContain('hunter2');
        expect(await outcome(backend, { kind: 'open', ...owner })).toMatchObject({ status: 'failed', error: { code: 'internal' } });
      });

      test('a start with a known key returns the first run', async () => {
        let count = 0;
        const backend = await join({ count: async () => (count += 1) });
        const first = await backend.start({ kind: 'count', ...owner, key: 'firing-7' });
        expect(await backend.start({ kind: 'count', ...owner, key: 'firing-7' })).toBe(first);
        await backend.wait(first, second);
        expect(await backend.start({ kind: 'count', ...owner, key: 'firing-7' })).toBe(first);
        await backend.idle();
        expect(count).toBe(1);
      });

      test('what does not exist is refused with the way to find out', async () => {
        const backend = await join({ known: async () => 1 });
        await expect(backend.start({ kind: 'other', ...owner })).rejects.toMatchObject({
          code: 'not_found',
          hint: expect.stringContaining('known'),
        });
        await expect(backend.start({ kind: 'known', ...owner, queue: 'other' })).rejects.toMatchObject({ code: 'not_found' });
        await expect(backend.wait('run_none', second)).rejects.toMatchObject({ code: 'not_found' });
        await expect(backend.signal('run_none', 'x', 1)).rejects.toMatchObject({ code: 'not_found' });
        await expect(backend.stop('run_none', 'owner')).rejects.toMatchObject({ code: 'not_found' });
        await expect(backend.list({ limit: 5, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_input' });
        expect(await backend.get('run_none')).toBeUndefined();
        const id = await backend.start({ kind: 'known', ...owner, id: 'run_own' });
        expect(id).toBe('run_own');
        await expect(backend.start({ kind: 'known', ...owner, id: 'run_own' })).rejects.toMatchObject({ code: 'conflict' });
      });

      test('lists are newest first, filtered, and paged without gaps', async () => {
        const held = gate();
        const backend = await join({ quick: async () => 1, slow: async () => held.wait() });
        const ids: string[] = [];
        for (let i = 0; i < 7; i += 1) ids.push(await backend.start({ kind: i % 3 === 0 ? 'slow' : 'quick', ...owner }));
        for (const id of ids.filter((_, i) => i % 3 !== 0)) await backend.wait(id, second);
        const paged: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await backend.list({ limit: 3, ...(cursor !== undefined && { cursor }) });
          paged.push(...page.items.map((run) => run.id));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(paged).toEqual(ids.toReversed());
        const running = await backend.list({ status: 'running', limit: 50 });
        expect(running.items.map((run) => run.kind)).toEqual(['slow', 'slow', 'slow']);
        expect((await backend.list({ kind: 'quick', status: 'done', limit: 50 })).items).toHaveLength(4);
        held.open();
      });

      test('state is replaced as a whole and seen at once', async () => {
        const held = gate();
        const backend = await join({
          plan: async (run) => {
            run.setState({ a: 1, b: 2 });
            run.setState({ a: 3 });
            await held.wait();
          },
        });
        const id = await backend.start({ kind: 'plan', ...owner });
        await until(async () => (await backend.get(id))?.state !== undefined);
        expect((await backend.get(id))?.state).toEqual({ a: 3 });
        held.open();
      });

      test('wait gives up at its deadline with whatever the run is then, and when its caller does', async () => {
        const held = gate();
        const backend = await join({ slow: async () => held.wait() });
        const id = await backend.start({ kind: 'slow', ...owner });
        expect(await backend.wait(id, { timeoutMs: 5 })).toMatchObject({ status: 'running' });
        const caller = new AbortController();
        const waiting = backend.wait(id, { ...second, signal: caller.signal });
        caller.abort(new ToolError('cancelled', 'The client left.'));
        await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
        held.open();
        await backend.idle();
        expect(await backend.wait(id, second)).toMatchObject({ status: 'done' });
      });
    });

    describe('steps', () => {
      test('a step is shown with its tool, input, output, evidence and times', async () => {
        const backend = await join({
          one: async (run) => {
            const output = await run.step({ id: 's1', ...write }, async () => ({ bytes: 3 }));
            run.settle('s1', { status: 'unverified', evidence: [{ check: 'it is there', ok: false, found: 'nothing' }] });
            return output;
          },
        });
        const run = await outcome(backend, { kind: 'one', ...owner });
        expect(run.output).toEqual({ bytes: 3 });
        const [step, ...others] = await backend.steps(run.id);
        expect(others).toEqual([]);
        expect(step).toMatchObject({
          runId: run.id,
          id: 's1',
          tool: 'file_write',
          input: { path: 'a' },
          status: 'unverified',
          output: { bytes: 3 },
          attempts: 1,
          evidence: [{ check: 'it is there', ok: false, found: 'nothing' }],
          startedAt: expect.any(Number),
          endedAt: expect.any(Number),
        });
      });

      test('within a life, too, a step is done once and remembers its result or its error', async () => {
        let calls = 0;
        const backend = await join({
          twice: async (run) => {
            const good = async () => run.step({ id: 'good', ...read }, async () => (calls += 1));
            const bad = async () =>
              run.step({ id: 'bad', ...read }, async () => {
                calls += 1;
                throw new ToolError('failed', 'It is broken.', { hint: 'Mend it.' });
              });
            const errors = [
              await bad().catch((error: ToolError) => error.toJSON()),
              await bad().catch((error: ToolError) => error.toJSON()),
            ];
            return { values: [await good(), await good()], errors };
          },
        });
        const { output } = await outcome(backend, { kind: 'twice', ...owner });
        const error = { code: 'failed', message: 'It is broken.', hint: 'Mend it.' };
        expect(output).toEqual({ values: [2, 2], errors: [error, error] });
        expect(calls).toBe(2);
      });

      test('an unforeseen error of a step keeps its text out of the record', async () => {
        const backend = await join({
          leak: async (run) =>
            run.step({ id: 's', ...read }, async () => {
              throw new Error('token=abc');
            }),
        });
        const run = await outcome(backend, { kind: 'leak', ...owner });
        expect(run).toMatchObject({ status: 'failed', error: { code: 'internal' } });
        expect(JSON.stringify([run, await backend.steps(run.id)])).not.toContain('token=abc');
      });

      test('a step whose outcome nobody knows makes the run unknown, unless it is settled', async () => {
        const lost = async () => {
          throw new ToolError('unknown_outcome', 'It did not answer.');
        };
        const backend = await join({
          lost: async (run) => run.step({ id: 's', ...write }, lost),
          settled: async (run) => {
            await run.step({ id: 's', ...write }, lost).catch(() => {});
            run.settle('s', { status: 'done', output: { sent: true }, evidence: [{ check: 'it arrived', ok: true, found: 'yes' }] });
            return run.step({ id: 's', ...write }, lost);
          },
          refuted: async (run) => {
            await run.step({ id: 's', ...write }, lost).catch(() => {});
            run.settle('s', { status: 'failed' });
            return run.step({ id: 's', ...write }, lost);
          },
        });
        const unknown = await outcome(backend, { kind: 'lost', ...owner });
        expect(unknown).toMatchObject({ status: 'unknown', error: { code: 'unknown_outcome' } });
        expect(await backend.steps(unknown.id)).toMatchObject([{ status: 'unknown' }]);
        expect(await outcome(backend, { kind: 'settled', ...owner })).toMatchObject({ status: 'done', output: { sent: true } });
        expect(await outcome(backend, { kind: 'refuted', ...owner })).toMatchObject({ status: 'failed', error: { code: 'failed' } });
      });

      test('a failed step stays failed, and a done one keeps its output, whatever a check shows of them', async () => {
        const backend = await join({
          check: async (run) => {
            await run.step({ id: 'done', ...read }, async () => 1);
            await run
              .step({ id: 'failed', ...read }, async () => {
                throw new ToolError('failed', 'first');
              })
              .catch(() => {});
            run.settle('done', { status: 'failed', output: 2, error: new ToolError('failed', 'second').toJSON() });
            run.settle('failed', { status: 'done', output: 3 });
            const again = await run.step({ id: 'failed', ...read }, async () => 4).catch((error: ToolError) => error.message);
            return [await run.step({ id: 'done', ...read }, async () => 5), again];
          },
        });
        expect((await outcome(backend, { kind: 'check', ...owner })).output).toEqual([1, 'first']);
      });

      test('a step that needs a person is not remembered: after the answer it is tried again with the same key', async () => {
        const keys: string[] = [];
        let approved = false;
        const backend = await join({
          ask: async (run) => {
            const call = async () =>
              run.step({ id: 's', ...write }, async ({ key }) => {
                keys.push(key);
                if (!approved) throw new ToolError('approval_required', 'Ask.', { approvalId: 'apr_1' });
                return 'written';
              });
            try {
              return await call();
            } catch {
              await run.waitSignal('approval:apr_1', { question: { text: 'May I?', approvalId: 'apr_1' } });
              return await call();
            }
          },
        });
        const id = await backend.start({ kind: 'ask', ...owner });
        expect(await backend.wait(id, second)).toMatchObject({ status: 'waiting', question: { approvalId: 'apr_1' } });
        expect(await backend.steps(id)).toMatchObject([{ status: 'waiting' }]);
        approved = true;
        await backend.signal(id, 'approval:apr_1', 'approve');
        expect(await backend.wait(id, { ...second, throughWaiting: true })).toMatchObject({ status: 'done', output: 'written' });
        expect(await backend.steps(id)).toMatchObject([{ status: 'done', attempts: 2 }]);
        expect(new Set(keys).size).toBe(1);
        expect(keys).toHaveLength(2);
      });

      test('the run ends only after its parallel steps, also when one of them fails', async () => {
        const held = gate();
        const backend = await join({
          both: async (run) =>
            Promise.all([
              run.step({ id: 'slow', ...write }, async () => (await held.wait(), 'kept')),
              run.step({ id: 'quick', ...read }, async () => {
                throw new ToolError('failed', 'no');
              }),
            ]),
        });
        const id = await backend.start({ kind: 'both', ...owner });
        await until(async () => (await backend.steps(id)).some((step) => step.status === 'failed'));
        expect((await backend.get(id))?.status).toBe('running');
        held.open();
        expect(await backend.wait(id, second)).toMatchObject({ status: 'failed' });
        expect(await backend.steps(id)).toMatchObject([
          { id: 'slow', status: 'done', output: 'kept' },
          { id: 'quick', status: 'failed' },
        ]);
      });

      test('two steps of one name at a time are refused', async () => {
        const held = gate();
        const backend = await join({
          same: async (run) => {
            const first = run.step({ id: 's', ...read }, async () => held.wait());
            const error = await run.step({ id: 's', ...read }, async () => 1).catch((refusal: ToolError) => refusal.code);
            held.open();
            await first;
            return error;
          },
        });
        expect((await outcome(backend, { kind: 'same', ...owner })).output).toBe('conflict');
      });
    });

    describe('signals and timers', () => {
      test('a signal is kept until it is asked for, and its first value wins', async () => {
        const held = gate();
        const backend = await join({
          hear: async (run) => (await held.wait(), [await run.waitSignal('word'), await run.waitSignal('word')]),
        });
        const id = await backend.start({ kind: 'hear', ...owner });
        await backend.signal(id, 'word', { n: 1 });
        await backend.signal(id, 'word', { n: 2 });
        held.open();
        expect((await backend.wait(id, second)).output).toEqual([{ n: 1 }, { n: 1 }]);
        await backend.signal(id, 'late', 1);
        expect((await backend.get(id))?.status).toBe('done');
      });

      test('a signal from another process arrives', async () => {
        const hear: RunHandler = async (run) => run.waitSignal('word', { question: { text: 'Which?', key: 'word' } });
        const here = await join({ hear });
        const there = await join({ hear });
        const id = await here.start({ kind: 'hear', ...owner });
        expect(await there.wait(id, second)).toMatchObject({ status: 'waiting', question: { text: 'Which?' } });
        await there.signal(id, 'word', 'blue');
        expect((await there.get(id))?.status).toBe('running');
        expect(await there.wait(id, second)).toMatchObject({ status: 'done', output: 'blue' });
      });

      test('questions of parallel branches are asked one after the other', async () => {
        const backend = await join({
          two: async (run) =>
            Promise.all(['a', 'b'].map(async (key) => run.waitSignal(`answer:${key}`, { question: { text: `${key}?`, key } }))),
        });
        const id = await backend.start({ kind: 'two', ...owner });
        expect((await backend.wait(id, second)).question).toEqual({ text: 'a?', key: 'a' });
        await backend.signal(id, 'answer:a', 1);
        expect((await backend.wait(id, second)).question).toEqual({ text: 'b?', key: 'b' });
        await backend.signal(id, 'answer:b', 2);
        expect((await backend.wait(id, second)).output).toEqual([1, 2]);
      });

      test('a run is not shown waiting while one of its branches works', async () => {
        const held = gate();
        const backend = await join({
          mixed: async (run) => {
            const work = run.step({ id: 's', ...read }, async () => held.wait());
            const answer = await run.waitSignal('answer:', { question: { text: 'And?' } });
            await work;
            return answer;
          },
        });
        const id = await backend.start({ kind: 'mixed', ...owner });
        expect(await backend.wait(id, { timeoutMs: 50 })).toMatchObject({ status: 'running' });
        held.open();
        expect(await backend.wait(id, second)).toMatchObject({ status: 'waiting' });
        await backend.signal(id, 'answer:', 'yes');
        expect(await backend.wait(id, second)).toMatchObject({ status: 'done', output: 'yes' });
      });

      test('a wait with a deadline ends in timeout, and stays so when the answer comes late', async () => {
        const backend = await join({
          hurry: async (run) => {
            const first = await run.waitSignal('word', { timeoutMs: 1 }).catch((error: ToolError) => error.code);
            await run.waitSignal('go');
            return [first, await run.waitSignal('word', { timeoutMs: 60_000 })];
          },
        });
        const id = await backend.start({ kind: 'hurry', ...owner });
        await until(async () => (await backend.get(id))?.status === 'waiting');
        await backend.wait(id, { timeoutMs: 20, throughWaiting: true });
        await backend.signal(id, 'word', 'late');
        await backend.signal(id, 'go', true);
        expect((await backend.wait(id, second)).output).toEqual(['timeout', 'late']);
      });

      test('a sleep ends, and a thousand of them need no more than one process', async () => {
        const backend = await join({
          nap: async (run) => {
            await run.sleep('nap', 1 + ((run.input as number) % 20));
            return run.input;
          },
        });
        const ids = await Promise.all(
          Array.from({ length: 1_000 }, async (_, input) => backend.start({ kind: 'nap', input, caller: 'cron' })),
        );
        const runs = await Promise.all(ids.map(async (id) => backend.wait(id, { timeoutMs: 30_000 })));
        expect(runs.map((run) => run.output)).toEqual(ids.map((_, index) => index));
      });
    });

    describe('stopping', () => {
      test('nothing of a stopped run starts any more, and work in flight is told', async () => {
        const begun = gate();
        let afterStop = 0;
        const backend = await join({
          busy: async (run) => {
            await run
              .step({ id: 'long', ...read }, async ({ signal }) => {
                begun.open();
                await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
              })
              .catch(() => {});
            await run.step({ id: 'next', ...read }, async () => (afterStop += 1));
          },
        });
        const id = await backend.start({ kind: 'busy', ...owner });
        await begun.wait();
        expect(await backend.stop(id, 'owner')).toBe(true);
        await backend.idle();
        expect(await backend.get(id)).toMatchObject({ status: 'stopped', endedAt: expect.any(Number) });
        expect(await backend.steps(id)).toMatchObject([{ id: 'long', status: 'stopped' }]);
        expect(afterStop).toBe(0);
        expect(await backend.stop(id, 'owner')).toBe(false);
      });

      test('work that returns after the stop keeps its result; a write that was cut off is unknown', async () => {
        const begun = [gate(), gate()];
        const backend = await join({
          busy: async (run) =>
            Promise.all([
              run.step({ id: 'returns', ...write }, async ({ signal }) => {
                begun[0]!.open();
                await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
                return 'whole';
              }),
              run.step({ id: 'cut', ...write }, async ({ signal }) => {
                begun[1]!.open();
                await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
              }),
            ]),
        });
        const id = await backend.start({ kind: 'busy', ...owner });
        await Promise.all(begun.map(async (one) => one.wait()));
        await backend.stop(id, 'owner');
        await backend.idle();
        expect(await backend.steps(id)).toMatchObject([
          { id: 'returns', status: 'done', output: 'whole' },
          { id: 'cut', status: 'unknown', error: { code: 'unknown_outcome' } },
        ]);
        expect((await backend.get(id))?.status).toBe('stopped');
      });

      test('a stop from another process arrives, also for a run that waits', async () => {
        const asking: RunHandler = async (run) => run.waitSignal('answer:', { question: { text: 'Well?' } });
        const reasons: unknown[] = [];
        const working: RunHandler = async (run) =>
          new Promise((_resolve, reject) =>
            run.signal.addEventListener('abort', () => {
              reasons.push(run.signal.reason);
              reject(run.signal.reason as Error);
            }),
          );
        const here = await join({ asking, working });
        const there = await join({ asking, working });
        const ids = [await here.start({ kind: 'asking', ...owner }), await here.start({ kind: 'working', ...owner })];
        await there.wait(ids[0]!, second);
        for (const id of ids) expect(await there.stop(id, 'owner')).toBe(true);
        await here.idle();
        for (const id of ids) expect(await here.get(id)).toMatchObject({ status: 'stopped' });
        expect((await here.get(ids[0]!))?.question).toBeUndefined();
        expect(reasons).toMatchObject([{ code: 'cancelled' }]);
      });
    });

    describe('queues', () => {
      test('runs of a queue start in order, no more at a time than allowed, over all processes', async () => {
        const order: number[] = [];
        let running = 0;
        let most = 0;
        const handler: RunHandler = async (run) => {
          order.push(run.input as number);
          most = Math.max(most, (running += 1));
          await run.step({ id: 's', ...read }, async () => new Promise((resolve) => setTimeout(resolve, 2)));
          running -= 1;
        };
        const here = await join({ job: handler }, { queue: 2, recover: true });
        const there = await join({ job: handler }, { queue: 2, recover: true });
        const ids: string[] = [];
        for (let input = 0; input < 20; input += 1)
          ids.push(await (input % 2 ? here : there).start({ kind: 'job', input, caller: 'cron', queue: 'line' }));
        await Promise.all(ids.map(async (id) => here.wait(id, { timeoutMs: 20_000 })));
        expect(order).toEqual(ids.map((_, index) => index));
        expect(most).toBe(2);
      });

      test('a process that only passes by takes no runs of others while one stays', async () => {
        const held = gate();
        const by: string[] = [];
        const staying = await join({ job: async () => (by.push('staying'), held.wait()) }, { queue: 1, recover: true });
        const passing = await join({ job: async () => by.push('passing') }, { queue: 1 });
        const first = await staying.start({ kind: 'job', ...owner, queue: 'line' });
        await until(async () => by.length === 1);
        const other = await staying.start({ kind: 'job', ...owner, queue: 'line' });
        const own = await passing.start({ kind: 'job', ...owner, queue: 'line' });
        expect((await passing.get(own))?.status).toBe('queued');
        held.open();
        for (const id of [first, other, own]) await passing.wait(id, second);
        expect(by.slice(0, 2)).toEqual(['staying', 'staying']);
      });

      test('what a run has started is stopped with it, in one go, and nothing is started below it any more', async () => {
        const waits: RunHandler = async (run) => run.waitSignal('never');
        const [here, there] = [await join({ waits }, { recover: true }), await join({ waits })];
        const top = await here.start({ kind: 'waits', ...owner });
        const middle = await there.start({ kind: 'waits', ...owner, parent: top });
        const [below, other] = [
          await here.start({ kind: 'waits', ...owner, parent: middle }),
          await here.start({ kind: 'waits', ...owner }),
        ];
        expect(await there.stop(top, 'owner')).toBe(true);
        for (const id of [top, middle, below]) expect(await here.get(id)).toMatchObject({ status: 'stopped' });
        expect(await here.get(other)).not.toMatchObject({ status: 'stopped' });
        await expect(here.start({ kind: 'waits', ...owner, parent: middle })).rejects.toMatchObject({ code: 'cancelled' });
      });

      test('a queued run can be stopped before it starts', async () => {
        const held = gate();
        const backend = await join({ job: async () => held.wait() }, { queue: 1 });
        const first = await backend.start({ kind: 'job', ...owner, queue: 'line' });
        const next = await backend.start({ kind: 'job', ...owner, queue: 'line' });
        expect(await backend.stop(next, 'owner')).toBe(true);
        held.open();
        expect((await backend.wait(first, second)).status).toBe('done');
        expect((await backend.get(next))?.status).toBe('stopped');
      });
    });

    describe('shutting down', () => {
      test('open runs stay on record and go on in the next process, finished steps not repeated', async () => {
        const calls: string[] = [];
        const handler: RunHandler = async (run) => {
          await run.step({ id: 'before', ...write }, async () => calls.push('before'));
          const answer = await run.waitSignal('answer:', { question: { text: 'Go on?' } });
          await run.step({ id: 'after', ...write }, async () => calls.push('after'));
          return answer;
        };
        const first = await join({ ask: handler });
        const id = await first.start({ kind: 'ask', ...owner });
        await first.wait(id, second);
        await leave(first);
        const next = await join({ ask: handler });
        expect(await next.get(id)).toMatchObject({ status: 'waiting', question: { text: 'Go on?' } });
        await next.signal(id, 'answer:', 'yes');
        expect(await next.adopt(id)).toBe(true);
        expect(await next.adopt(id)).toBe(false);
        expect(await next.wait(id, second)).toMatchObject({ status: 'done', output: 'yes' });
        expect(await next.adopt(id)).toBe(false);
        expect(calls).toEqual(['before', 'after']);
      });

      test('work cut off by a shutdown runs again where it may, and is unknown where it may not', async () => {
        const begun = [gate(), gate()];
        const tries = { keyed: 0, unkeyed: 0 };
        const hang = async (signal: AbortSignal, index: number): Promise<never> => {
          begun[index]!.open();
          return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
        };
        const handler: RunHandler = async (run) => {
          const both = await Promise.allSettled([
            run.step({ id: 'keyed', ...read }, async ({ signal }) => ((tries.keyed += 1) === 1 ? hang(signal, 0) : 'again')),
            run.step({ id: 'unkeyed', ...write }, async ({ signal }) => ((tries.unkeyed += 1) === 1 ? hang(signal, 1) : 'again')),
          ]);
          return both.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as ToolError).code));
        };
        const first = await join({ both: handler });
        const id = await first.start({ kind: 'both', ...owner });
        await Promise.all(begun.map(async (one) => one.wait()));
        await leave(first);
        const next = await join({ both: handler }, { recover: true });
        expect(await next.steps(id)).toMatchObject([{ status: expect.any(String) }, { status: 'unknown' }]);
        expect((await next.wait(id, second)).output).toEqual(['again', 'unknown_outcome']);
        expect(tries).toEqual({ keyed: 2, unkeyed: 1 });
      });

      test('nothing can be started or waited out on a closed journal', async () => {
        const backend = await join({ ask: async (run) => run.waitSignal('never') });
        const id = await backend.start({ kind: 'ask', ...owner });
        const waiting = backend.wait(id, { timeoutMs: 60_000 });
        await backend.close();
        expect((await waiting).id).toBe(id);
        await expect(backend.start({ kind: 'ask', ...owner })).rejects.toMatchObject({ code: 'unavailable' });
        expect(backend.isLeader()).toBe(false);
      });
    });

    describe('many processes', () => {
      test('exactly one that recovers leads, and hands over when it leaves', async () => {
        const heard: string[] = [];
        const [a, b] = [await join({}, { recover: true }), await join({}, { recover: true })];
        const passing = await join({});
        b.onLeadership((leading) => heard.push(`b ${leading}`));
        expect([a.isLeader(), b.isLeader(), passing.isLeader()]).toEqual([true, false, false]);
        await leave(a);
        await until(async () => b.isLeader());
        await until(async () => heard.length > 0);
        expect(heard).toEqual(['b true']);
        expect(passing.isLeader()).toBe(false);
      });
    });
  });
}
