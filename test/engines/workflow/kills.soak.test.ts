import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../durable/seeded-random.ts';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { soakTools, texts, type KillOrder } from './kill-child.ts';
import { cutOffIn, reading, runsIn, stepsIn, tracesIn, wronglyTakenBack } from './kill-tally.ts';

const isWhole = process.env.CLAW_SOAK === '1';
const kills = isWhole ? 200 : 6;
const count = isWhole ? 500 : 16;
/** Another seed, other moments: CLAW_SOAK_SEED. */
const seed = Number(process.env.CLAW_SOAK_SEED ?? 20_261_124);

async function born(order: KillOrder): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'kill-child.ts'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** Somebody else's process: says yes to some of what waits, no to the rest. */
async function answer(order: KillOrder, most: number): Promise<number> {
  const app = await startApp({ home: order.home, tools: soakTools(order.place) });
  const names = new Map(runsIn(order.home).map(({ id, name }) => [id, name]));
  const waiting = app.approvals.list({ status: 'waiting', limit: most });
  for (const { id, runId } of waiting)
    await app.call('approval_answer', { id, answer: names.get(runId ?? '') === 'yes' ? 'approve' : 'deny' });
  // What it has taken on goes on there; only kills are to cut anything off.
  await app.settled();
  await app[Symbol.asyncDispose]();
  return waiting.length;
}

const isOpen = (home: string): boolean => runsIn(home).some(({ status }) => ['queued', 'running', 'waiting'].includes(status));

interface Course {
  cutOff: Set<string>;
  /** Steps that one kill cut off in one lane. */
  mostOfALane: number;
  answered: number;
}

/** Lives that end by a kill, with answers between them; then one that ends all there is. */
async function livesAndDeaths(order: KillOrder): Promise<Course> {
  const random = seededRandom(seed);
  const course: Course = { cutOff: new Set(), mostOfALane: 0, answered: 0 };
  for (let life = 0; life < kills; life += 1) {
    const child = await born({
      ...order,
      to: Math.ceil(((life + 1) / kills) * count),
      from: Math.max(0, Math.floor((life / kills) * count) - 8),
    });
    await pause(40 + random() * 300);
    await killed(child);
    const now = cutOffIn(order.home).filter((key) => !course.cutOff.has(key));
    // Each run has one lane here, so what one kill cuts off in it is one step at most.
    const byLane = Map.groupBy(now, (key) => key.split('/')[0]);
    course.mostOfALane = Math.max(course.mostOfALane, ...[...byLane.values()].map((keys) => keys.length));
    for (const key of now) course.cutOff.add(key);
    if (random() < 0.2) course.answered += await answer(order, 10);
  }
  const last = await born({ ...order, from: 0, to: count });
  for (let round = 0; round < 300 && (isOpen(order.home) || runsIn(order.home).length < count); round += 1) {
    course.answered += await answer(order, 100);
    await pause(300);
  }
  await killed(last);
  return course;
}

const ends: Record<string, string[]> = {
  plain: ['done', 'unknown'],
  back: ['failed', 'unknown'],
  yes: ['done', 'unknown'],
  no: ['declined', 'unknown'],
};

test(
  `${kills} kills over ${count} workflows of five steps: nothing repeated, order of rollbacks exact, every question answered (seed ${seed})`,
  { timeout: 1_800_000 },
  async () => {
    const base = temporaryFolder();
    const order = { home: path.join(base, 'home'), place: path.join(base, 'place'), from: 0, to: count };
    mkdirSync(order.place);
    const app = await startApp({ home: order.home, tools: soakTools(order.place) });
    for (const [name, text] of Object.entries(texts)) await app.call('workflow_save', { name, text });
    await app[Symbol.asyncDispose]();

    const { cutOff, mostOfALane, answered } = await livesAndDeaths(order);
    const [runs, steps, traces] = [runsIn(order.home), stepsIn(order.home), tracesIn(order.place)];
    const begun = Map.groupBy(
      traces.filter(({ what }) => what === 'begin'),
      ({ key }) => key,
    );
    const repeated = steps.filter(({ run, id, attempts }) => (begun.get(`${run}/${id}`)?.length ?? 0) > attempts);
    const twice = steps.filter(({ run, id, idempotent }) => idempotent === 0 && (begun.get(`${run}/${id}`)?.length ?? 0) > 1);
    const unknown = steps.filter(({ status }) => status === 'unknown').map(({ run, id }) => `${run}/${id}`);
    const byRun = Map.groupBy(steps, ({ run }) => run);
    const wronglyBack = runs.flatMap((run) => wronglyTakenBack(run, byRun.get(run.id) ?? [], traces));
    const approvals = reading(
      order.home,
      (db) => db.prepare('SELECT status, count(*) AS n FROM approvals GROUP BY status').all() as { status: string; n: number }[],
    );
    const figures = {
      kills,
      workflows: runs.length,
      ...Object.fromEntries(Object.entries(Object.groupBy(runs, ({ status }) => status)).map(([status, list]) => [status, list?.length])),
      madeAgain: steps.filter(({ attempts }) => attempts > 1).length,
      unkeyedCutOff: cutOff.size,
      unknown: unknown.length,
      mostOfOneKillAndLane: mostOfALane,
      committedRepeated: repeated.length,
      unkeyedTwice: twice.length,
      rollbacks: runs.filter(({ status }) => status !== 'done').length,
      rollbacksOutOfOrder: wronglyBack.length,
      answered,
      approvals: Object.fromEntries(approvals.map(({ status, n }) => [status, n])),
    };
    console.log(`workflows: seed ${seed}, ${JSON.stringify(figures)}`);
    expect(runs).toHaveLength(count);
    expect(runs.filter(({ name, status }) => !ends[name]!.includes(status))).toEqual([]);
    expect({ repeated, twice, wronglyBack }).toEqual({ repeated: [], twice: [], wronglyBack: [] });
    expect(unknown.filter((key) => !cutOff.has(key))).toEqual([]);
    expect(mostOfALane).toBeLessThanOrEqual(1);
    expect(approvals.map(({ status }) => status).filter((status) => !['used', 'denied'].includes(status))).toEqual([]);
    expect(answered).toBeGreaterThan(0);
    // Kills that cut nothing off would prove nothing.
    if (isWhole) expect(cutOff.size).toBeGreaterThan(0);
  },
);
