import type { Clock } from '../../core/clock.ts';
import type { Db, Schema } from '../../core/database.ts';
import type { Taint } from '../../core/tool.ts';
import type { Timing } from './next-time.ts';

export const cronSchema: Schema = {
  part: 'cron',
  migrations: [
    `CREATE TABLE cron_jobs (
       id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, next_at INTEGER, paused INTEGER NOT NULL, job TEXT NOT NULL) STRICT;
     CREATE INDEX cron_jobs_next ON cron_jobs (next_at) WHERE paused = 0 AND next_at IS NOT NULL;
     CREATE TABLE cron_firings (
       id TEXT PRIMARY KEY, job_id TEXT NOT NULL, due_at INTEGER NOT NULL, started_at INTEGER, run_id TEXT,
       outcome TEXT NOT NULL, note TEXT, UNIQUE (job_id, due_at)) STRICT;`,
  ],
};

export interface Step {
  id?: string;
  tool: string;
  /** A value may be `{"$from": "<id of an earlier step>"}`: what it found, in short. */
  input: Record<string, unknown>;
}

export type Misfire = 'once' | 'all' | 'skip';

/** What was asked for; kept as it is in the row. */
export interface JobSpec extends Timing {
  name: string;
  steps: Step[];
  misfire: Misfire;
  /** A firing that is later than this is missed. */
  lateByMs: number;
  /** Where relative paths start. */
  folder?: string;
  /** What the one who added it had read. */
  taint: Taint;
}

export interface Job extends JobSpec {
  id: string;
  createdAt: number;
  nextAt?: number;
  paused: boolean;
}

export interface Firing {
  id: string;
  jobId: string;
  dueAt: number;
  startedAt?: number;
  runId?: string;
  outcome: 'started' | 'missed' | 'skipped';
  note?: string;
}

interface JobRow {
  id: string;
  created_at: number;
  next_at: number | null;
  paused: number;
  job: string;
}

interface FiringRow {
  id: string;
  job_id: string;
  due_at: number;
  started_at: number | null;
  run_id: string | null;
  outcome: Firing['outcome'];
  note: string | null;
}

export interface JobRows {
  insert(job: Job): void;
  find(id: string): Job | undefined;
  list(page: { limit: number; offset: number }): Job[];
  remove(id: string): boolean;
  setPaused(id: string, paused: boolean): void;
  setNext(id: string, nextAt: number | undefined): void;
  /** The earliest due time of all that are not paused. */
  earliest(): number | undefined;
  due(): string[];
  record(firing: Firing): void;
  firings(page: { jobId?: string; limit: number; offset: number }): Firing[];
}

export function createJobRows({ db, clock }: { db: Db; clock: Clock }): JobRows {
  const live = 'paused = 0 AND next_at IS NOT NULL';
  return {
    insert: ({ id, createdAt, nextAt, paused, ...job }) =>
      void db
        .prepare('INSERT INTO cron_jobs VALUES (?, ?, ?, ?, ?)')
        .run(id, createdAt, nextAt ?? null, Number(paused), JSON.stringify(job)),
    find: (id) => jobOf(db.prepare('SELECT * FROM cron_jobs WHERE id = ?').get(id) as JobRow | undefined),
    list: ({ limit, offset }) =>
      (db.prepare('SELECT * FROM cron_jobs ORDER BY id LIMIT ? OFFSET ?').all(limit, offset) as JobRow[]).map((row) => jobOf(row)!),
    remove: (id) => db.prepare('DELETE FROM cron_jobs WHERE id = ?').run(id).changes > 0,
    setPaused: (id, paused) => void db.prepare('UPDATE cron_jobs SET paused = ? WHERE id = ?').run(Number(paused), id),
    setNext: (id, nextAt) => void db.prepare('UPDATE cron_jobs SET next_at = ? WHERE id = ?').run(nextAt ?? null, id),
    earliest: () => (db.prepare(`SELECT min(next_at) AS at FROM cron_jobs WHERE ${live}`).get() as { at: number | null }).at ?? undefined,
    due: () =>
      (
        db.prepare(`SELECT id FROM cron_jobs WHERE ${live} AND next_at <= ? ORDER BY next_at LIMIT 100`).all(clock.now()) as {
          id: string;
        }[]
      ).map(({ id }) => id),
    record: ({ id, jobId, dueAt, startedAt, runId, outcome, note }) =>
      void db
        .prepare('INSERT INTO cron_firings VALUES (?, ?, ?, ?, ?, ?, ?)')
        .run(id, jobId, dueAt, startedAt ?? null, runId ?? null, outcome, note ?? null),
    firings: ({ jobId, limit, offset }) =>
      (
        db
          .prepare('SELECT * FROM cron_firings WHERE job_id = coalesce(?, job_id) ORDER BY due_at DESC, id DESC LIMIT ? OFFSET ?')
          .all(jobId ?? null, limit, offset) as FiringRow[]
      ).map(firingOf),
  };
}

const jobOf = (row: JobRow | undefined): Job | undefined =>
  row && {
    ...(JSON.parse(row.job) as JobSpec),
    id: row.id,
    createdAt: row.created_at,
    nextAt: row.next_at ?? undefined,
    paused: row.paused === 1,
  };

const firingOf = (row: FiringRow): Firing => ({
  id: row.id,
  jobId: row.job_id,
  dueAt: row.due_at,
  startedAt: row.started_at ?? undefined,
  runId: row.run_id ?? undefined,
  outcome: row.outcome,
  note: row.note ?? undefined,
});
