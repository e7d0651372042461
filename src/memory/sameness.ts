import type { Db } from '../core/database.ts';
import { claimOf } from './claims.ts';
import { gistOf, inSameOrder } from './gist.ts';
import type { Row } from './memory-rows.ts';
import type { RememberRequest } from './memory-types.ts';
import { wordingOf } from './wording.ts';

/** What a memory is compared by when another is written; all hashed. A turn of a conversation has only its wording: it stands alone. */
export interface Signs {
  wording: string;
  claim: string | null;
  gist: string | null;
  topic: string | null;
}

export function signsOf({ text, thread }: { text: string; thread?: string | null }): Signs {
  const alone = { wording: wordingOf(text), claim: null, gist: null, topic: null };
  if (thread !== undefined && thread !== null) return alone;
  return { ...alone, claim: claimOf(text) ?? null, ...gistOf(text) };
}

/** Whether a memory is that text, but for spelling and grammar. */
export function saysTheSame(row: Row, text: string): boolean {
  const { wording, gist } = signsOf({ text, thread: row.thread });
  return row.text === text || row.wording === wording || (gist !== null && row.gist === gist && inSameOrder(row.text, text));
}

/** What is known already about a write, and whether that says the same. */
export interface Known {
  row: Row;
  isSame: boolean;
}

/** The same key, else the same words, else words that say the same, else what the write contradicts. */
export function knownAbout(db: Db, request: RememberRequest): Known | undefined {
  const { namespace, category, key, text, thread } = request;
  const signs = signsOf(request);
  const by = (column: 'key' | keyof Signs, value: string | null): Row[] =>
    value === null
      ? []
      : (db
          .prepare(
            `SELECT * FROM memories WHERE namespace = ? AND category = ? AND ${column} = ? AND archivedAt IS NULL ORDER BY tainted, row DESC LIMIT 20`,
          )
          .all(namespace, category, value) as Row[]);
  if (key !== undefined) {
    const [row] = by('key', key);
    return row && { row, isSame: row.text === text || row.wording === signs.wording };
  }
  if (thread !== undefined) return undefined;
  const same = by('wording', signs.wording)[0] ?? by('gist', signs.gist).find((row) => saysTheSame(row, text));
  if (same) return { row: same, isSame: true };
  const opposite = by('claim', signs.claim)[0] ?? by('topic', signs.topic).find((row) => row.gist !== signs.gist);
  return opposite && { row: opposite, isSame: false };
}
