import type { Db } from '../core/database.ts';
import type { Embedder } from '../core/embedder.ts';
import { ToolError } from '../core/errors.ts';
import { memoryOf } from './memory-rows.ts';
import { mostFor, search, understand, whyOf, type Hit, type Question } from './memory-search.ts';
import type { MemoryFilter, Recall, RecallQuery } from './memory-types.ts';
import type { FindNearest, Nearest } from './nearest.ts';
import { countPending, embedRows, modelId, newestVector, pendingRows, withoutNames } from './vector-store.ts';
import { wordHits } from './word-search.ts';

/** How long a question waits for its own vector, a cold start of the model included. */
const patienceMs = 4_000;
/** Memories embedded along with a question, so that what was just remembered is found by meaning. */
const alongside = 32;

export interface RecallParts {
  db: Db;
  embedder?: Embedder;
  now: () => number;
  findNearest: FindNearest;
}

/** Finds memories by words, meaning, subject and time. Without a vector of the question it says so and searches by words. */
export async function recall({ db, embedder, now, findNearest }: RecallParts, query: RecallQuery, signal?: AbortSignal): Promise<Recall> {
  const { query: text, limit, offset, asOf, ...filter } = query;
  // An empty memory does not load the model.
  if (!db.prepare('SELECT 1 FROM memories WHERE archivedAt IS NULL LIMIT 1').get()) return nothing(embedder);
  const question = understand(db, text.toWellFormed(), { filter, strip: withoutNames });
  const asking = meaningOf({ db, embedder, now, findNearest }, { question, filter, asOf, signal });
  // The model works in its own thread, so the words are looked for meanwhile.
  asking.catch(() => {});
  const count = offset + limit + 1;
  const byWords = wordHits(db, question.terms, { filter, most: mostFor(count) });
  const meaning = await asking;
  const hits = search(db, question, { byWords, count, ...meaning.near });
  const page = hits.slice(offset, offset + limit);
  touch(db, page, now());
  return {
    items: page.map((hit) => ({ ...memoryOf(hit.row), score: Math.round(hit.score * 1_000) / 1_000, why: whyOf(hit) })),
    hasMore: hits.length > offset + limit,
    search: meaning.near ? 'hybrid' : 'full_text',
    asOf: meaning.asOf,
    ...(meaning.notice !== undefined && { notice: meaning.notice }),
  };
}

const nothing = (embedder: Embedder | undefined): Recall => ({
  items: [],
  hasMore: false,
  asOf: 0,
  search: embedder ? 'hybrid' : 'full_text',
});

interface Meaning {
  near?: Nearest;
  asOf: number;
  notice?: string;
}

interface Asked {
  question: Question;
  filter: MemoryFilter;
  asOf?: number;
  signal?: AbortSignal;
}

const byWordsOnly = (why: string): Meaning => ({ asOf: 0, notice: `Searched by words only: ${why}` });

async function meaningOf({ db, embedder, now, findNearest }: RecallParts, { question, filter, asOf, signal }: Asked): Promise<Meaning> {
  if (!embedder) return byWordsOnly('CLAW_EMBEDDINGS is none.');
  if (asOf === 0) return byWordsOnly('as on the first page.');
  const model = modelId(db, embedder.fingerprint);
  try {
    const vector = await vectorOf(db, embedder, { text: question.bare, model, catchUp: asOf === undefined, now: now(), signal });
    const current = asOf ?? newestVector(db);
    const pending = countPending(db, model);
    return {
      near: await findNearest({ vector, model, filter, asOf: current }),
      asOf: current,
      ...(pending > 0 && { notice: `${pending} memories are not yet found by meaning, only by their words.` }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    return byWordsOnly(error instanceof ToolError ? error.message : 'the embedding model failed.');
  }
}

interface Wanted {
  text: string;
  model: number;
  catchUp: boolean;
  now: number;
  signal?: AbortSignal;
}

/** The question's vector, and along with it those of memories that wait for theirs, as far as there is time. */
async function vectorOf(db: Db, embedder: Embedder, { text, model, catchUp, now, signal }: Wanted): Promise<Float32Array> {
  const enough = AbortSignal.timeout(patienceMs);
  const bounded = signal ? AbortSignal.any([signal, enough]) : enough;
  const timeUp = new Promise<never>((_resolve, reject) => {
    bounded.addEventListener('abort', () => reject(notReady()), { once: true });
  });
  // Whoever stops waiting, for a damaged file for one, leaves both behind.
  timeUp.catch(() => {});
  const rows = catchUp ? pendingRows(db, model, alongside) : [];
  const asking = embedder.embed([text], bounded);
  asking.catch(() => {});
  if (!catchUp) return (await Promise.race([asking, timeUp]))[0]!;
  const catchingUp = embedRows(db, embedder, { rows, model, now, signal: bounded });
  const [vectors] = await Promise.all([Promise.race([asking, timeUp]), Promise.race([catchingUp, timeUp]).catch(() => {})]);
  return vectors[0]!;
}

const notReady = (): ToolError => new ToolError('timeout', 'The embedding model is not ready yet.', { hint: 'Ask again in a moment.' });

function touch(db: Db, page: Hit[], now: number): void {
  if (page.length === 0) return;
  db.transaction(() => {
    for (const { row } of page) {
      db.prepare('UPDATE memories SET accessedAt = ?, accessCount = accessCount + 1 WHERE row = ?').run(now, row.row);
    }
  });
}
