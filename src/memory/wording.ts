import { createHash } from 'node:crypto';
import { words } from '../core/query-terms.ts';

/** A text as 22 characters that do not give it away. */
export const hashed = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** The same for texts that differ only in case, accents, punctuation, spaces and articles. */
export const wordingOf = (text: string): string => hashed(plain(text) || text);

/** The words in lower case, without accents, punctuation and articles. */
export const plain = (text: string): string =>
  words(text)
    .filter((word) => !/^(?:the|a|an)$/.test(word))
    .join(' ');
