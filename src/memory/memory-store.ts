import { isoTime, type Clock } from '../core/clock.ts';
import { openDatabase, type Db } from '../core/database.ts';
import type { Embedder } from '../core/embedder.ts';
import { closeToOthers } from '../core/home.ts';
import type { Redactor } from '../core/redact.ts';
import { backgroundEmbedding } from './background-embedding.ts';
import { forget, restore } from './forgetting.ts';
import { consolidate } from './consolidation.ts';
import { contextOf, relevant } from './memory-context.ts';
import { writeMemories } from './memory-exchange.ts';
import { importAll } from './memory-import.ts';
import { filterOf } from './memory-filter.ts';
import { check, completeRows, decay, embedPending } from './memory-life.ts';
import { findRow, memoryOf, missing, type Row } from './memory-rows.ts';
import { memorySchema } from './memory-schema.ts';
import type { Memory, MemoryFilter, MemoryStats, MemoryStore, Paging, Revision } from './memory-types.ts';
import { createNearest } from './nearest.ts';
import { update } from './memory-update.ts';
import { remember } from './memory-writing.ts';
import { purge } from './purge.ts';
import { queryTerms } from '../core/query-terms.ts';
import { recall } from './recaller.ts';
import { saysTheSame } from './sameness.ts';
import type { ReadTalk } from './talk.ts';
import { countPending, modelId } from './vector-store.ts';

export interface MemoryParts {
  file: string;
  clock: Clock;
  redactor: Pick<Redactor, 'value' | 'text'>;
  /** Without one, memories are found by words only. */
  embedder?: Embedder;
  /** The SQLite extension that compares vectors (sqlite-vec), loaded with the first comparison. */
  vectorExtension?: () => string;
  /** Has a model read conversations; without it they are read by rules. */
  readTalk?: ReadTalk | undefined;
}

/** Memories that may go to the archive while the file is opened: 50 ms. The rest waits for the next time, or memory_maintain. */
const mostAtOpening = 400;

/** Memories in `memory.db`, found by words and by meaning. Secrets are taken out before a text is kept. */
export function openMemoryStore({ file, clock, redactor, embedder, vectorExtension, readTalk }: MemoryParts): MemoryStore {
  const db = openDatabase(file, [memorySchema]);
  closeToOthers(file);
  // What is replaced, forgotten or purged is overwritten, not only marked as free.
  db.prepare('PRAGMA secure_delete = ON').get();
  completeRows(db);
  const now = (): number => clock.now();
  decay(db, now(), mostAtOpening);
  const background = backgroundEmbedding(db, embedder, now);
  const written = <T>(result: T): T => {
    background.soon();
    return result;
  };
  const findNearest = createNearest(db);
  let hasExtension = false;
  const needExtension = (): void => {
    if (!hasExtension && vectorExtension) db.loadExtension(vectorExtension());
    hasExtension = true;
  };
  const recalled: MemoryStore['recall'] = async (query, signal) => {
    if (embedder) needExtension();
    const found = await recall({ db, embedder, now, findNearest }, query, signal);
    // Of another model, for one: what nobody writes any more gets its vectors too.
    if (found.notice !== undefined) background.soon();
    return found;
  };
  return {
    remember: (request) => written(db.transaction(() => remember(db, redactor.value(request), now()))),
    recall: recalled,
    list: (filter) => list(db, filter),
    get: (id) => {
      const row = findRow(db, id);
      return row && memoryOf(row);
    },
    holds: (id, text) => {
      const row = findRow(db, id);
      return row !== undefined && saysTheSame(row, redactor.text(text.toWellFormed()));
    },
    history: (id) => history(db, id),
    forget: (ids, batch) => db.transaction(() => forget(db, ids, { batch, now: now() })),
    restore: (idOrBatch) => written(db.transaction(() => restore(db, idOrBatch, now()))),
    select: (filter, most) => select(db, filter, most),
    update: (id, changes, origin) =>
      written(db.transaction(() => update(db, id, { changes: redactor.value(changes), origin, now: now() }))),
    purge: (ids, signal) => purge(db, ids, signal),
    maintain: async ({ onlyCheck = false, repair, embedMs, asker, signal }) => {
      if (onlyCheck) return { archived: 0, consolidated: 0, embedded: 0, ...check(db, embedder, false) };
      const archived = decay(db, now());
      const { made, ...reading } = await consolidate(db, { now, ...(readTalk && asker && { reading: { read: readTalk, asker } }) });
      const embedded = await embedPending(db, embedder, { embedMs, now, signal });
      return { archived, consolidated: made, ...reading, embedded, ...check(db, embedder, repair) };
    },
    context: async ({ request, namespace, maxTokens, ownWord }, signal) => {
      const query = { query: request, namespace, ...(ownWord && { tainted: false }), limit: 30, offset: 0 };
      const { items, search, notice } = await recalled(query, signal);
      return { ...contextOf(relevant({ items, search }), maxTokens), search, ...(notice !== undefined && { notice }) };
    },
    import: (request) => written(db.transaction(() => importAll(db, request, { redact: redactor.value, now: now() }))),
    export: ({ format, ...filter }) => {
      const memories = list(db, { ...filter, limit: -1, offset: 0 }).toReversed();
      return { text: writeMemories(memories, format), memories: memories.length, tainted: memories.some(({ tainted }) => tainted) };
    },
    stats: () => stats(db, embedder),
    close: () => {
      void background.close();
      db.close();
    },
  };
}

function history(db: Db, id: string): Revision[] {
  const row = db.prepare('SELECT * FROM memories WHERE id = ?').get(id) as Row | undefined;
  if (!row) throw missing(id);
  const earlier = db
    .prepare('SELECT text, source, tainted, replacedAt FROM revisions WHERE memory = ? ORDER BY replacedAt, rowid LIMIT 1000')
    .all(id) as { text: string; source: string; tainted: number; replacedAt: number }[];
  let from = row.createdAt;
  const revisions = earlier.map(({ text, source, tainted, replacedAt }): Revision => {
    const revision = { text, source, tainted: tainted === 1, from: isoTime(from), until: isoTime(replacedAt) };
    from = replacedAt;
    return revision;
  });
  const { text, source, tainted, archivedAt } = row;
  const current = { text, source, tainted: tainted === 1, from: isoTime(from), ...(archivedAt !== null && { until: isoTime(archivedAt) }) };
  return [...revisions, current].toReversed();
}

function select(db: Db, { words: text, ...filter }: MemoryFilter & { words?: string }, most: number): Memory[] {
  const { where, values } = filterOf(filter);
  const terms = text === undefined ? [] : queryTerms(text);
  const match = `{text tags} : (${terms.map((term) => `"${term}"`).join(' AND ')})`;
  const found = terms.length > 0 ? 'AND row IN (SELECT rowid FROM memory_text WHERE memory_text MATCH @match)' : '';
  const sql = `SELECT * FROM memories WHERE ${where} ${found} ORDER BY row LIMIT @most`;
  const rows = db.prepare(sql).all({ ...values, most, ...(found && { match }) }) as Row[];
  return rows.map((row) => memoryOf(row));
}

function list(db: Db, { limit, offset, ...filter }: MemoryFilter & Paging): Memory[] {
  const { where, values } = filterOf(filter);
  const sql = `SELECT * FROM memories WHERE ${where} ORDER BY row DESC LIMIT @most OFFSET @offset`;
  const rows = db.prepare(sql).all({ ...values, most: limit, offset }) as Row[];
  return rows.map((row) => memoryOf(row));
}

function stats(db: Db, embedder: Embedder | undefined): MemoryStats {
  const counted = (column: 'category' | 'namespace'): Record<string, number> => {
    const sql = `SELECT ${column} AS name, count(*) AS n FROM memories WHERE archivedAt IS NULL GROUP BY ${column} ORDER BY n DESC LIMIT 100`;
    return Object.fromEntries((db.prepare(sql).all() as { name: string; n: number }[]).map(({ name, n }) => [name, n]));
  };
  const count = (sql: string): number => (db.prepare(sql).get() as { n: number }).n;
  const byCategory = counted('category');
  const memories = Object.values(byCategory).reduce((sum, n) => sum + n, 0);
  return {
    memories,
    archived: count('SELECT count(*) AS n FROM memories WHERE archivedAt IS NOT NULL'),
    byCategory,
    byNamespace: counted('namespace'),
    bytes: count('SELECT page_count * page_size AS n FROM pragma_page_count(), pragma_page_size()'),
    embeddings: embedder?.fingerprint ?? 'none',
    withoutVector: embedder ? countPending(db, modelId(db, embedder.fingerprint)) : memories,
  };
}
