import type { Db } from '../core/database.ts';
import { wordsWeight } from '../core/text-search.ts';
import { momentOf, type Row } from './memory-rows.ts';
import type { MemoryFilter } from './memory-types.ts';
import { namedTime, timeFit } from './moments.ts';
import { queryTerms } from '../core/query-terms.ts';
import { foundIn } from './word-search.ts';

/**
 * What each part adds to the cosine of question and memory, which counts 1. Round numbers from the middle of a broad plateau of the
 * ablation in docs/benchmarks.md.
 */
export const weights = { words: wordsWeight, subject: 0.2, time: 0.2 };

/** Candidates from each of the two halves for so many hits. */
export const mostFor = (count: number): number => Math.max(100, 2 * count);

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
