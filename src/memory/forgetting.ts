import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { indexRow, indexWithNeighbours, neighboursOf, unindexRow } from './memory-index.ts';
import { findRow, memoryOf, missing, type Row } from './memory-rows.ts';
import type { Memory, RememberRequest } from './memory-types.ts';
import { signsOf } from './sameness.ts';

/** Out of every search. `batch` says why: a forgetting, want of use, or the memory that says the same. */
export function archive(db: Db, row: Row, { batch, now }: { batch: string; now: number }): void {
  db.prepare('UPDATE memories SET archivedAt = ?, archivedBy = ?, model = 0 WHERE row = ?').run(now, batch, row.row);
  unindexRow(db, row);
  for (const one of neighboursOf(db, row)) indexRow(db, one);
}

/** Archives memories and what was made from them, each with tombstones; the caller opens the transaction. Throws `not_found`. */
export function forget(db: Db, ids: string[], { batch, now }: { batch: string; now: number }): Memory[] {
  return ids.flatMap((id) => {
    const row = findRow(db, id);
    // A memory may be gone along with the one it was made from.
    if (!row) {
      if (ids.length > 1 && wasIn(db, id, batch)) return [];
      throw missing(id);
    }
    return [row, ...madeFrom(db, row.id)].map((one) => {
      archive(db, one, { batch, now });
      for (const hash of hashesOf(db, one)) db.prepare('INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?)').run(one.namespace, hash, now);
      return memoryOf(one);
    });
  });
}

const wasIn = (db: Db, id: string, batch: string): boolean =>
  db.prepare('SELECT 1 FROM memories WHERE id = ? AND archivedBy = ?').get(id, batch) !== undefined;

const madeFrom = (db: Db, id: string): Row[] =>
  db
    .prepare('SELECT memories.* FROM derived JOIN memories ON memories.id = derived.memory WHERE derived.origin = ? AND archivedAt IS NULL')
    .all(id) as Row[];

/** What a memory said, now, before, and in the words of those that were merged into it: none of that may come back. */
function hashesOf(db: Db, { id, text }: Row): Set<string> {
  const others = db
    .prepare('SELECT text FROM revisions WHERE memory = @id UNION SELECT text FROM memories WHERE archivedBy = @id')
    .all({ id }) as { text: string }[];
  const signs = [text, ...others.map((one) => one.text)].map((one) => signsOf({ text: one }));
  return new Set(signs.flatMap(({ wording, gist }) => (gist === null ? [wording] : [wording, gist])));
}

/** Throws `denied` where the text was forgotten and it is not a person who says it again. */
export function respectForgetting(db: Db, { namespace, text, mayRevive, tainted }: RememberRequest): void {
  const { wording, gist } = signsOf({ text });
  const forgotten = db.prepare('SELECT 1 FROM tombstones WHERE namespace = ? AND wording IN (?, ?)').get(namespace, wording, gist);
  if (!forgotten) return;
  if (!mayRevive || tainted) {
    throw new ToolError('denied', 'This was forgotten, and stays so.', {
      hint: 'Only the owner can bring it back: memory_restore, or by remembering it in person.',
    });
  }
  db.prepare('DELETE FROM tombstones WHERE namespace = ? AND wording IN (?, ?)').run(namespace, wording, gist);
}

/** Back from the archive, as if just asked for: or what was archived for want of use would go there again. */
export function restore(db: Db, idOrBatch: string, now: number): Memory[] {
  const rows = db
    .prepare('SELECT * FROM memories WHERE archivedAt IS NOT NULL AND (id = ? OR archivedBy = ?) ORDER BY row LIMIT 10000')
    .all(idOrBatch, idOrBatch) as Row[];
  if (rows.length === 0) throw missing(idOrBatch);
  return rows.map((row) => {
    if (row.key !== null && taken(db, row)) throw occupied(row.key);
    // One that was merged stands alone from now on.
    const gist = row.archivedBy?.startsWith('mem_') ? null : row.gist;
    db.prepare('UPDATE memories SET archivedAt = NULL, archivedBy = NULL, accessedAt = ?, gist = ? WHERE row = ?').run(now, gist, row.row);
    for (const hash of hashesOf(db, row)) db.prepare('DELETE FROM tombstones WHERE namespace = ? AND wording = ?').run(row.namespace, hash);
    indexWithNeighbours(db, row);
    return memoryOf(row);
  });
}

const taken = (db: Db, { namespace, category, key }: Row): boolean =>
  db
    .prepare('SELECT 1 FROM memories WHERE namespace = ? AND category = ? AND key = ? AND archivedAt IS NULL')
    .get(namespace, category, key) !== undefined;

const occupied = (key: string): ToolError =>
  new ToolError('conflict', `Another memory has the key "${key.slice(0, 60)}" now.`, { hint: 'Forget that one first, or keep it.' });
