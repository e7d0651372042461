import type { Db } from '../core/database.ts';
import { fromTurn, noteOrigin, unlessForgotten } from './consolidated-fact.ts';
import { respectForgetting } from './forgetting.ts';
import { momentOf, type Row } from './memory-rows.ts';
import type { RememberRequest } from './memory-types.ts';
import { remember, replace } from './memory-writing.ts';
import { dateWords } from './moments.ts';
import { queryTerms } from '../core/query-terms.ts';
import { isUnwanted, summaryKey, type Thread } from './resting-threads.ts';

/** Turns quoted in a summary by rules, and characters of each. */
const quoted = 5;
const longestQuote = 160;

export interface Summary {
  text: string;
  /** The turns it was made from: it is as tainted as they are, and is forgotten with any of them. */
  from: Row[];
  by?: string;
}

/** By rules: the turns that share most words with the others, in their order: what a conversation keeps coming back to. */
export function summaryByRules(turns: Row[]): Summary {
  const from = telling(turns, quoted);
  const lines = from.map(({ subject, text }) => {
    const flat = text.replace(/\s+/g, ' ').trim();
    return `${subject === null ? '' : `${subject}: `}${flat.length > longestQuote ? `${flat.slice(0, longestQuote)}…` : flat}`;
  });
  return { text: `${headOf(turns)} ${lines.join(' / ')}`, from };
}

/** "Conversation of Anna and Tom, 8 may 2023, 12 turns." */
export function headOf(turns: Row[]): string {
  const speakers = [...new Set(turns.flatMap(({ subject }) => subject ?? []))].slice(0, 5);
  const [first, last] = [turns[0]!, turns.at(-1)!].map((turn) => dateWords(momentOf(turn)));
  const time = first === last ? first : `${first} to ${last}`;
  return `Conversation${speakers.length > 0 ? ` of ${speakers.join(' and ')}` : ''}, ${time}, ${turns.length} turns.`;
}

/** The turns that share most words with the others, in their order. */
export function telling(turns: Row[], most: number): Row[] {
  const terms = turns.map(({ text }) => new Set(queryTerms(text)));
  const counts = new Map<string, number>();
  for (const each of terms) for (const term of each) counts.set(term, (counts.get(term) ?? 0) + 1);
  const score = (each: Set<string>): number => [...each].reduce((sum, term) => sum + counts.get(term)! - 1, 0) / (each.size + 8);
  const best = turns.map((turn, index) => ({ turn, score: score(terms[index]!) })).toSorted((a, b) => b.score - a.score);
  return best
    .slice(0, most)
    .map(({ turn }) => turn)
    .toSorted((a, b) => a.row - b.row);
}

/** Whether there is a new summary. One that a person has forgotten is not made again, unless it went along with a turn. */
export function keepSummary(db: Db, summary: Summary, { namespace, thread, turns, now }: Thread & { turns: Row[]; now: number }): boolean {
  const find = (condition: string): Row | undefined =>
    db
      .prepare(`SELECT * FROM memories WHERE namespace = ? AND category = 'conversation_summary' AND key = ? AND ${condition}`)
      .get(namespace, summaryKey(thread)) as Row | undefined;
  if (find(isUnwanted) || db.prepare('SELECT 1 FROM unwanted_summaries WHERE namespace = ? AND thread = ?').get(namespace, thread))
    return false;
  const request: RememberRequest = {
    ...fromTurn(turns.at(-1)!),
    subject: undefined,
    text: summary.text,
    category: 'conversation_summary',
    key: summaryKey(thread),
    source: `consolidated from ${turns.length} turns of ${thread}`.slice(0, 160) + (summary.by === undefined ? '' : ` by ${summary.by}`),
    tainted: summary.from.some(({ tainted }) => tainted === 1),
    writeKey: `consolidate ${thread} ${now}`,
  };
  const known = find('archivedAt IS NULL');
  if (known?.text === summary.text) return false;
  const kept = unlessForgotten(() => {
    if (!known) return remember(db, request, now).memory;
    respectForgetting(db, request);
    return replace(db, known, { request, now });
  });
  // What an earlier one was made from stays its origin: its history quotes it.
  if (kept) noteOrigin(db, kept.id, summary.from);
  return kept !== undefined;
}
