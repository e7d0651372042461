import type { Db } from '../core/database.ts';
import { createBitIndex } from './bit-index.ts';
import { filterOf } from './memory-filter.ts';
import type { MemoryFilter } from './memory-types.ts';
import { packed } from './vector-store.ts';

export interface Nearest {
  /** `[row, cosine]`, nearest first, of those that pass the filter. */
  nearest(count: number): [number, number][];
  cosines(rows: number[]): Map<number, number>;
}

export interface NearestQuery {
  vector: Float32Array;
  model: number;
  filter: MemoryFilter;
  /** Vectors that came later count as none, and so does one of another size. */
  asOf: number;
}

export type FindNearest = (query: NearestQuery) => Promise<Nearest>;

/** Up to so many vectors each is compared: 11 ms. */
const fewEnough = 20_000;
/** Proposals of the bit index: a wanted hit, at least, and of all vectors, for the more there are the denser they lie. */
const proposals = { each: 4, least: 800, share: 0.004 };

/**
 * Exact while there are few vectors, and for the first search of a process, so that a command that asks once loads nothing. Beyond,
 * the bit index proposes and sqlite-vec decides; where the filter leaves too few of what was proposed, it is exact again.
 */
export function createNearest(db: Db): FindNearest {
  let bits: ReturnType<typeof createBitIndex> | undefined;
  let searches = 0;
  return async (query) => {
    const exact = exactNearest(db, query);
    searches += 1;
    if (searches === 1 || countVectors(db) <= fewEnough) return exact;
    const index = (bits ??= createBitIndex(db));
    await index.refresh(query.model);
    const proposed = (count: number): [number, number][] => {
      const rows = index.closest(query.vector, Math.max(proposals.least, proposals.each * count, proposals.share * index.size));
      return [...exact.passing(rows)].toSorted((a, b) => b[1] - a[1]);
    };
    return {
      cosines: exact.cosines,
      nearest: (count) => {
        const found = proposed(count);
        return found.length >= count ? found.slice(0, count) : exact.nearest(count);
      },
    };
  };
}

// The largest number stands for how many there are: rows are seldom removed.
const countVectors = (db: Db): number => (db.prepare('SELECT coalesce(max(row), 0) AS n FROM vectors').get() as { n: number }).n;

function exactNearest(db: Db, { vector, model, filter, asOf }: NearestQuery): Nearest & { passing: Nearest['cosines'] } {
  const asked = packed(vector);
  const { where, values } = filterOf(filter);
  const far = 'vec_distance_cosine(vec_int8(vectors.vector), vec_int8(@asked))';
  const sound = 'vectors.model = @model AND vectors.seq <= @asOf AND length(vectors.vector) = length(@asked)';
  const each = (sql: string, given: object, rows: number[]): Map<number, number> => {
    const statement = db.prepare(sql);
    const found = rows.map((row) => statement.get({ ...given, row, asked, model, asOf }) as { far: number } | undefined);
    return new Map(rows.flatMap((row, index): [number, number][] => (found[index] ? [[row, 1 - found[index].far]] : [])));
  };
  return {
    nearest: (count) =>
      (
        db
          .prepare(
            `SELECT vectors.row, ${far} AS far FROM vectors JOIN memories ON memories.row = vectors.row
             WHERE ${sound} AND ${where} ORDER BY far LIMIT @count`,
          )
          .all({ ...values, asked, model, asOf, count }) as { row: number; far: number }[]
      ).map(({ row, far }) => [row, 1 - far]),
    cosines: (rows) => each(`SELECT ${far} AS far FROM vectors WHERE vectors.row = @row AND ${sound}`, {}, rows),
    passing: (rows) =>
      each(
        `SELECT ${far} AS far FROM vectors JOIN memories ON memories.row = vectors.row WHERE vectors.row = @row AND ${sound} AND ${where}`,
        values,
        rows,
      ),
  };
}
