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
      const places = index.closest(query.vector, Math.max(proposals.least, proposals.each * count, proposals.share * index.size));
      return exact.passing(places).toSorted((a, b) => b[1] - a[1]);
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

type Scored = { row: number; far: number }[];

function exactNearest(db: Db, { vector, model, filter, asOf }: NearestQuery): Nearest & { passing(places: number[]): [number, number][] } {
  const asked = packed(vector);
  const { where, values } = filterOf(filter);
  const scored = 'SELECT vectors.row, vec_distance_cosine(vec_int8(vectors.vector), vec_int8(@asked)) AS far';
  const sound = 'vectors.model = @model AND vectors.seq <= @asOf AND length(vectors.vector) = length(@asked)';
  const given = { asked, model, asOf };
  const cosinesIn = (rows: Scored): [number, number][] => rows.map(({ row, far }) => [row, 1 - far]);
  const all = (sql: string, more: object): [number, number][] =>
    cosinesIn(db.prepare(`${scored} ${sql}`).all({ ...given, ...more }) as Scored);
  // One statement for many rows: a call for each would cost several times what comparing does.
  const each = (rows: number[]): string => JSON.stringify(rows.toSorted((a, b) => a - b));
  return {
    nearest: (count) =>
      all(`FROM vectors JOIN memories ON memories.row = vectors.row WHERE ${sound} AND ${where} ORDER BY far LIMIT @count`, {
        ...values,
        count,
      }),
    cosines: (rows) =>
      new Map(all(`FROM json_each(@rows) AS wanted CROSS JOIN vectors ON vectors.row = wanted.value WHERE ${sound}`, { rows: each(rows) })),
    passing: (places) =>
      all(
        `FROM json_each(@places) AS wanted CROSS JOIN vectors ON vectors.seq = wanted.value
         CROSS JOIN memories ON memories.row = vectors.row WHERE ${sound} AND ${where}`,
        { ...values, places: each(places) },
      ),
  };
}
