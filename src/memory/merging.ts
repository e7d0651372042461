import type { Db } from '../core/database.ts';
import { archive } from './forgetting.ts';
import { tagsOf, type Row } from './memory-rows.ts';

/**
 * The cosine from which two texts of the same words in another order say the same. "The dog bit the man" and "the man bit the dog" are
 * beyond it too, so names and numbers have to keep their order (gist.ts); what is merged can be restored by its id.
 */
const sameMeaning = 0.93;

/** Merges a memory with one of the same gist whose vector says the same too; the caller opens the transaction. */
export function mergeAlike(db: Db, row: Row, now: number): void {
  if (row.gist === null) return;
  const others = db
    .prepare(
      `SELECT memories.*, vectors.vector FROM memories JOIN vectors ON vectors.row = memories.row AND vectors.model = memories.model
       WHERE namespace = @namespace AND category = @category AND gist = @gist AND archivedAt IS NULL
         AND vectors.model = (SELECT model FROM vectors WHERE row = @row) LIMIT 20`,
    )
    .all({ namespace: row.namespace, category: row.category, gist: row.gist, row: row.row }) as (Row & { vector: Buffer })[];
  const own = others.find((one) => one.row === row.row);
  const alike = others.find((one) => one.row !== row.row && own && cosine(one.vector, own.vector) >= sameMeaning);
  if (!own || !alike) return;
  const [kept, other] = byStanding(own, alike) < 0 ? [own, alike] : [alike, own];
  if (other.key === null) absorb(db, { kept, other, now });
}

/** The owner's word before text from outside, what has a key before what has none, the older before the newer. */
const byStanding = (a: Row, b: Row): number => a.tainted - b.tainted || Number(a.key === null) - Number(b.key === null) || a.row - b.row;

function absorb(db: Db, { kept, other, now }: { kept: Row; other: Row; now: number }): void {
  const tags = [...new Set([...tagsOf(kept), ...tagsOf(other)])].slice(0, 20);
  db.prepare(
    'UPDATE memories SET tags = ?, pinned = max(pinned, ?), confidence = max(confidence, ?), accessCount = accessCount + ? WHERE row = ?',
  ).run(JSON.stringify(tags), other.pinned, other.confidence, other.accessCount, kept.row);
  archive(db, other, { batch: kept.id, now });
}

function cosine(one: Buffer, other: Buffer): number {
  const [a, b] = [one, other].map(({ buffer, byteOffset, length }) => new Int8Array(buffer, byteOffset, length)) as [Int8Array, Int8Array];
  let [dot, first, second] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    dot += a[index]! * b[index]!;
    first += a[index]! ** 2;
    second += b[index]! ** 2;
  }
  return dot / Math.sqrt(first * second || 1);
}
