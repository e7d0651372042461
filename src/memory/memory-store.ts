import { damaged, storedJson } from '../core/database-errors.ts';
import { isoTime, type Clock } from '../core/clock.ts';
import { openDatabase, type Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { closeToOthers } from '../core/home.ts';
import { newId } from '../core/ids.ts';
import type { Redactor } from '../core/redact.ts';
import { memorySchema } from './memory-schema.ts';
import {
  categories,
  type Category,
  type Memory,
  type MemoryStore,
  type Recalled,
  type RecallQuery,
  type Remembered,
  type RememberRequest,
} from './memory-types.ts';
import { ftsQuery, queryTerms, words } from './query-terms.ts';

interface Row {
  row: number;
  id: string;
  text: string;
  category: Category;
  namespace: string;
  key: string | null;
  tags: string;
  source: string;
  tainted: number;
  createdAt: number;
  updatedAt: number;
  accessCount: number;
}

export interface MemoryParts {
  file: string;
  clock: Clock;
  redactor: Pick<Redactor, 'value' | 'text'>;
}

/** Memories in `memory.db`, found by full text (BM25 over stemmed words). Secrets are taken out before a text is kept. */
export function openMemoryStore({ file, clock, redactor }: MemoryParts): MemoryStore {
  const db = openDatabase(file, [memorySchema]);
  closeToOthers(file);
  const now = (): number => clock.now();
  const get = (id: string): Row | undefined =>
    db.prepare('SELECT * FROM memories WHERE id = ? AND archivedAt IS NULL').get(id) as Row | undefined;
  return {
    remember: (request) => db.transaction(() => remember(db, redactor.value(request), now())),
    recall: (query) => recall(db, query, now()),
    list: (filter) => list(db, filter),
    get: (id) => memoryOf(get(id)),
    holds: (id, text) => get(id)?.text === redactor.text(text),
    forget: (id) =>
      db.transaction(() => {
        const row = get(id);
        if (!row) throw missing(id);
        db.prepare('UPDATE memories SET archivedAt = ? WHERE id = ?').run(now(), id);
        db.prepare('DELETE FROM memory_text WHERE rowid = ?').run(row.row);
        return memoryOf(row);
      }),
    restore: (id) => db.transaction(() => restore(db, id)),
    stats: () => stats(db),
    close: () => db.close(),
  };
}

const missing = (id: string): ToolError =>
  new ToolError('not_found', `No memory "${id}".`, { hint: 'memory_list and memory_recall show the ids.' });

function memoryOf(row: Row): Memory;
function memoryOf(row: Row | undefined): Memory | undefined;
function memoryOf(row: Row | undefined): Memory | undefined {
  if (!row) return undefined;
  if (!isSound(row)) throw damaged('memory.db');
  const { id, text, category, namespace, key, source, accessCount } = row;
  return {
    id,
    text,
    category,
    namespace,
    source,
    accessCount,
    ...(key !== null && { key }),
    tags: storedJson<string[]>(row.tags, 'memory.db'),
    tainted: row.tainted === 1,
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
  };
}

/** The furthest moment that a date can hold, in ms: ECMA-262, section 21.4.1.1. */
const lastMoment = 8.64e15;
const isSound = ({ category, createdAt, updatedAt }: Row): boolean =>
  categories.includes(category) && [createdAt, updatedAt].every((moment) => Math.abs(moment) <= lastMoment);

function remember(db: Db, request: RememberRequest, now: number): Remembered {
  const repeated = db.prepare('SELECT * FROM memories WHERE writeKey = ? AND archivedAt IS NULL').get(request.writeKey) as Row | undefined;
  if (repeated) return { memory: memoryOf(repeated), change: 'merged' };
  const { namespace, category, key, text } = request;
  const known = (
    key === undefined
      ? db
          .prepare('SELECT * FROM memories WHERE namespace = ? AND category = ? AND text = ? AND archivedAt IS NULL')
          .get(namespace, category, text)
      : db
          .prepare('SELECT * FROM memories WHERE namespace = ? AND category = ? AND key = ? AND archivedAt IS NULL')
          .get(namespace, category, key)
  ) as Row | undefined;
  if (!known) return { memory: insert(db, request, now), change: 'created' };
  if (known.text === text) return { memory: confirmed(db, known, request), change: 'merged' };
  return { memory: replace(db, known, { request, now }), change: 'updated', previousText: known.text };
}

function insert(db: Db, { text, category, namespace, key, tags, source, tainted, writeKey }: RememberRequest, now: number): Memory {
  const id = newId('mem');
  const columns = 'id, text, category, namespace, key, tags, source, tainted, createdAt, updatedAt, writeKey';
  db.prepare(`INSERT INTO memories (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
    id,
    text,
    category,
    namespace,
    key ?? null,
    JSON.stringify(tags),
    source,
    Number(tainted),
    now,
    now,
    writeKey,
  );
  const row = db.prepare('SELECT * FROM memories WHERE id = ?').get(id) as Row;
  index(db, row);
  return memoryOf(row);
}

function replace(db: Db, known: Row, { request, now }: { request: RememberRequest; now: number }): Memory {
  const { text, source, tags, writeKey } = request;
  const tainted = taintOfRevision(db, known.id, text) ?? request.tainted;
  db.prepare('INSERT INTO revisions VALUES (?, ?, ?, ?, ?)').run(known.id, known.text, known.source, now, known.tainted);
  db.prepare('UPDATE memories SET text = ?, source = ?, tainted = ?, tags = ?, updatedAt = ?, writeKey = ? WHERE id = ?').run(
    text,
    source,
    Number(tainted),
    JSON.stringify(tags),
    now,
    writeKey,
    known.id,
  );
  db.prepare('DELETE FROM memory_text WHERE rowid = ?').run(known.row);
  const row = db.prepare('SELECT * FROM memories WHERE id = ?').get(known.id) as Row;
  index(db, row);
  return memoryOf(row);
}

/** A text that was there before is that text again, with the taint it had: undo neither cleans nor taints. */
function taintOfRevision(db: Db, id: string, text: string): boolean | undefined {
  const sql = 'SELECT tainted FROM revisions WHERE memory = ? AND text = ? ORDER BY replacedAt DESC LIMIT 1';
  const row = db.prepare(sql).get(id, text) as { tainted: number } | undefined;
  return row && row.tainted === 1;
}

/** Said again by someone who has read nothing from outside, a text is theirs. */
function confirmed(db: Db, known: Row, { tainted }: RememberRequest): Memory {
  if (known.tainted === 0 || tainted) return memoryOf(known);
  db.prepare('UPDATE memories SET tainted = 0 WHERE id = ?').run(known.id);
  return memoryOf({ ...known, tainted: 0 });
}

function index(db: Db, row: Row): void {
  const tags = storedJson<string[]>(row.tags, 'memory.db').join(' ');
  db.prepare('INSERT INTO memory_text (rowid, text, tags) VALUES (?, ?, ?)').run(row.row, `${row.text} ${row.key ?? ''}`, tags);
}

function restore(db: Db, id: string): Memory {
  const row = db.prepare('SELECT * FROM memories WHERE id = ? AND archivedAt IS NOT NULL').get(id) as Row | undefined;
  if (!row) throw missing(id);
  db.prepare('UPDATE memories SET archivedAt = NULL WHERE id = ?').run(id);
  index(db, row);
  return memoryOf(row);
}

interface Filter {
  where: string;
  values: Record<string, string | null>;
}

function filterOf({ category, namespace, tag }: Omit<RecallQuery, 'query'>): Filter {
  return {
    where: `memories.archivedAt IS NULL AND (@category IS NULL OR category = @category) AND (@namespace IS NULL OR namespace = @namespace)
            AND (@tag IS NULL OR EXISTS (SELECT 1 FROM json_each(memories.tags) WHERE value = @tag))`,
    values: { category: category ?? null, namespace: namespace ?? null, tag: tag ?? null },
  };
}

function recall(db: Db, query: RecallQuery, now: number): Recalled[] {
  const terms = queryTerms(query.query);
  if (terms.length === 0) return [];
  const { where, values } = filterOf(query);
  const sql = `SELECT memories.*, -bm25(memory_text, 1.0, 0.5) AS bm25 FROM memory_text JOIN memories ON memories.row = memory_text.rowid
               WHERE memory_text MATCH @match AND ${where} ORDER BY bm25 DESC, memories.row DESC LIMIT @most OFFSET @offset`;
  const rows = db.prepare(sql).all({ ...values, match: ftsQuery(terms), most: query.limit, offset: query.offset }) as (Row & {
    bm25: number;
  })[];
  const best = rows[0]?.bm25 ?? 1;
  return rows.map((row) => {
    db.prepare('UPDATE memories SET accessedAt = ?, accessCount = accessCount + 1 WHERE row = ?').run(now, row.row);
    return { ...memoryOf(row), score: share(row.bm25, best), why: `words: ${foundIn(row, terms).join(', ')}` };
  });
}

// In a small store bm25 may be 0 or below for a word that most memories have.
const share = (value: number, best: number): number => (best > 0 ? Math.round(Math.max(0, value / best) * 1_000) / 1_000 : 1);

// FTS5 matched stems; a shared beginning is how a person would see it.
function foundIn(row: Row, terms: string[]): string[] {
  const text = words(`${row.text} ${row.key ?? ''} ${row.tags}`);
  return terms.filter((term) => text.some((word) => word.startsWith(term.slice(0, Math.max(3, term.length - 3)))));
}

function list(db: Db, filter: Omit<RecallQuery, 'query'>): Memory[] {
  const { where, values } = filterOf(filter);
  const sql = `SELECT * FROM memories WHERE ${where} ORDER BY row DESC LIMIT @most OFFSET @offset`;
  const rows = db.prepare(sql).all({ ...values, most: filter.limit, offset: filter.offset }) as Row[];
  return rows.map((row) => memoryOf(row));
}

function stats(db: Db): ReturnType<MemoryStore['stats']> {
  const rows = db.prepare('SELECT category, count(*) AS n FROM memories WHERE archivedAt IS NULL GROUP BY category').all() as {
    category: string;
    n: number;
  }[];
  const count = (sql: string): number => (db.prepare(sql).get() as { n: number }).n;
  return {
    memories: rows.reduce((sum, { n }) => sum + n, 0),
    archived: count('SELECT count(*) AS n FROM memories WHERE archivedAt IS NOT NULL'),
    byCategory: Object.fromEntries(rows.map(({ category, n }) => [category, n])),
    bytes: count('SELECT page_count * page_size AS n FROM pragma_page_count(), pragma_page_size()'),
  };
}
