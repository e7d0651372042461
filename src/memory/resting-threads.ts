import type { Db } from '../core/database.ts';
import type { Row } from './memory-rows.ts';

/** A conversation. */
export interface Thread {
  namespace: string;
  thread: string;
}

/** One is looked at when nobody has added to it for so long. */
const restMs = 60 * 60 * 1_000;
const fewestTurns = 4;
/** In one go; what is left waits for the next. */
const mostThreads = 50;
const mostTurns = 2_000;

export const summaryKey = (thread: string): string => `thread ${thread}`;

/** Those that rest and have turns that were not read, or no summary although nobody has forgotten it. */
export const restingThreads = (db: Db, now: number): Thread[] =>
  db
    .prepare(
      `SELECT namespace, thread FROM memories AS turn WHERE thread IS NOT NULL AND archivedAt IS NULL
       GROUP BY namespace, thread HAVING count(*) >= ${fewestTurns} AND max(updatedAt) < @before AND (
         max(NOT EXISTS (SELECT 1 FROM read_turns WHERE read_turns.turn = turn.id AND read_turns.wording = turn.wording))
         OR NOT EXISTS (SELECT 1 FROM memories WHERE namespace = turn.namespace AND category = 'conversation_summary'
           AND key = 'thread ' || turn.thread AND (archivedAt IS NULL OR ${isUnwanted}))
         AND NOT EXISTS (SELECT 1 FROM unwanted_summaries WHERE namespace = turn.namespace AND thread = turn.thread))
       LIMIT ${mostThreads}`,
    )
    .all({ before: now - restMs }) as Thread[];

/** Of a summary: a person has forgotten it, and it did not only go along with a turn. */
export const isUnwanted = `memories.archivedBy LIKE 'fgt%' AND NOT EXISTS (
  SELECT 1 FROM derived JOIN memories AS origin ON origin.id = derived.origin
  WHERE derived.memory = memories.id AND origin.archivedBy = memories.archivedBy)`;

export const turnsOf = (db: Db, { namespace, thread }: Thread): Row[] =>
  db
    .prepare('SELECT * FROM memories WHERE namespace = ? AND thread = ? AND archivedAt IS NULL ORDER BY row LIMIT ?')
    .all(namespace, thread, mostTurns) as Row[];

/** Each turn gives facts once: what came of it and was forgotten is not made again in other words. A turn that was changed is another. */
export const isRead = (db: Db, { id, wording }: Row): boolean =>
  db.prepare('SELECT 1 FROM read_turns WHERE turn = ? AND wording = ?').get(id, wording) !== undefined;

export function noteRead(db: Db, turns: Row[]): void {
  for (const { id, wording } of turns) db.prepare('INSERT OR REPLACE INTO read_turns VALUES (?, ?)').run(id, wording);
}
