import type { Clock } from '../../core/clock.ts';
import type { Db, Schema } from '../../core/database.ts';
import { specIn, type Job, type JobSpec } from './job.ts';

export const cronSchema: Schema = {
  part: 'cron',
  migrations: [
    `CREATE TABLE cron_jobs (
       seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, next_at INTEGER, paused INTEGER NOT NULL,
       paused_because TEXT, failures INTEGER NOT NULL, removed_at INTEGER, job TEXT NOT NULL) STRICT;
     CREATE INDEX cron_jobs_next ON cron_jobs (next_at) WHERE paused = 0 AND removed_at IS NULL AND next_at IS NOT NULL;
     CREATE TABLE cron_firings (
       seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, job_id TEXT NOT NULL, due_at INTEGER NOT NULL,
       recorded_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, run_id TEXT, status TEXT NOT NULL, note TEXT,
       count INTEGER NOT NULL) STRICT;
     CREATE INDEX cron_firings_job ON cron_firings (job_id, due_at);
     CREATE INDEX cron_firings_due ON cron_firings (due_at);
     CREATE INDEX cron_firings_open ON cron_firings (job_id, status) WHERE status IN ('queued', 'running');`,
  ],
};

/** The table `cron_jobs`. What was removed stays, so that it can be brought back. */
export interface JobRows {
  insert(job: Job): void;
  /** Replaces what the job is, not how it is doing. */
  replace(id: string, spec: JobSpec): void;
  find(id: string): Job | undefined;
  /** Those whose name has all of these words, whatever their case; a few at most. */
  named(words: string[]): Job[];
  /** Oldest first. */
  list(page: { limit: number; offset: number }): Job[];
  remove(id: string): void;
  restore(id: string): boolean;
  pause(id: string, because?: string): void;
  resume(id: string): void;
  setNext(id: string, at: number | undefined): void;
  /** Counts failures in a row, and returns how many there are now. */
  ended(id: string, isGood: boolean): number;
  /** What has come due, earliest first. */
  due(limit: number): Job[];
  /** When the next job is due. */
  earliest(): number | undefined;
  /** Jobs that will fire. */
  active(): Job[];
  count(): { active: number; pausedByClaw: number };
}

interface JobRow {
  id: string;
  created_at: number;
  next_at: number | null;
  paused: number;
  paused_because: string | null;
  failures: number;
  job: string;
}

const there = 'removed_at IS NULL';
const fires = `paused = 0 AND ${there} AND next_at IS NOT NULL`;

export function createJobRows({ db, clock }: { db: Db; clock: Clock }): JobRows {
  const all = (sql: string, ...values: unknown[]): Job[] => (db.prepare(sql).all(...values) as JobRow[]).map(jobOf);
  const change = (sql: string, ...values: unknown[]): number => db.prepare(sql).run(...values).changes;
  return {
    insert: (job) => {
      const sql = 'INSERT INTO cron_jobs (id, created_at, next_at, paused, failures, job) VALUES (?, ?, ?, ?, ?, ?)';
      change(sql, job.id, job.createdAt, job.nextAt ?? null, Number(job.paused), job.failures, JSON.stringify(specIn(job)));
    },
    replace: (id, spec) => void change('UPDATE cron_jobs SET job = ? WHERE id = ?', JSON.stringify(spec), id),
    find: (id) => all(`SELECT * FROM cron_jobs WHERE id = ? AND ${there}`, id)[0],
    named: (words) => {
      const has = words.map(() => `instr(lower(json_extract(job, '$.name')), lower(?)) > 0`).join(' AND ');
      return all(`SELECT * FROM cron_jobs WHERE ${there} AND ${has} ORDER BY seq LIMIT 20`, ...words);
    },
    list: ({ limit, offset }) => all(`SELECT * FROM cron_jobs WHERE ${there} ORDER BY seq LIMIT ? OFFSET ?`, limit, offset),
    remove: (id) => void change('UPDATE cron_jobs SET removed_at = ? WHERE id = ?', clock.now(), id),
    restore: (id) => change('UPDATE cron_jobs SET removed_at = NULL WHERE id = ? AND removed_at IS NOT NULL', id) > 0,
    pause: (id, because) => void change('UPDATE cron_jobs SET paused = 1, paused_because = ? WHERE id = ?', because ?? null, id),
    resume: (id) => void change('UPDATE cron_jobs SET paused = 0, paused_because = NULL, failures = 0 WHERE id = ?', id),
    setNext: (id, at) => void change('UPDATE cron_jobs SET next_at = ? WHERE id = ?', at ?? null, id),
    ended: (id, isGood) => {
      const sql = 'UPDATE cron_jobs SET failures = iif(?, 0, failures + 1) WHERE id = ? RETURNING failures';
      return (db.prepare(sql).get(Number(isGood), id) as { failures: number } | undefined)?.failures ?? 0;
    },
    due: (limit) => all(`SELECT * FROM cron_jobs WHERE ${fires} AND next_at <= ? ORDER BY next_at LIMIT ?`, clock.now(), limit),
    earliest: () => (db.prepare(`SELECT min(next_at) AS at FROM cron_jobs WHERE ${fires}`).get() as { at: number | null }).at ?? undefined,
    active: () => all(`SELECT * FROM cron_jobs WHERE ${fires}`),
    count: () => {
      const sql = `SELECT count(*) FILTER (WHERE ${fires}) AS active,
                   count(*) FILTER (WHERE paused = 1 AND paused_because IS NOT NULL) AS pausedByClaw FROM cron_jobs WHERE ${there}`;
      return db.prepare(sql).get() as { active: number; pausedByClaw: number };
    },
  };
}

const jobOf = (row: JobRow): Job => ({
  ...(JSON.parse(row.job) as JobSpec),
  id: row.id,
  createdAt: row.created_at,
  nextAt: row.next_at ?? undefined,
  paused: row.paused === 1,
  pausedBecause: row.paused_because ?? undefined,
  failures: row.failures,
});
