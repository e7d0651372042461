import { queryTerms, words } from './query-terms.ts';
import type { Findable, Nearness } from './nearness.ts';

/** What words add to the cosine of a question and what is looked for, which counts 1: see the ablation in docs/benchmarks.md. */
export const wordsWeight = 0.4;

/** Below this, what is found by meaning is about something else; on paraphrases the right one has 0.2 and more. */
export const leastScore = 0.15;

export interface TextHit {
  id: string;
  /** 0 to 1. */
  score: number;
  /** "meaning 0.61, words 1 (nas, address)". */
  why: string;
}

export interface TextSearch {
  /** Best first; what has no word of the question and is not near it is left out. */
  hits: TextHit[];
  /** How many were compared by meaning; the others by their words only. */
  compared: number;
}

interface Asked {
  nearness: Nearness;
  patienceMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * Searches a list by words and by meaning, both in one score: for skills, what calls did, and whatever else is a list in memory. What
 * has a word of the question is compared by meaning first.
 */
export async function searchTexts(items: Findable[], question: string, { nearness, ...options }: Asked): Promise<TextSearch> {
  const found = wordsFound(items, queryTerms(question));
  const order = items.toSorted((a, b) => (found.get(b.id)?.share ?? 0) - (found.get(a.id)?.share ?? 0));
  const near = await nearness.of(order, question, options);
  const hits = items.flatMap(({ id }): TextHit[] => {
    const { share, terms } = found.get(id) ?? { share: 0, terms: [] };
    const meaning = near ? (near.cosines.get(id) ?? share) : share;
    const score = (meaning + wordsWeight * share) / (1 + wordsWeight);
    if (score < leastScore) return [];
    const parts = [
      near?.cosines.has(id) && `meaning ${rounded(meaning, 100)}`,
      share > 0 && `words ${rounded(share, 100)} (${terms.join(', ')})`,
    ];
    return [{ id, score: rounded(score, 1_000), why: parts.filter(Boolean).join(', ') }];
  });
  return { hits: hits.toSorted((a, b) => b.score - a.score), compared: near?.cosines.size ?? 0 };
}

const rounded = (value: number, to: number): number => Math.round(value * to) / to;

/** Of each, the terms that it has, and their share of the question's; a term counts the more, the fewer have it. */
function wordsFound(items: Findable[], terms: string[]): Map<string, { share: number; terms: string[] }> {
  const has = items.map(({ id, texts }) => {
    const said = new Set(texts.flatMap(words));
    return { id, terms: terms.filter((term) => hasWord(said, term)) };
  });
  const weight = new Map(
    terms.map((term) => [term, Math.log(1 + items.length / (1 + has.filter((one) => one.terms.includes(term)).length))]),
  );
  const total = (some: string[]): number => some.reduce((sum, term) => sum + weight.get(term)!, 0);
  return new Map(has.map((one) => [one.id, { terms: one.terms, share: one.terms.length === 0 ? 0 : total(one.terms) / total(terms) }]));
}

/** Itself, or a form of it: a shared beginning is how a person would see it. */
function hasWord(said: Set<string>, term: string): boolean {
  if (said.has(term)) return true;
  const stem = term.slice(0, Math.max(4, term.length - 3));
  return term.length > 4 && [...said].some((word) => word.startsWith(stem));
}
