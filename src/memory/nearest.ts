import type { Db } from '../core/database.ts';
import { filterOf } from './memory-filter.ts';
import type { MemoryFilter } from './memory-types.ts';
import { packed } from './vector-store.ts';

export interface Nearest {
  /** `[row, cosine]`, nearest first, of those that pass the filter. */
  nearest(count: number): [number, number][];
  cosines(rows: number[]): Map<number, number>;
}

/** Exact search, where a vector of another size counts as none: sqlite-vec compares every vector that the filter lets through. */
export function exactNearest(
  db: Db,
  { vector, model, filter, asOf }: { vector: Float32Array; model: number; filter: MemoryFilter; asOf: number },
): Nearest {
  const asked = packed(vector);
  const { where, values } = filterOf(filter);
  const far = 'vec_distance_cosine(vec_int8(vectors.vector), vec_int8(@asked))';
  return {
    nearest: (count) =>
      (
        db
          .prepare(
            `SELECT vectors.row, ${far} AS far FROM vectors JOIN memories ON memories.row = vectors.row
             WHERE vectors.model = @model AND vectors.seq <= @asOf AND length(vectors.vector) = length(@asked) AND ${where} ORDER BY far LIMIT @count`,
          )
          .all({ ...values, asked, model, asOf, count }) as { row: number; far: number }[]
      ).map(({ row, far }) => [row, 1 - far]),
    cosines: (rows) =>
      new Map(
        rows.flatMap((row): [number, number][] => {
          const found = db
            .prepare(
              `SELECT ${far} AS far FROM vectors WHERE row = @row AND model = @model AND seq <= @asOf AND length(vector) = length(@asked)`,
            )
            .get({ row, asked, model, asOf }) as { far: number } | undefined;
          return found ? [[row, 1 - found.far]] : [];
        }),
      ),
  };
}
