import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { ToolError } from '../../src/core/errors.ts';
import type { RunHandler, StepStatus } from '../../src/durable/backend.ts';
import { until } from './gates.ts';
import { connect, sqliteHome } from './sqlite-home.ts';

/** Where a life ends while it is at this step: its work never comes back. */
type Cut = 'before it began' | 'before the effect' | 'after the effect' | 'after the commit';

interface PlannedStep {
  idempotent: boolean;
  fails: boolean;
  /** Its work puts it on record; until then there is nothing to be unknown. */
  beginsItself: boolean;
  /** One for each life that gets as far as this. */
  cuts: Cut[];
}

interface Seen {
  status: StepStatus;
  attempts: number;
  effects: number;
}

const plannedStep: fc.Arbitrary<PlannedStep> = fc.record({
  idempotent: fc.boolean(),
  fails: fc.boolean(),
  beginsItself: fc.boolean(),
  cuts: fc.array(fc.constantFrom<Cut>('before it began', 'before the effect', 'after the effect', 'after the commit'), { maxLength: 2 }),
});

/** What the protocol promises of one step, thought out apart from how it is kept. */
function promised({ idempotent, fails, beginsItself, cuts }: PlannedStep): Seen {
  let [attempts, effects] = [0, 0];
  for (const cut of cuts) {
    if (beginsItself && cut === 'before it began') continue;
    attempts += 1;
    if (cut.startsWith('after')) effects += 1;
    if (cut === 'after the commit') return { status: 'done', attempts, effects };
    if (!idempotent) return { status: 'unknown', attempts, effects };
  }
  return { status: fails ? 'failed' : 'done', attempts: attempts + 1, effects: effects + 1 };
}

/** Carries the plan out in as many lives as it takes. Each life that is cut falls silent for good. */
async function carriedOut(plan: PlannedStep[]): Promise<Seen[]> {
  const home = sqliteHome();
  const effects = plan.map(() => 0);
  const lives = plan.map(() => 0);
  let cutCount = 0;
  const handler: RunHandler = async (run) => {
    for (const [index, { idempotent, fails, beginsItself, cuts }] of plan.entries()) {
      await run
        .step({ id: `s${index}`, tool: 'plan', input: { index }, idempotent, beginsItself }, async (attempt) => {
          const cut = cuts[lives[index]!];
          lives[index]! += 1;
          const silence = async (): Promise<never> => ((cutCount += 1), new Promise(() => {}));
          if (cut === 'before it began') return silence();
          if (beginsItself) attempt.begin();
          if (cut === 'before the effect') return silence();
          effects[index]! += 1;
          if (cut === 'after the commit') attempt.commit(index);
          if (cut) return silence();
          if (fails) throw new ToolError('failed', 'planned');
          return index;
        })
        .catch((error: unknown) => expect(error).toBeInstanceOf(ToolError));
    }
    return 'through';
  };
  const processes: { end: () => Promise<void> }[] = [];
  const live = async () => {
    const clock = manualClock();
    const { backend, disconnect } = connect(home.where, { clock });
    backend.register('plan', handler);
    await backend.open({ recover: true });
    processes.push({
      end: async () => {
        const closed = backend.close();
        clock.advance(60_000);
        await closed;
        disconnect();
      },
    });
    return { backend, clock };
  };
  let { backend, clock } = await live();
  const id = await backend.start({ kind: 'plan', input: {}, caller: 'owner' });
  for (let cuts = 0; ;) {
    await until(async () => cutCount > cuts || (await backend.get(id))?.endedAt !== undefined);
    if (cutCount === cuts) break;
    cuts = cutCount;
    ({ backend, clock } = await live());
    for (let beat = 0; beat < 8; beat += 1) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  expect(await backend.get(id)).toMatchObject({ status: 'done', output: 'through' });
  const steps = await backend.steps(id);
  for (const { end } of processes) await end();
  await home.remove();
  return steps.map(({ status, attempts }, index) => ({ status, attempts, effects: effects[index]! }));
}

test('whatever the steps and wherever they are cut off, the record says what happened', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(plannedStep, { minLength: 1, maxLength: 4 }), async (plan) => {
      expect(await carriedOut(plan)).toEqual(plan.map(promised));
    }),
    { numRuns: 40, seed: 20_261_124, endOnFailure: true },
  );
});
