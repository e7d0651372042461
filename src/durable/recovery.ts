import type { Db } from '../core/database.ts';
import type { Log } from '../core/log.ts';
import type { ClaimedRun, RunRow, RunRows } from './run-rows.ts';
import { outcomeUnknown } from './step-attempts.ts';
import type { StepRows } from './step-rows.ts';
import type { Workers } from './workers.ts';

/** What happens to the runs of processes that died. */
export interface Recovery {
  /** Sets free what a dead worker had in its hands; once per worker over all processes. */
  reap(workerId: string): void;
  reapAll(): void;
  /** Takes this worker off the list as it ends: whatever it still has open elsewhere is lost with it. */
  leave(): void;
  /** Takes up to `limit` runs that nobody has in hand. */
  takeOrphans(limit: number): ClaimedRun[];
  /** Ends the in-flight steps of a stopped run as far as they are known, and lets it go. */
  closeStopped(run: number): void;
}

interface RecoveryParts {
  db: Db;
  log: Log;
  rows: RunRows;
  steps: StepRows;
  workers: Workers;
  kinds: () => string[];
  onWorkerLost: (workerId: string) => void;
}

export function createRecovery({ db, log, rows, steps, workers, kinds, onWorkerLost }: RecoveryParts): Recovery {
  const closeStopped = (run: number): void => {
    steps.cutOff(run, 'stopped', outcomeUnknown().toJSON());
    db.prepare('UPDATE runs SET worker = NULL WHERE seq = ?').run(run);
  };
  const stoppedOf = (workerId: string): { seq: number }[] =>
    db.prepare('SELECT seq FROM runs WHERE worker = ? AND ended_at IS NOT NULL').all(workerId) as { seq: number }[];

  const reap = (workerId: string): void => {
    const orphans = db.transaction(() => {
      if (!workers.remove(workerId)) return undefined;
      for (const { seq } of stoppedOf(workerId)) closeStopped(seq);
      const free = 'UPDATE runs SET worker = NULL, epoch = epoch + 1 WHERE worker = ?';
      const { changes } = db.prepare(free).run(workerId);
      onWorkerLost(workerId);
      return changes;
    });
    if (orphans !== undefined) log.info('worker_lost', { workerId, orphans });
  };
  /** Workers that are not on the list but have runs in hand: they were thought dead, came back, and died. */
  const strangers = (): string[] => {
    const sql = 'SELECT DISTINCT worker AS id FROM runs WHERE worker IS NOT NULL AND worker NOT IN (SELECT id FROM workers)';
    return (db.prepare(sql).all() as { id: string }[]).map((row) => row.id);
  };
  return {
    reap,
    closeStopped,
    leave: () =>
      db.transaction(() => {
        workers.leave();
        onWorkerLost(workers.id);
      }),
    reapAll: () => {
      for (const id of [...workers.dead(), ...strangers()]) reap(id);
    },
    takeOrphans: (limit) => {
      const sql = `SELECT seq, epoch FROM runs WHERE status IN ('running', 'waiting') AND worker IS NULL AND ended_at IS NULL
                   AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?`;
      const found = db.prepare(sql).all(JSON.stringify(kinds()), limit) as Pick<RunRow, 'seq' | 'epoch'>[];
      if (found.length === 0) return [];
      return db.transaction(() => found.flatMap((row) => rows.claim(row) ?? []));
    },
  };
}
