import type { Db } from '../core/database.ts';
import { newId } from '../core/ids.ts';
import { respectForgetting } from './forgetting.ts';
import { indexWithNeighbours, noteSpeaker } from './memory-index.ts';
import { findRow, lastMoment, memoryOf, type Row } from './memory-rows.ts';
import type { Memory, Remembered, RememberRequest } from './memory-types.ts';
import { knownAbout, signsOf } from './sameness.ts';

/** One write; the caller opens the transaction. */
export function remember(db: Db, given: RememberRequest, now: number): Remembered {
  const request = { ...given, text: given.text.toWellFormed() };
  const repeated = db.prepare('SELECT * FROM memories WHERE writeKey = ? AND archivedAt IS NULL').get(request.writeKey) as Row | undefined;
  if (repeated) return { memory: memoryOf(repeated), change: 'merged' };
  respectForgetting(db, request);
  const known = knownAbout(db, request);
  if (!known) return { memory: insert(db, request, now), change: 'created' };
  const { row, isSame } = known;
  if (isSame) return { memory: confirmed(db, row, request), change: 'merged' };
  // What came from outside stands beside the owner's word, never in its place.
  if (request.tainted && row.tainted === 0) return { memory: insert(db, { ...request, key: undefined }, now), change: 'created' };
  return { memory: replace(db, row, { request, now }), change: 'updated', previousText: row.text };
}

export function insert(db: Db, request: RememberRequest, now: number): Memory {
  const id = newId('mem');
  const { text, category, namespace, key, tags, subject, thread, source, tainted, confidence = 1, pinned = false, writeKey } = request;
  db.prepare(
    `INSERT INTO memories (id, text, category, namespace, key, tags, subject, thread, source, tainted, confidence, pinned, createdAt, updatedAt,
       validFrom, validUntil, writeKey, wording, claim, gist, topic)
     VALUES (@id, @text, @category, @namespace, @key, @tags, @subject, @thread, @source, @tainted, @confidence, @pinned, @now, @now,
       @validFrom, @validUntil, @writeKey, @wording, @claim, @gist, @topic)`,
  ).run({
    id,
    text,
    category,
    namespace,
    key: key ?? null,
    tags: JSON.stringify(tags),
    subject: subject ?? null,
    thread: thread ?? null,
    source,
    tainted: Number(tainted),
    confidence,
    pinned: Number(pinned),
    now,
    validFrom: moment(request.validFrom),
    validUntil: moment(request.validUntil),
    writeKey,
    ...signsOf(request),
  });
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
    `UPDATE memories SET text = @text, source = @source, tainted = @tainted, tags = @tags, updatedAt = @now, writeKey = @writeKey,
       confidence = @confidence, validFrom = @validFrom, validUntil = @validUntil,
       wording = @wording, claim = @claim, gist = @gist, topic = @topic WHERE id = @id`,
  ).run({
    id: known.id,
    text,
    source,
    tainted: Number(tainted),
    tags: JSON.stringify(tags),
    now,
    writeKey,
    confidence: request.confidence ?? 1,
    validFrom: moment(request.validFrom),
    validUntil: moment(request.validUntil),
    ...signsOf({ text, thread: known.thread }),
  });
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
