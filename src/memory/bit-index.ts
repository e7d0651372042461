import { breathing } from '../core/breathe.ts';
import type { Db } from '../core/database.ts';
import { createSignTable, type SignTable } from './sign-table.ts';

/** Rows read from the database at once. */
const chunk = 5_000;

/**
 * The signs of all vectors of one model, a bit a number, in memory: 48 bytes a memory at 384 numbers. It proposes vectors by their
 * `seq`; whether they are still there, pass a filter, and how near they are, is for the database to say.
 */
export interface BitIndex {
  /** Reads what was stored since the last time. Others have their turn between. */
  refresh(model: number): Promise<void>;
  readonly size: number;
  /** The `seq` of vectors whose signs differ least from the vector's, at least `count` where there are so many. */
  closest(vector: ArrayLike<number>, count: number): number[];
}

export function createBitIndex(db: Db): BitIndex {
  let model = 0;
  let newest = 0;
  let places: number[] = [];
  let table: SignTable | undefined;
  const next = (): { seq: number; vector: Buffer }[] =>
    db.prepare('SELECT seq, vector FROM vectors WHERE model = ? AND seq > ? ORDER BY seq LIMIT ?').all(model, newest, chunk) as {
      seq: number;
      vector: Buffer;
    }[];
  return {
    get size() {
      return places.length;
    },
    refresh: async (wanted) => {
      if (wanted !== model) [model, newest, places, table] = [wanted, 0, [], undefined];
      for (let found = next(); found.length > 0; found = next()) {
        for await (const { seq, vector } of breathing(found)) {
          table ??= createSignTable(vector.length);
          table.add(new Int8Array(vector.buffer, vector.byteOffset, vector.length));
          places.push(seq);
          newest = seq;
        }
      }
    },
    closest: (vector, wanted) => {
      if (!table) return [];
      const alike = leastDifferent(table.differences(vector), Math.max(2 * wanted, table.count * looked));
      const score = signScores(vector, table);
      const scores = Float32Array.from(alike, score);
      const least = scores.toSorted()[Math.max(0, scores.length - wanted)]!;
      return alike.filter((_index, place) => scores[place]! >= least).map((index) => places[index]!);
    },
  };
}

/** The share of all vectors that is looked at with the sizes of the question's numbers, not only their signs. */
const looked = 0.04;

/** Indexes of the vectors whose signs differ least, at least `wanted` where there are so many. */
function leastDifferent(differences: Uint16Array, wanted: number): number[] {
  const histogram: number[] = [];
  for (let index = 0; index < differences.length; index += 1) {
    const difference = differences[index]!;
    histogram[difference] = (histogram[difference] ?? 0) + 1;
  }
  let limit = 0;
  for (let seen = histogram[0] ?? 0; seen < wanted && limit < histogram.length - 1; seen += histogram[limit] ?? 0) limit += 1;
  const found: number[] = [];
  for (let index = 0; index < differences.length; index += 1) if (differences[index]! <= limit) found.push(index);
  return found;
}

/** The question's dot product with the signs of one vector, by a table for each byte of signs. */
function signScores(vector: ArrayLike<number>, table: SignTable): (index: number) => number {
  const bytes = table.bytes();
  const { stride } = table;
  const sums = new Float32Array(stride * 256);
  for (let place = 0; place < sums.length; place += 1) {
    for (let bit = 0; bit < 8; bit += 1) sums[place]! += (place & (1 << bit) ? 1 : -1) * (vector[(place >>> 8) * 8 + bit] ?? 0);
  }
  return (index) => {
    let sum = 0;
    for (let byte = 0; byte < stride; byte += 1) sum += sums[byte * 256 + bytes[index * stride + byte]!]!;
    return sum;
  };
}
