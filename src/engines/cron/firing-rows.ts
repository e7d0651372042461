import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { newId } from '../../core/ids.ts';
import type { Firing, FiringStatus } from './job.ts';

/** The table `cron_firings`: one row for each due time of each job, and one for each time it was run by hand. */
export interface FiringRows {
  /** Undefined where the key is on record already: that due time has had its firing. */
  record(firing: NewFiring): string | undefined;
  /** A queued one is begun. */
  start(id: string, runId: string): void;
  /** Ends one that is open. */
  close(id: string, end: { status: FiringStatus; note?: string | undefined }): void;
  find(id: string): Firing | undefined;
  /** Latest first. */
  list(page: { jobId?: string | undefined; limit: number; offset: number }): Firing[];
  /** Those that are running or queued, of one job or of all with some in the queue. */
  open(jobId: string): Firing[];
  openCount(jobId: string): number;
  /** The first in line of each job of which none is running. */
  next(limit: number): Firing[];
  /** Running ones that others wait for. */
  awaited(): Firing[];
  hasQueued(): boolean;
  lastRecordedAt(): number | undefined;
}

interface NewFiring {
  key: string;
  jobId: string;
  dueAt: number;
  status: FiringStatus;
  runId?: string;
  note?: string | undefined;
  count?: number;
}

interface FiringRow {
  id: string;
  job_id: string;
  due_at: number;
  started_at: number | null;
  ended_at: number | null;
  run_id: string | null;
  status: FiringStatus;
  note: string | null;
  count: number;
}

const queuedOnes = "SELECT * FROM cron_firings WHERE status = 'queued'";

export function createFiringRows({ db, clock }: { db: Db; clock: Clock }): FiringRows {
  const all = (sql: string, ...values: unknown[]): Firing[] => (db.prepare(sql).all(...values) as FiringRow[]).map(firingOf);
  return {
    record: ({ key, jobId, dueAt, status, runId, note, count = 1 }) => {
      const id = newId('fir');
      const now = clock.now();
      const isOpen = status === 'running' || status === 'queued';
      const { changes } = db
        .prepare(
          `INSERT INTO cron_firings (id, key, job_id, due_at, recorded_at, started_at, ended_at, run_id, status, note, count)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
        )
        .run(
          id,
          key,
          jobId,
          dueAt,
          now,
          status === 'running' ? now : null,
          isOpen ? null : now,
          runId ?? null,
          status,
          note ?? null,
          count,
        );
      return changes === 0 ? undefined : id;
    },
    start: (id, runId) => {
      const sql = "UPDATE cron_firings SET status = 'running', run_id = ?, started_at = ? WHERE id = ? AND status = 'queued'";
      db.prepare(sql).run(runId, clock.now(), id);
    },
    close: (id, { status, note }) => {
      const sql =
        "UPDATE cron_firings SET status = ?, note = coalesce(?, note), ended_at = ? WHERE id = ? AND status IN ('queued', 'running')";
      db.prepare(sql).run(status, note ?? null, clock.now(), id);
    },
    find: (id) => all('SELECT * FROM cron_firings WHERE id = ?', id)[0],
    list: ({ jobId, limit, offset }) =>
      jobId === undefined
        ? all('SELECT * FROM cron_firings ORDER BY due_at DESC, seq DESC LIMIT ? OFFSET ?', limit, offset)
        : all('SELECT * FROM cron_firings WHERE job_id = ? ORDER BY due_at DESC, seq DESC LIMIT ? OFFSET ?', jobId, limit, offset),
    open: (jobId) => all("SELECT * FROM cron_firings WHERE job_id = ? AND status IN ('queued', 'running') ORDER BY seq", jobId),
    openCount: (jobId) => {
      const sql = "SELECT count(*) AS n FROM cron_firings WHERE job_id = ? AND status IN ('queued', 'running')";
      return (db.prepare(sql).get(jobId) as { n: number }).n;
    },
    next: (limit) =>
      all(
        `SELECT *, min(seq) FROM (${queuedOnes}) AS waiting WHERE NOT EXISTS
           (SELECT 1 FROM cron_firings AS other WHERE other.job_id = waiting.job_id AND other.status = 'running')
         GROUP BY job_id LIMIT ?`,
        limit,
      ),
    awaited: () => all(`SELECT * FROM cron_firings WHERE status = 'running' AND job_id IN (SELECT job_id FROM (${queuedOnes}))`),
    hasQueued: () => db.prepare("SELECT 1 FROM cron_firings WHERE status = 'queued' LIMIT 1").get() !== undefined,
    lastRecordedAt: () =>
      (db.prepare('SELECT recorded_at AS at FROM cron_firings ORDER BY seq DESC LIMIT 1').get() as { at: number } | undefined)?.at,
  };
}

const firingOf = (row: FiringRow): Firing => ({
  id: row.id,
  jobId: row.job_id,
  dueAt: row.due_at,
  startedAt: row.started_at ?? undefined,
  endedAt: row.ended_at ?? undefined,
  runId: row.run_id ?? undefined,
  status: row.status,
  note: row.note ?? undefined,
  count: row.count,
});
