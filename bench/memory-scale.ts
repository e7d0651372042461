import Database from 'better-sqlite3';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/core/clock.ts';
import { createRedactor } from '../src/core/redact.ts';
import { unit, type Embedder } from '../src/core/embedder.ts';
import { embedderOf, vectorExtension } from '../src/engines/embeddings/choose-embedder.ts';
import { openMemoryStore } from '../src/memory/memory-store.ts';
import { packed } from '../src/memory/vector-store.ts';
import { percentile } from './figures.ts';
import { comparePeers } from './memory/peers.ts';

const things = 'router,printer,freezer,roof,garden,contract,piano,invoice,server,camera,boiler,bicycle'.split(',');
const places = 'cellar,attic,office,kitchen,garage,hall,studio,shed,barn,library'.split(',');
const states =
  'needs a new part,was cleaned in spring,costs too much,works again,is Anna’s,waits for the plumber,has a strange smell'.split(',');
const seeds = things.flatMap((thing) => places.flatMap((place) => states.map((state) => `The ${thing} in the ${place} ${state}`)));
const questions = things.flatMap((thing) => places.slice(0, 4).map((place) => `what about the ${thing} that stands in the ${place}`));

/** `--sizes 10000,100000,1000000`, the HNSW graph up to `--graph 200000`: a memory.db of each size, the whole recall with a filter, the question's embedding included, and peers. */
export default async function bench(flags: string[] = []): Promise<void> {
  const { values } = parseArgs({
    args: flags,
    options: { sizes: { type: 'string', default: '10000' }, graph: { type: 'string', default: '200000' } },
  });
  const embedder = embedderOf({ CLAW_EMBEDDINGS: 'bundled', OPENAI_API_KEY: '', OPENAI_BASE_URL: '', OLLAMA_HOST: '' })!;
  const real = await embedder.embed(seeds);
  console.log(`vectors drawn around ${seeds.length} real ones; the whole recall of 10 with a category, then the search of vectors alone`);
  for (const size of values.sizes.split(',').map(Number)) await measure(size, { embedder, real, withGraph: size <= Number(values.graph) });
  embedder.close();
}

interface Measuring {
  embedder: Embedder;
  real: Float32Array[];
  withGraph: boolean;
}

async function measure(size: number, { embedder, real, withGraph }: Measuring): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'claw-bench-scale-'));
  const file = path.join(folder, 'memory.db');
  const store = openMemoryStore({ file, clock: systemClock, redactor: createRedactor(), embedder, vectorExtension });
  const started = performance.now();
  fill(file, { size, real, fingerprint: embedder.fingerprint });
  const built = performance.now();
  try {
    const before = process.memoryUsage.rss();
    for (const query of questions.slice(0, 3)) await store.recall({ query, limit: 10, offset: 0, category: 'fact' });
    const loaded = performance.now();
    const times: number[] = [];
    const busy = process.cpuUsage();
    for (const [index, question] of questions.entries()) {
      const query = `${question} (${index}, ${size})`;
      const asked = performance.now();
      await store.recall({ query, limit: 10, offset: 0, category: 'fact' });
      times.push(performance.now() - asked);
    }
    const { user, system } = process.cpuUsage(busy);
    const more = process.memoryUsage.rss() - before;
    const [half, most] = [0.5, 0.95].map((share) => percentile(times, share).toFixed(1));
    const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
    console.log(
      `${String(size).padStart(8)}: built in ${((built - started) / 1_000).toFixed(1)} s, file ${megabytes(statSync(file).size)}, ` +
        `searching takes ${megabytes(more)} more, warm after ${((loaded - built) / 1_000).toFixed(1)} s, ` +
        `p50 ${half} ms, p95 ${most} ms, ${((user + system) / 1_000 / questions.length).toFixed(0)} ms of processor a recall`,
    );
    for (const line of await comparePeers(file, { questions: await embedder.embed(questions), withGraph })) console.log(line);
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

interface Filling {
  size: number;
  real: Float32Array[];
  fingerprint: string;
}

/** Rows as the store writes them, in one transaction, so that a million takes minutes. */
function fill(file: string, { size, real, fingerprint }: Filling): void {
  const db = new Database(file);
  db.prepare('INSERT OR IGNORE INTO models (id, fingerprint) VALUES (1, ?)').run(fingerprint);
  const memory = db.prepare(
    `INSERT INTO memories (id, text, category, namespace, tags, source, tainted, createdAt, updatedAt, wording, model)
     VALUES (?, ?, ?, 'default', '[]', 'bench', 0, ?, ?, ?, 1)`,
  );
  const words = db.prepare("INSERT INTO memory_text (rowid, text, around, tags, dates, scope) VALUES (?, ?, '', '', '', 'scope0')");
  const vector = db.prepare('INSERT INTO vectors (row, model, vector) VALUES (?, 1, ?)');
  const random = gaussian();
  const now = Date.now();
  db.transaction(() => {
    for (let number = 1; number <= size; number += 1) {
      const seed = number % seeds.length;
      const text = `${seeds[seed]}, entry ${number}`;
      memory.run(`mem_${number}`, text, number % 2 === 0 ? 'fact' : 'preference', now, now, `w${number}`);
      words.run(number, text);
      vector.run(number, packed(unit(real[seed]!.map((value) => value + 0.03 * random()))));
    }
  })();
  db.close();
}

/** Normal numbers from a fixed seed (Box & Muller 1958 over a linear congruence). */
function gaussian(): () => number {
  let state = 20_261_124;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296;
  return () => Math.sqrt(-2 * Math.log(next() || 1e-9)) * Math.cos(2 * Math.PI * next());
}
