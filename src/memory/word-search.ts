import type { Db } from '../core/database.ts';
import { filterOf } from './memory-filter.ts';
import { neighboursOf, scopeOf } from './memory-index.ts';
import { tagsOf, type Row } from './memory-rows.ts';
import type { MemoryFilter } from './memory-types.ts';
import { ftsQuery, words } from '../core/query-terms.ts';

interface WordSearch {
  filter: MemoryFilter;
  /** Rows at most. */
  most: number;
}

/**
 * BM25 (text 1, neighbours 0.4, tags 0.5, dates 1) over the best one's, by row, times the share of the question's words that the best
 * one has: where hardly a word is found anywhere, words have little to say.
 */
export function wordHits(db: Db, terms: string[], search: WordSearch): Map<number, number> {
  if (terms.length === 0) return new Map();
  const rows = ranked(db, terms, search);
  const best = rows[0]?.bm25 ?? 1;
  // In a small store bm25 may be 0 or below for a word that most memories have.
  const share = rows[0] ? coverage(db, rows[0].row, terms) : 0;
  return new Map(rows.map(({ row, bm25 }) => [row, share * (best > 0 ? Math.max(0, bm25 / best) : 1)]));
}

/** Ranking costs about 0.9 µs a match, counting a tenth of that; beyond so many matches it is worth avoiding. */
const manyMatches = 5_000;
/** A word in fewer memories than this may decide alone. */
const rare = 1_000;
const mostPaired = 8;

type Ranked = { row: number; bm25: number }[];

/** Any of the words; where that is very many memories, those with a rare word or two of the others, if these are enough. */
function ranked(db: Db, terms: string[], { filter, most }: WordSearch): Ranked {
  const { where, values } = filterOf(filter);
  // The namespace inside the index keeps the others' postings out of the ranking.
  const scope = filter.namespace === undefined ? '' : `scope : "${scopeOf(filter.namespace)}" AND `;
  const matching = (expression: string): Ranked =>
    db
      .prepare(
        `SELECT memories.row, -bm25(memory_text, 1.0, 0.4, 0.5, 1.0, 0.0) AS bm25 FROM memory_text JOIN memories ON memories.row = memory_text.rowid
         WHERE memory_text MATCH @match AND ${where} ORDER BY bm25 DESC, memories.row DESC LIMIT @most`,
      )
      .all({ ...values, most, match: `${scope}{text around tags dates} : (${expression})` }) as Ranked;
  const fewer = narrowed(db, terms);
  const found = fewer === undefined ? [] : matching(fewer);
  return found.length >= most ? found : matching(ftsQuery(terms));
}

function narrowed(db: Db, terms: string[]): string | undefined {
  const { n } = db.prepare('SELECT coalesce(max(row), 0) AS n FROM memories').get() as { n: number };
  if (n <= manyMatches || terms.length < 2) return undefined;
  const count = db.prepare('SELECT count(*) AS n FROM memory_text WHERE memory_text MATCH ?');
  const counted = terms.map((term) => ({ term, n: (count.get(ftsQuery([term])) as { n: number }).n }));
  if (counted.reduce((sum, one) => sum + one.n, 0) <= manyMatches) return undefined;
  const alone = counted.filter((one) => one.n <= rare).map(({ term }) => ftsQuery([term]));
  const common = counted.filter((one) => one.n > rare).toSorted((a, b) => a.n - b.n);
  const paired = common.slice(0, mostPaired).map(({ term }) => ftsQuery([term]));
  const pairs = paired.flatMap((one, index) => paired.slice(index + 1).map((other) => `(${one} AND ${other})`));
  const parts = [...alone, ...pairs];
  return parts.length > 0 ? parts.join(' OR ') : undefined;
}

function coverage(db: Db, id: number, terms: string[]): number {
  const row = db.prepare('SELECT * FROM memories WHERE row = ?').get(id) as Row;
  const found = new Set([row, ...neighboursOf(db, row)].flatMap((one) => foundIn(one, terms)));
  return Math.max(1, found.size) / terms.length;
}

/** The terms that a memory has. FTS5 matched stems; a shared beginning is how a person would see it. */
export function foundIn(row: Row, terms: string[]): string[] {
  const text = words(`${row.text} ${row.key ?? ''} ${tagsOf(row).join(' ')}`);
  return terms.filter((term) => text.some((word) => word.startsWith(term.slice(0, Math.max(3, term.length - 3)))));
}
