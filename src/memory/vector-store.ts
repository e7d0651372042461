import type { Db } from '../core/database.ts';
import type { Embedder } from '../core/embedder.ts';
import { middle } from '../core/embedder.ts';
import { neighboursOf } from './memory-index.ts';
import { mergeAlike } from './merging.ts';
import type { Row } from './memory-rows.ts';

/**
 * One vector a memory, as bytes: each number times 127 over the largest of them. The cosine does not see the factor, and the rounding
 * moves it by less than 0.001.
 */
export function packed(vector: Float32Array): Buffer {
  let largest = 1e-12;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  return Buffer.from(Int8Array.from(vector, (value) => Math.round((value * 127) / largest)).buffer);
}

/** The number that stands for a model in the rows, the same in every process. */
export function modelId(db: Db, fingerprint: string): number {
  const find = (): { id: number } | undefined =>
    db.prepare('SELECT id FROM models WHERE fingerprint = ?').get(fingerprint) as { id: number } | undefined;
  const known = find();
  if (known) return known.id;
  db.prepare('INSERT OR IGNORE INTO models (fingerprint) VALUES (?)').run(fingerprint);
  return find()!.id;
}

export const countPending = (db: Db, model: number): number =>
  // Two ranges of the index in place of <>, which would walk through all of it.
  (
    db
      .prepare(
        `SELECT (SELECT count(*) FROM memories WHERE archivedAt IS NULL AND model < @model)
              + (SELECT count(*) FROM memories WHERE archivedAt IS NULL AND model > @model) AS n`,
      )
      .get({ model }) as { n: number }
  ).n;

/** The newest vector: those that come after it were not there when a search began. */
export const newestVector = (db: Db): number => (db.prepare('SELECT coalesce(max(seq), 0) AS n FROM vectors').get() as { n: number }).n;

/** Newest first: what was just said is what is asked for next. */
export const pendingRows = (db: Db, model: number, most: number): Row[] =>
  ['<', '>'].flatMap((side) => {
    const sql = `SELECT * FROM memories WHERE archivedAt IS NULL AND model ${side} ? ORDER BY model DESC, row DESC LIMIT ?`;
    return db.prepare(sql).all(model, most) as Row[];
  });

/** Computes and stores the vectors of these rows. A row that changed meanwhile stays pending. */
export async function embedRows(
  db: Db,
  embedder: Embedder,
  { rows, model, now, signal }: { rows: Row[]; model: number; now: number; signal?: AbortSignal },
): Promise<number> {
  const texts = rows.map((row) => textsOf(db, row));
  const vectors = await embedder.embed(texts.flat(), signal);
  let next = 0;
  const combined = texts.map(({ length }) => middle(vectors.slice(next, (next += length))));
  return db.transaction(() => {
    let stored = 0;
    for (const [index, { row, edition }] of rows.entries()) {
      const isCurrent = db
        .prepare('UPDATE memories SET model = ? WHERE row = ? AND edition = ? AND archivedAt IS NULL')
        .run(model, row, edition);
      if (isCurrent.changes === 0) continue;
      db.prepare('INSERT OR REPLACE INTO vectors (row, model, vector) VALUES (?, ?, ?)').run(row, model, packed(combined[index]!));
      stored += 1;
    }
    for (const row of rows) mergeAlike(db, row, now);
    return stored;
  });
}

/**
 * What a memory's vector is made of: its text, and for a turn of a conversation also the window around it. Names of those who speak
 * are left out, or a question about someone would find every greeting to them.
 */
function textsOf(db: Db, row: Row): string[] {
  if (row.thread === null) return [row.text];
  const names = speakersOf(db, row);
  const [before, after] = [
    neighboursOf(db, row).filter((one) => one.row < row.row),
    neighboursOf(db, row).filter((one) => one.row > row.row),
  ];
  const own = withoutNames(row.text, names);
  return [own, [...before, row, ...after].map(({ text }) => withoutNames(text, names)).join(' ')];
}

const speakersOf = (db: Db, { namespace, thread }: Row): string[] =>
  (
    db
      .prepare('SELECT DISTINCT lower(subject) AS name FROM memories WHERE namespace = ? AND thread = ? AND subject IS NOT NULL LIMIT 20')
      .all(namespace, thread) as { name: string }[]
  ).flatMap(({ name }) => name.split(/\s+/));

/** Without these names, their genitives, and what they are shortened to ("Mel" of Melanie). */
export function withoutNames(text: string, names: string[]): string {
  if (names.length === 0) return text;
  const bare = text.replace(/(?<![\p{L}\p{N}])(\p{L}{2,})(?:['’]s)?(?![\p{L}\p{N}])/gu, (whole, word: string) => {
    const low = word.toLowerCase();
    const isShort = word.length > 2 && /^\p{Lu}/u.test(word) && names.some((name) => name.startsWith(low));
    return isShort || names.includes(low) ? ' ' : whole;
  });
  const tidy = bare
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,.!?])/g, '')
    .trim();
  return /[\p{L}\p{N}]/u.test(tidy) ? tidy : text;
}
