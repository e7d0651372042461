import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { manualClock, type Clock } from '../../../src/core/clock.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startApp } from '../../support/app.ts';
import { toolsWithMark, type CronChildOrder } from './cron-child.ts';

export interface Place {
  home: string;
  keys: string;
  /** What jobs with `isSent` append their results to. */
  results: string;
}

/** A data folder with these jobs, and nobody who fires them. */
export async function placeWith(jobs: ({ isSent?: boolean } & Record<string, unknown>)[], clock?: Clock): Promise<Place> {
  const base = temporaryFolder();
  const place = { home: path.join(base, 'home'), keys: path.join(base, 'keys'), results: path.join(base, 'results.txt') };
  mkdirSync(place.keys);
  const app = await startApp({ home: place.home, tools: toolsWithMark(place.keys), ...(clock && { clock }) });
  for (const { isSent, ...job } of jobs)
    await app.call('cron_add', { tool: 'trial_mark', ...job, ...(isSent && { output: { file: place.results } }) });
  await app[Symbol.asyncDispose]();
  return place;
}

/** One more process on the place; it leads or waits to when this resolves. */
export async function liveOn(order: CronChildOrder): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'cron-child.ts'), JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => {});
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

export async function killed(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

export interface FiringRow {
  id: string;
  job: string;
  due: number;
  recorded: number;
  run: string | null;
  status: string;
  note: string | null;
}

export interface Tally {
  firings: FiringRow[];
  /** Steps that a death interrupted and a later life made again. */
  cutOff: number;
  /** Runs that are no firing's, and firings without their run. */
  strayRuns: number;
  /** Messages that are not delivered, and ended firings whose message is not in the file that it was for. */
  undelivered: number;
  /** Firings that ran without having had their effect, and effects that no firing had. */
  lostEffects: number;
  strayEffects: number;
}

/** What is on record, beside the effects that happened. */
export function tally({ home, keys, results }: Place): Tally {
  return reading(home, (db) => {
    const messages = db.prepare('SELECT scope, status FROM outbox').all() as { scope: string; status: string }[];
    const sent = existsSync(results) ? readFileSync(results, 'utf8') : '';
    const sql =
      'SELECT id, job_id AS job, due_at AS due, recorded_at AS recorded, run_id AS run, status, note FROM cron_firings ORDER BY job_id, due_at';
    const firings = db.prepare(sql).all() as FiringRow[];
    const runs = db.prepare("SELECT id FROM runs WHERE kind = 'cron'").all() as { id: string }[];
    const ran = new Set(firings.flatMap(({ run }) => run ?? []));
    const effects = new Set(readdirSync(keys).map((name) => name.split('.')[0]!));
    const again = db.prepare('SELECT count(*) AS n FROM steps WHERE attempts > 1').get() as { n: number };
    return {
      firings,
      cutOff: again.n,
      undelivered: messages.filter(({ scope, status }) => status !== 'delivered' || !sent.includes(scope)).length,
      strayRuns: runs.filter(({ id }) => !ran.has(id)).length + ran.size - new Set(runs.map(({ id }) => id)).intersection(ran).size,
      lostEffects: firings.filter(({ status, run }) => status === 'ok' && !effects.has(run ?? '')).length,
      strayEffects: readdirSync(keys).length - ran.intersection(effects).size,
    };
  });
}

/** The process that holds the lease. */
export const leaderOf = ({ home }: Place): number | undefined =>
  reading(
    home,
    (db) =>
      (db.prepare("SELECT pid FROM workers JOIN leases ON holder = id WHERE name = 'leader'").get() as { pid: number } | undefined)?.pid,
  );

function reading<Value>(home: string, read: (db: Database.Database) => Value): Value {
  const db = new Database(path.join(home, 'claw.db'), { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

export const byStatus = (firings: FiringRow[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status } of firings) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

/** Due times between the first and the last, `every` ms apart, that have no row. */
export function lostBetween(
  firings: FiringRow[],
  { job, from, to, every }: { job: string; from: number; to: number; every: number },
): number[] {
  const known = new Set(firings.filter((firing) => firing.job === job).map(({ due }) => due));
  const lost: number[] = [];
  for (let at = from; at <= to; at += every) if (!known.has(at)) lost.push(at);
  return lost;
}

export const startOfTest = Date.UTC(2026, 0, 1);
export const clockAtStart = (): Clock => manualClock(startOfTest);
