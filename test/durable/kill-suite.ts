import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isOpen, type DurableBackend, type RunRecord } from '../../src/durable/backend.ts';
import type { Home } from './backend-home.ts';
import { startChild } from './child-process.ts';
import { effectsFile, keyedFile, keyedSteps } from './journal-child.ts';
import { seededRandom } from './seeded-random.ts';

const seed = 20_261_124;

export interface KillCounts {
  kills: number;
  runs: number;
}

/** kill -9 at random moments of runs whose steps have effects outside of the journal. */
export function describeKills(name: string, createHome: () => Home, { kills, runs }: KillCounts): void {
  describe(`${name}, killed ${kills} times over ${runs} five-step runs`, () => {
    test(
      'no committed step is repeated or lost, keyed effects happen once, unkeyed ones cut off end unknown',
      { timeout: 1_800_000 },
      async () => {
        const home = createHome();
        const random = seededRandom(seed);
        const settled = new Map<string, number>();
        for (let kill = 0; kill < kills; kill += 1) {
          const share = (part: number): number => Math.floor((runs * part) / kills);
          await liveAndDie(home, { from: share(kill), to: share(kill + 1), random });
          await remember(home, settled);
        }
        const last = startChild(home, { mode: 'five', from: 0, to: runs, finish: true });
        expect(await last.exited).toBe(0);
        const tally = await count(home, settled);
        console.log(`${name}: seed ${seed}, ${kills} kills, ${JSON.stringify(tally)}`);
        expect(tally).toMatchObject({ runs, stillOpen: 0, steps: runs * 5, repeated: 0, lost: 0, keyedMissing: 0, otherStates: 0 });
        expect(tally.cutOffUnkeyed).toBe(tally.unknown);
        // A kill test that cuts nothing off tests nothing.
        expect(tally.committedBeforeAKill).toBeGreaterThan(kills);
        expect(tally.interrupted).toBeGreaterThan(0);
        await home.remove();
      },
    );
  });
}

async function liveAndDie(home: Home, { from, to, random }: { from: number; to: number; random: () => number }): Promise<void> {
  const child = startChild(home, { mode: 'five', from, to });
  const isEarly = random() < 0.1;
  await (isEarly ? sleep(random() * 300) : child.said((line) => line.ready === true).then(async () => sleep(random() * 100)));
  child.kill('SIGKILL');
  await child.exited;
}

/** What was committed when a process died, and how often it had been tried by then. */
async function remember(home: Home, settled: Map<string, number>): Promise<void> {
  const begun = lines(home, 'begin');
  for (const step of await everyStep(home)) {
    if (step.status === 'done' && !settled.has(step.key)) settled.set(step.key, begun.get(step.key) ?? 0);
  }
}

async function count(home: Home, settled: Map<string, number>) {
  const begun = lines(home, 'begin');
  const effects = lines(home, 'effect');
  const all = await everyRun(home);
  const steps = await everyStep(home);
  const of = (status: string, isKeyed: boolean) => steps.filter((step) => step.status === status && step.isKeyed === isKeyed);
  return {
    runs: all.length,
    done: all.filter((run) => run.status === 'done').length,
    stillOpen: all.filter((run) => isOpen(run.status)).length,
    steps: steps.length,
    committedBeforeAKill: settled.size,
    interrupted: steps.filter((step) => step.attempts > 1).length + of('unknown', false).length,
    repeated:
      [...settled].filter(([key, tries]) => begun.get(key) !== tries).length +
      of('done', false).filter((step) => (effects.get(step.key) ?? 0) > 1).length +
      of('unknown', false).filter((step) => (effects.get(step.key) ?? 0) > 1).length,
    lost: of('done', false).filter((step) => !effects.has(step.key)).length,
    keyedMissing: of('done', true).filter((step) => !existsSync(keyedFile(home.where, step.key))).length,
    unknown: of('unknown', false).length,
    cutOffUnkeyed: steps.filter((step) => !step.isKeyed && step.status !== 'done').length,
    otherStates: steps.filter((step) => step.status !== 'done' && !(step.status === 'unknown' && !step.isKeyed)).length,
  };
}

function lines(home: Home, kind: string): Map<string, number> {
  const counts = new Map<string, number>();
  if (!existsSync(effectsFile(home.where))) return counts;
  for (const line of readFileSync(effectsFile(home.where), 'utf8').split('\n')) {
    const [word, key] = line.split(' ');
    if (word === kind && key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

async function looking<T>(home: Home, look: (backend: DurableBackend) => Promise<T>): Promise<T> {
  const { backend, disconnect } = home.connect(home.where);
  try {
    return await look(backend);
  } finally {
    await disconnect();
  }
}

const everyRun = async (home: Home): Promise<RunRecord[]> =>
  looking(home, async (backend) => (await backend.list({ limit: 100_000 })).items);

const everyStep = async (home: Home) =>
  looking(home, async (backend) => {
    const { items } = await backend.list({ limit: 100_000 });
    const steps = await Promise.all(items.map(async (run) => backend.steps(run.id)));
    return steps.flat().map((step) => ({
      key: `${step.runId}/${step.id}`,
      status: step.status,
      attempts: step.attempts,
      isKeyed: keyedSteps[Number(step.id.slice(1))] === true,
    }));
  });
