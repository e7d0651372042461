import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { indexRow, indexWithNeighbours, neighboursOf, noteSpeaker, unindexRow } from './memory-index.ts';
import { findRow, lastMoment, memoryOf, missing, type Row } from './memory-rows.ts';
import type { Memory, Remembered, RememberRequest } from './memory-types.ts';
import { claimOf, wordingOf } from './wording.ts';

/** One write; the caller opens the transaction. */
export function remember(db: Db, given: RememberRequest, now: number): Remembered {
  const request = { ...given, text: given.text.toWellFormed() };
  const repeated = db.prepare('SELECT * FROM memories WHERE writeKey = ? AND archivedAt IS NULL').get(request.writeKey) as Row | undefined;
  if (repeated) return { memory: memoryOf(repeated), change: 'merged' };
  respectForgetting(db, request);
  const known = earlier(db, request);
  if (!known) return { memory: insert(db, request, now), change: 'created' };
  if (known.text === request.text || (known.key === (request.key ?? null) && known.wording === wordingOf(request.text)))
    return { memory: confirmed(db, known, request), change: 'merged' };
  // What came from outside stands beside the owner's word, never in its place.
  if (request.tainted && known.tainted === 0) return { memory: insert(db, { ...request, key: undefined }, now), change: 'created' };
  return { memory: replace(db, known, { request, now }), change: 'updated', previousText: known.text };
}

function respectForgetting(db: Db, { namespace, text, mayRevive, tainted }: RememberRequest): void {
  const wording = wordingOf(text);
  if (!db.prepare('SELECT 1 FROM tombstones WHERE namespace = ? AND wording = ?').get(namespace, wording)) return;
  if (!mayRevive || tainted) {
    throw new ToolError('denied', 'This was forgotten, and stays so.', {
      hint: 'Only the owner can bring it back: memory_restore, or by remembering it in person.',
    });
  }
  db.prepare('DELETE FROM tombstones WHERE namespace = ? AND wording = ?').run(namespace, wording);
}

/** What this write is about already: the same key, else the same words, else the same claim. Turns of a conversation stand alone. */
function earlier(db: Db, { namespace, category, key, text, thread }: RememberRequest): Row | undefined {
  const by = (column: 'key' | 'wording' | 'claim', value: string): Row | undefined =>
    db
      .prepare(
        `SELECT * FROM memories WHERE namespace = ? AND category = ? AND ${column} = ? AND archivedAt IS NULL ORDER BY tainted, row DESC`,
      )
      .get(namespace, category, value) as Row | undefined;
  if (key !== undefined) return by('key', key);
  if (thread !== undefined) return undefined;
  const claim = claimOf(text);
  return by('wording', wordingOf(text)) ?? (claim === undefined ? undefined : by('claim', claim));
}

export function insert(db: Db, request: RememberRequest, now: number): Memory {
  const id = newId('mem');
  const { text, category, namespace, key, tags, subject, thread, source, tainted, confidence = 1, pinned = false, writeKey } = request;
  db.prepare(
    `INSERT INTO memories (id, text, category, namespace, key, tags, subject, thread, source, tainted, confidence, pinned, createdAt, updatedAt,
       validFrom, validUntil, writeKey, wording, claim) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    id,
    text,
    category,
    namespace,
    key ?? null,
    JSON.stringify(tags),
    subject ?? null,
    thread ?? null,
    source,
    Number(tainted),
    confidence,
    Number(pinned),
    now,
    now,
    moment(request.validFrom),
    moment(request.validUntil),
    writeKey,
    wordingOf(text),
    thread === undefined ? (claimOf(text) ?? null) : null,
  );
  const row = findRow(db, id)!;
  noteSpeaker(db, row);
  indexWithNeighbours(db, row);
  return memoryOf(row);
}

const moment = (ms: number | undefined): number | null =>
  ms === undefined ? null : Math.max(-lastMoment, Math.min(lastMoment, Math.round(ms)));

/** Writes a new text over an old one, which stays as a revision. */
export function replace(db: Db, known: Row, { request, now }: { request: RememberRequest; now: number }): Memory {
  const { text, source, tags, writeKey } = request;
  const tainted = taintOfRevision(db, known.id, text) ?? request.tainted;
  db.prepare('INSERT INTO revisions VALUES (?, ?, ?, ?, ?)').run(known.id, known.text, known.source, now, known.tainted);
  db.prepare(
    `UPDATE memories SET text = ?, source = ?, tainted = ?, tags = ?, updatedAt = ?, writeKey = ?, wording = ?, claim = ?, confidence = ?,
       validFrom = ?, validUntil = ? WHERE id = ?`,
  ).run(
    text,
    source,
    Number(tainted),
    JSON.stringify(tags),
    now,
    writeKey,
    wordingOf(text),
    known.thread === null ? (claimOf(text) ?? null) : null,
    request.confidence ?? 1,
    moment(request.validFrom),
    moment(request.validUntil),
    known.id,
  );
  const row = findRow(db, known.id)!;
  indexWithNeighbours(db, row);
  return memoryOf(row);
}

/** A text that was there before is that text again, with the taint it had: undo neither cleans nor taints. */
function taintOfRevision(db: Db, id: string, text: string): boolean | undefined {
  const sql = 'SELECT tainted FROM revisions WHERE memory = ? AND text = ? ORDER BY replacedAt DESC LIMIT 1';
  const row = db.prepare(sql).get(id, text) as { tainted: number } | undefined;
  return row && row.tainted === 1;
}

/** Said again by someone who has read nothing from outside, a text is theirs. */
function confirmed(db: Db, known: Row, { tainted }: RememberRequest): Memory {
  if (known.tainted === 0 || tainted) return memoryOf(known);
  db.prepare('UPDATE memories SET tainted = 0 WHERE id = ?').run(known.id);
  return memoryOf({ ...known, tainted: 0 });
}

/** Out of every search, with a tombstone. */
export function archive(db: Db, row: Row, { batch, now, forgotten }: { batch: string; now: number; forgotten: boolean }): void {
  db.prepare('UPDATE memories SET archivedAt = ?, archivedBy = ?, model = 0 WHERE row = ?').run(now, batch, row.row);
  unindexRow(db, row);
  for (const one of neighboursOf(db, row)) indexRow(db, one);
  if (forgotten)
    db.prepare('INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?)').run(row.namespace, row.wording ?? wordingOf(row.text), now);
}

export function restore(db: Db, idOrBatch: string): Memory[] {
  const rows = db
    .prepare('SELECT * FROM memories WHERE archivedAt IS NOT NULL AND (id = ? OR archivedBy = ?) ORDER BY row LIMIT 10000')
    .all(idOrBatch, idOrBatch) as Row[];
  if (rows.length === 0) throw missing(idOrBatch);
  return rows.map((row) => {
    if (row.key !== null && taken(db, row)) throw occupied(row.key);
    db.prepare('UPDATE memories SET archivedAt = NULL, archivedBy = NULL WHERE row = ?').run(row.row);
    db.prepare('DELETE FROM tombstones WHERE namespace = ? AND wording = ?').run(row.namespace, row.wording ?? wordingOf(row.text));
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
