import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { indexWithNeighbours } from './memory-index.ts';
import { findRow, memoryOf, missing, tagsOf, type Row } from './memory-rows.ts';
import type { Memory, MemoryChanges } from './memory-types.ts';
import { replace } from './memory-writing.ts';

interface Update {
  changes: MemoryChanges;
  origin: { source: string; tainted: boolean };
  now: number;
}

/** Changes one memory in place; the caller opens the transaction. */
export function update(db: Db, id: string, { changes, origin, now }: Update): { memory: Memory; before: Memory } {
  const row = findRow(db, id);
  if (!row) throw missing(id);
  const before = memoryOf(row);
  if (origin.tainted && row.tainted === 0) throw ownersWord();
  if (changes.text !== undefined && changes.text !== row.text) replace(db, row, { request: rewritten(row, { changes, origin, now }), now });
  const {
    tags = tagsOf(row),
    subject = row.subject ?? '',
    confidence = row.confidence,
    pinned = row.pinned === 1,
    validUntil = row.validUntil,
  } = changes;
  db.prepare('UPDATE memories SET tags = ?, subject = ?, confidence = ?, pinned = ?, validUntil = ?, updatedAt = ? WHERE id = ?').run(
    JSON.stringify(tags),
    subject === '' ? null : subject,
    confidence,
    Number(pinned),
    validUntil,
    now,
    id,
  );
  indexWithNeighbours(db, findRow(db, id)!);
  return { memory: memoryOf(findRow(db, id)!), before };
}

const rewritten = (row: Row, { changes, origin, now }: Update): Parameters<typeof replace>[2]['request'] => ({
  text: changes.text!.toWellFormed(),
  category: row.category,
  namespace: row.namespace,
  tags: tagsOf(row),
  ...origin,
  writeKey: `update ${row.id} ${now} ${row.edition}`,
  confidence: row.confidence,
  validFrom: row.validFrom ?? undefined,
  validUntil: row.validUntil ?? undefined,
  mayRevive: false,
});

const ownersWord = (): ToolError =>
  new ToolError('denied', "Text from outside does not change the owner's word.", { hint: 'Remember it beside, with memory_remember.' });
