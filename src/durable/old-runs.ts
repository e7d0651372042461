import type { Db } from '../core/database.ts';
import type { Forget } from './retention.ts';

interface OldRunParts {
  db: Db;
  /** What others keep about a run goes with it. Called in the transaction. */
  onForget: (runId: string) => void;
}

const isOld = `ended_at < @before AND created_at < @before AND worker IS NULL
  AND NOT EXISTS (SELECT 1 FROM undo_entries WHERE scope = runs.id AND state = 'ready')`;

/** Ended runs with their steps, signals and timers. One with calls that can still be undone is kept, and so is an open one. */
export function oldRuns({ db, onForget }: OldRunParts): Forget {
  const forgetOne = ({ seq, id }: { seq: number; id: string }): void => {
    for (const table of ['steps', 'signals', 'timers']) db.prepare(`DELETE FROM ${table} WHERE run = ?`).run(seq);
    db.prepare('DELETE FROM undo_entries WHERE scope = ?').run(id);
    db.prepare('DELETE FROM runs WHERE seq = ?').run(seq);
    onForget(id);
  };
  return (before, most) =>
    db.transaction(() => {
      const sql = `SELECT seq, id FROM runs WHERE ${isOld} ORDER BY seq LIMIT @most`;
      const old = db.prepare(sql).all({ before, most }) as { seq: number; id: string }[];
      old.forEach(forgetOne);
      return old.length;
    });
}

/** Messages that have arrived, or never will. */
export const oldMessages =
  ({ db }: { db: Db }): Forget =>
  (before, most) => {
    const sql = `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE status <> 'waiting' AND created_at < ? LIMIT ?)`;
    return db.transaction(() => db.prepare(sql).run(before, most).changes);
  };
