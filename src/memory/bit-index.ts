import { breathing } from '../core/breathe.ts';
import type { Db } from '../core/database.ts';

/** Rows read from the database at once. */
const chunk = 5_000;

/**
 * The signs of all vectors of one model, a bit a number, in memory: 48 bytes a memory at 384 numbers. It proposes rows; whether they
 * are still there, pass a filter, and how near they are, is for the database to say.
 */
export interface BitIndex {
  /** Reads what was stored since the last time. Others have their turn between. */
  refresh(model: number): Promise<void>;
  readonly size: number;
  /** Rows whose signs differ least from the vector's, at least `count` where there are so many. */
  closest(vector: ArrayLike<number>, count: number): number[];
}

export function createBitIndex(db: Db): BitIndex {
  let model = 0;
  let newest = 0;
  let width = 0;
  let count = 0;
  let rows = new Float64Array(0);
  let bits = new Uint32Array(0);
  const grow = (): void => {
    const room = Math.max(chunk, rows.length * 2);
    const [oldRows, oldBits] = [rows, bits];
    rows = new Float64Array(room);
    rows.set(oldRows);
    bits = new Uint32Array(room * width);
    bits.set(oldBits);
  };
  const next = (): { seq: number; row: number; vector: Buffer }[] =>
    db.prepare('SELECT seq, row, vector FROM vectors WHERE model = ? AND seq > ? ORDER BY seq LIMIT ?').all(model, newest, chunk) as {
      seq: number;
      row: number;
      vector: Buffer;
    }[];
  return {
    get size() {
      return count;
    },
    refresh: async (wanted) => {
      if (wanted !== model) [model, newest, count] = [wanted, 0, 0];
      for (let found = next(); found.length > 0; found = next()) {
        for await (const { seq, row, vector } of breathing(found)) {
          width ||= Math.ceil(vector.length / 32);
          if (count === rows.length) grow();
          rows[count] = row;
          writeSigns(new Int8Array(vector.buffer, vector.byteOffset, vector.length), bits.subarray(count * width, (count + 1) * width));
          count += 1;
          newest = seq;
        }
      }
    },
    closest: (vector, wanted) => {
      const asked = new Uint32Array(width);
      writeSigns(vector, asked);
      const alike = leastDifferent(bits, { asked, count, wanted: Math.max(2 * wanted, count * looked) });
      const score = signScores(vector, bits);
      const scores = Float32Array.from(alike, score);
      const least = scores.toSorted()[Math.max(0, scores.length - wanted)]!;
      return alike.filter((_index, place) => scores[place]! >= least).map((index) => rows[index]!);
    },
  };
}

/** The share of all vectors that is looked at with the sizes of the question's numbers, not only their signs. */
const looked = 0.04;

interface Wanted {
  asked: Uint32Array;
  count: number;
  wanted: number;
}

/** Indexes of the vectors whose signs differ least, at least `wanted` where there are so many. */
function leastDifferent(bits: Uint32Array, { asked, count, wanted }: Wanted): number[] {
  const width = asked.length;
  const differences = new Uint16Array(count);
  const histogram = new Uint32Array(width * 32 + 1);
  for (let index = 0, at = 0; index < count; index += 1) {
    let sum = 0;
    for (let word = 0; word < width; word += 1, at += 1) sum += ones(bits[at]! ^ asked[word]!);
    differences[index] = sum;
    histogram[sum]! += 1;
  }
  let limit = 0;
  let seen = histogram[0]!;
  while (seen < wanted && limit < histogram.length - 1) {
    limit += 1;
    seen += histogram[limit]!;
  }
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) if (differences[index]! <= limit) found.push(index);
  return found;
}

/** The question's dot product with the signs of one vector, by a table for each byte of signs. */
function signScores(vector: ArrayLike<number>, bits: Uint32Array): (index: number) => number {
  const bytes = new Uint8Array(bits.buffer);
  const width = Math.ceil(vector.length / 32) * 4;
  const tables = new Float32Array(width * 256);
  for (let place = 0; place < tables.length; place += 1) {
    for (let bit = 0; bit < 8; bit += 1) tables[place]! += (place & (1 << bit) ? 1 : -1) * (vector[(place >>> 8) * 8 + bit] ?? 0);
  }
  return (index) => {
    let sum = 0;
    for (let byte = 0; byte < width; byte += 1) sum += tables[byte * 256 + bytes[index * width + byte]!]!;
    return sum;
  };
}

function writeSigns(values: ArrayLike<number>, words: Uint32Array): void {
  for (let index = 0; index < Math.min(values.length, words.length * 32); index += 1) {
    if (values[index]! > 0) words[index >>> 5]! |= 1 << (index & 31);
  }
}

/** How many bits are set (Warren, Hacker's Delight, figure 5-2). */
function ones(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
