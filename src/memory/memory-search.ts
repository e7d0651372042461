import type { Db } from '../core/database.ts';
import { neighboursOf, scopeOf } from './memory-index.ts';
import { filterOf } from './memory-filter.ts';
import { momentOf, tagsOf, type Row } from './memory-rows.ts';
import type { MemoryFilter } from './memory-types.ts';
import { namedTime, timeFit } from './moments.ts';
import { ftsQuery, queryTerms, words } from './query-terms.ts';

/**
 * What each part adds to the cosine of question and memory, which counts 1. Round numbers from the middle of a broad plateau of the
 * ablation in docs/benchmarks.md.
 */
export const weights = { words: 0.4, subject: 0.2, time: 0.2 };

/** Candidates from each of the two halves for so many hits. */
const mostFor = (count: number): number => Math.max(100, 2 * count);

export interface Question {
  text: string;
  terms: string[];
  /** Speakers of the searched conversations that it names, in lower case. */
  names: string[];
  /** What it asks beside the names: this is compared by meaning. */
  bare: string;
}

export interface Hit {
  row: Row;
  score: number;
  parts: { words: number; meaning: number; subject: number; time: number };
  found: string[];
}

interface Understanding {
  filter: MemoryFilter;
  strip: (text: string, names: string[]) => string;
}

export function understand(db: Db, text: string, { filter: { namespace }, strip }: Understanding): Question {
  const all = queryTerms(text);
  const spoken = all.flatMap((word) =>
    (
      db.prepare('SELECT DISTINCT name FROM speakers WHERE word = @word AND (@namespace IS NULL OR namespace = @namespace) LIMIT 20').all({
        word,
        namespace: namespace ?? null,
      }) as { name: string }[]
    ).map(({ name }) => ({ word, name })),
  );
  const nameWords = new Set(spoken.map(({ word }) => word));
  const telling = all.filter((word) => !nameWords.has(word));
  return {
    text,
    terms: telling.length > 0 ? telling : all,
    names: [...new Set(spoken.map(({ name }) => name))],
    bare: telling.length > 0 ? strip(text, [...nameWords]) : text,
  };
}

export interface SearchParts {
  /** What `wordHits` found. */
  byWords: Map<number, number>;
  /** Hits wanted, those before the page included. */
  count: number;
  /** The nearest by meaning, as `[row, cosine]`; absent where only words are searched. */
  nearest?: (count: number) => [number, number][];
  /** The cosines of rows that only words found. */
  cosines?: (rows: number[]) => Map<number, number>;
}

/** Both halves, the union of what they find scored by all there is, best first. */
export function search(db: Db, question: Question, { byWords, count, nearest, cosines }: SearchParts): Hit[] {
  const byMeaning = new Map(nearest?.(mostFor(count)));
  const onlyWords = [...byWords.keys()].filter((row) => !byMeaning.has(row));
  for (const [row, cosine] of cosines?.(onlyWords) ?? []) byMeaning.set(row, cosine);
  const time = namedTime(question.text);
  const nearestMeaning = Math.max(0, ...byMeaning.values());
  const hits = [...new Set([...byWords.keys(), ...byMeaning.keys()])].flatMap((id): Hit[] => {
    const row = db.prepare('SELECT * FROM memories WHERE row = ? AND archivedAt IS NULL').get(id) as Row | undefined;
    if (!row) return [];
    const subject = row.subject !== null && question.names.includes(row.subject.toLowerCase()) ? 1 : 0;
    const parts = {
      words: byWords.get(id) ?? 0,
      // Until its vector is computed, a memory means as much as its words say.
      meaning: Math.max(0, byMeaning.get(id) ?? nearestMeaning * (byWords.get(id) ?? 0)),
      subject,
      time: time ? timeFit(time, momentOf(row)) : 0,
    };
    return [{ row, score: scoreOf(parts), parts, found: foundIn(row, question.terms) }];
  });
  return hits.toSorted((a, b) => b.score - a.score || b.row.row - a.row.row).slice(0, count);
}

const highest = 1 + weights.words + weights.subject + weights.time;
const scoreOf = ({ words, meaning, subject, time }: Hit['parts']): number =>
  (meaning + weights.words * words + weights.subject * subject + weights.time * time) / highest;

/**
 * BM25 (text 1, neighbours 0.4, tags 0.5, dates 1) over the best one's, by row, times the share of the question's words that the best
 * one has: where hardly a word is found anywhere, words have little to say.
 */
export function wordHits(db: Db, { terms }: Question, { filter, count }: { filter: MemoryFilter; count: number }): Map<number, number> {
  if (terms.length === 0) return new Map();
  const { where, values } = filterOf(filter);
  const words = `{text around tags dates} : (${ftsQuery(terms)})`;
  // The namespace inside the index keeps the others' postings out of the ranking.
  const match = filter.namespace === undefined ? words : `scope : "${scopeOf(filter.namespace)}" AND ${words}`;
  const sql = `SELECT memories.row, -bm25(memory_text, 1.0, 0.4, 0.5, 1.0, 0.0) AS bm25 FROM memory_text JOIN memories ON memories.row = memory_text.rowid
               WHERE memory_text MATCH @match AND ${where} ORDER BY bm25 DESC, memories.row DESC LIMIT @most`;
  const rows = db.prepare(sql).all({ ...values, match, most: mostFor(count) }) as { row: number; bm25: number }[];
  const best = rows[0]?.bm25 ?? 1;
  // In a small store bm25 may be 0 or below for a word that most memories have.
  const share = rows[0] ? coverage(db, rows[0].row, terms) : 0;
  return new Map(rows.map(({ row, bm25 }) => [row, share * (best > 0 ? Math.max(0, bm25 / best) : 1)]));
}

function coverage(db: Db, id: number, terms: string[]): number {
  const row = db.prepare('SELECT * FROM memories WHERE row = ?').get(id) as Row;
  const found = new Set([row, ...neighboursOf(db, row)].flatMap((one) => foundIn(one, terms)));
  return Math.max(1, found.size) / terms.length;
}

// FTS5 matched stems; a shared beginning is how a person would see it.
function foundIn(row: Row, terms: string[]): string[] {
  const text = words(`${row.text} ${row.key ?? ''} ${tagsOf(row).join(' ')}`);
  return terms.filter((term) => text.some((word) => word.startsWith(term.slice(0, Math.max(3, term.length - 3)))));
}

/** "meaning 0.61, words 1 (nas, address), subject, time". */
export function whyOf({ parts, found }: Hit): string {
  const round = (value: number): number => Math.round(value * 100) / 100;
  const near = found.length > 0 ? ` (${found.join(', ')})` : ' (around it)';
  return [
    parts.meaning > 0 && `meaning ${round(parts.meaning)}`,
    parts.words > 0 && `words ${round(parts.words)}${near}`,
    parts.subject > 0 && 'subject',
    parts.time > 0 && 'time',
  ]
    .filter(Boolean)
    .join(', ');
}
