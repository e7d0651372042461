import { openDatabase } from '../../src/core/database.ts';
import { vectorExtension } from '../../src/engines/embeddings/choose-embedder.ts';
import { createNearest } from '../../src/memory/nearest.ts';
import { percentile } from '../figures.ts';

/** Who finds the nearest memories with a category to a vector. */
interface Peer {
  name: string;
  /** Rows, nearest first. */
  find: (vector: Float32Array, count: number) => Promise<number[]> | number[];
}

const filter = { category: 'fact' as const };
const anyTime = Number.MAX_SAFE_INTEGER;

/** Our search, the exact scan of sqlite-vec and the HNSW graph of usearch on the same vectors: time, and share of the exact ten. */
export async function comparePeers(
  file: string,
  { questions, withGraph }: { questions: Float32Array[]; withGraph: boolean },
): Promise<string[]> {
  const db = openDatabase(file, []);
  db.loadExtension(vectorExtension());
  const near = createNearest(db);
  const wanted = (vector: Float32Array): Parameters<typeof near>[0] => ({ vector, model: 1, filter, asOf: anyTime });
  const rowsOf = (found: [number, number][]): number[] => found.map(([row]) => row);
  const exact: Peer = {
    name: 'sqlite-vec, every vector',
    find: async (vector, count) => rowsOf((await createNearest(db)(wanted(vector))).nearest(count)),
  };
  const ours: Peer = {
    name: 'ours, signs then sqlite-vec',
    find: async (vector, count) => rowsOf((await near(wanted(vector))).nearest(100)).slice(0, count),
  };
  const started = performance.now();
  const graph = withGraph ? await hnsw(db) : undefined;
  const built = `, graph built in ${((performance.now() - started) / 1_000).toFixed(0)} s`;
  await ours.find(questions[0]!, 10);
  const truth: Set<number>[] = [];
  const lines: string[] = [];
  for (const peer of [exact, ours, ...(graph ? [graph] : [])]) {
    const times: number[] = [];
    let same = 0;
    for (const [index, question] of questions.entries()) {
      const asked = performance.now();
      const rows = await peer.find(question, 10);
      times.push(performance.now() - asked);
      truth[index] ??= new Set(rows);
      same += rows.filter((row) => truth[index]!.has(row)).length / truth[index].size;
    }
    const [half, most] = [0.5, 0.95].map((share) => percentile(times, share).toFixed(1));
    const more = peer === graph ? built : '';
    lines.push(
      `          ${peer.name.padEnd(28)} p50 ${half} ms, p95 ${most} ms, ${((100 * same) / questions.length).toFixed(1)} % of the exact ten${more}`,
    );
  }
  db.close();
  return lines;
}

/** Undefined where usearch has no build for this platform. It knows no filters, so it is asked for more and they are applied after. */
async function hnsw(db: ReturnType<typeof openDatabase>): Promise<Peer | undefined> {
  const usearch = await import('usearch').catch(() => undefined);
  if (!usearch) return undefined;
  const { Index, MetricKind, ScalarKind } = usearch;
  // The library's own defaults, but for a wider search: with 64 it finds fewer of the exact ten.
  const graph = new Index({
    metric: MetricKind.Cos,
    dimensions: 384,
    quantization: ScalarKind.F16,
    connectivity: 16,
    expansion_add: 128,
    expansion_search: 256,
    multi: false,
  });
  const batch = db.prepare('SELECT row, vector FROM vectors WHERE row > ? ORDER BY row LIMIT 5000');
  const next = (after: number): { row: number; vector: Buffer }[] => batch.all(after) as { row: number; vector: Buffer }[];
  for (let found = next(0); found.length > 0; found = next(found.at(-1)!.row)) {
    const values = new Float32Array(found.length * 384);
    for (const [index, { vector }] of found.entries()) values.set(new Int8Array(vector.buffer, vector.byteOffset, 384), index * 384);
    graph.add(
      BigUint64Array.from(found, ({ row }) => BigInt(row)),
      values,
      0,
    );
  }
  const passes = db.prepare('SELECT 1 FROM memories WHERE row = ? AND archivedAt IS NULL AND category = ?');
  return {
    name: 'usearch, HNSW',
    find: (vector, count) => {
      const { keys } = graph.search(vector, 10 * count, 0) as { keys: BigUint64Array };
      return [...keys]
        .map(Number)
        .filter((row) => passes.get(row, filter.category))
        .slice(0, count);
    },
  };
}
