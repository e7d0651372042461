import { createHash } from 'node:crypto';
import type { Db } from '../core/database.ts';
import { momentOf, tagsOf, type Row } from './memory-rows.ts';
import { dateWords } from './moments.ts';

/** One token that stands for a namespace in the full-text index. */
export const scopeOf = (namespace: string): string => `scope${createHash('sha256').update(namespace).digest('hex').slice(0, 16)}`;

/** The turns before and after it in its thread. */
export function neighboursOf(db: Db, { namespace, thread, row }: Pick<Row, 'namespace' | 'thread' | 'row'>): Row[] {
  if (thread === null) return [];
  const beside = (order: string): Row | undefined =>
    db
      .prepare(`SELECT * FROM memories WHERE namespace = ? AND thread = ? AND archivedAt IS NULL AND row ${order} LIMIT 1`)
      .get(namespace, thread, row) as Row | undefined;
  return [beside('< ? ORDER BY row DESC'), beside('> ? ORDER BY row')].filter((found) => found !== undefined);
}

/** Writes a row into the full text index anew, and marks its vector as out of date. */
export function indexRow(db: Db, row: Row): void {
  const around = neighboursOf(db, row).map(({ text }) => text);
  unindexRow(db, row);
  db.prepare('INSERT INTO memory_text (rowid, text, around, tags, dates, scope) VALUES (?, ?, ?, ?, ?, ?)').run(
    row.row,
    `${row.text} ${row.key ?? ''} ${row.thread === null ? (row.subject ?? '') : ''}`,
    around.join(' '),
    tagsOf(row).join(' '),
    dateWords(momentOf(row)),
    scopeOf(row.namespace),
  );
  db.prepare('UPDATE memories SET edition = edition + 1, model = 0 WHERE row = ?').run(row.row);
}

export function unindexRow(db: Db, { row }: Pick<Row, 'row'>): void {
  db.prepare('DELETE FROM memory_text WHERE rowid = ?').run(row);
  db.prepare('DELETE FROM vectors WHERE row = ?').run(row);
}

/** The row and those that hold its text as a neighbour's. */
export function indexWithNeighbours(db: Db, row: Row): void {
  for (const one of [row, ...neighboursOf(db, row)]) indexRow(db, one);
}

/** Whoever speaks in a conversation is known by each part of the name. */
export function noteSpeaker(db: Db, { namespace, thread, subject }: Row): void {
  if (thread === null || subject === null) return;
  const name = subject.toLowerCase();
  for (const word of name.match(/[\p{L}\p{N}]{2,}/gu) ?? []) {
    db.prepare('INSERT OR IGNORE INTO speakers VALUES (?, ?, ?)').run(word, namespace, name);
  }
}
