import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import type { ClaimedRun, RunRow, RunRows } from './run-rows.ts';

/** Runs that start in order of creation, some at a time, counted over all processes. */
export interface RunQueues {
  add(name: string, concurrency: number): void;
  mustKnow(name: string): void;
  /** A run of this process's own: one that only passes by takes no others out of the queue. */
  own(runId: string): void;
  /** Takes what may start now. */
  take(): ClaimedRun[];
}

interface QueueParts {
  db: Db;
  rows: RunRows;
  kinds: () => string[];
  /** Whether this process stays, and so takes anyone's runs. */
  stays: () => boolean;
  /** Whether some living process stays. */
  isAttended: () => boolean;
}

export function createRunQueues({ db, rows, kinds, stays, isAttended }: QueueParts): RunQueues {
  const limits = new Map<string, number>();
  const own = new Set<string>();

  const started = (queue: string): number => {
    const sql = "SELECT count(*) AS n FROM runs WHERE queue = ? AND ended_at IS NULL AND status <> 'queued'";
    return (db.prepare(sql).get(queue) as { n: number }).n;
  };
  const head = (queue: string): RunRow | undefined => {
    const known = kinds();
    const sql = `SELECT * FROM runs WHERE queue = ? AND status = 'queued' AND ended_at IS NULL
                 AND kind IN (${known.map(() => '?').join()}) ORDER BY seq LIMIT 1`;
    return db.prepare(sql).get(queue, ...known) as RunRow | undefined;
  };
  /** The first in line; for a passing process its own first, where nobody stays to take those before it. */
  const candidate = (queue: string): RunRow | undefined => {
    const first = head(queue);
    if (!first || stays() || own.has(first.id)) return first;
    if (isAttended()) return undefined;
    return [...own].map((id) => rows.find(id)).find((row) => row?.queue === queue && row.status === 'queued');
  };
  const takeFrom = (queue: string, concurrency: number): ClaimedRun[] => {
    const taken: ClaimedRun[] = [];
    for (let free = concurrency - started(queue); free > 0; free -= 1) {
      const row = candidate(queue);
      const claimed = row && rows.claim(row);
      if (!claimed) break;
      own.delete(claimed.claim.id);
      taken.push(claimed);
    }
    return taken;
  };
  return {
    add: (name, concurrency) => void limits.set(name, concurrency),
    mustKnow: (name) => {
      if (limits.has(name)) return;
      throw new ToolError('not_found', `No queue is called "${name}".`, {
        hint: `Known queues: ${[...limits.keys()].join(', ') || 'none'}.`,
      });
    },
    own: (runId) => void own.add(runId),
    // A look without the write lock first: most of the time there is nothing to take.
    take: () => [...limits].flatMap(([queue, concurrency]) => (candidate(queue) ? db.transaction(() => takeFrom(queue, concurrency)) : [])),
  };
}
