import { createHash } from 'node:crypto';
import { words } from './query-terms.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** The same for texts that differ only in case, accents, punctuation, spaces and articles. */
export const wordingOf = (text: string): string => hash(plain(text) || text);

const plain = (text: string): string =>
  words(text)
    .filter((word) => !/^(?:the|a|an)$/.test(word))
    .join(' ');

/** "the X of Y is Z", "Y's X is Z", "my X is Z": one thing has one such value. A name alone ("Anna is tall") may be many things. */
const single = [
  /^(?:note:?\s+)?((?:the|my|our)\s+[\p{L}\p{N}' _-]{2,80}?|[\p{L}\p{N}_-]+(?:'s|s')\s+[\p{L}\p{N} _-]{2,60}?)\s+(is|are|was|runs|listens|lives|uses|starts|ends|moved)(?:\s+(?:now|at|on|in|to|from|port))*\s+(\S.{0,120})$/iu,
  /^((?:the\s+)?[\p{L}\p{N}' _-]{3,60})()\s*:\s+(\S.{0,120})$/iu,
];
/** Values of one kind: numbers, addresses, times, single names. "broken" and "in the cellar" may both be true. */
const valueKinds = [/^[\d.:/_-]+\s?[\p{L}%]{0,4}$/u, /^[\w.-]+\.[a-z]{2,}$/i, /^[\w-]*\d[\w.:-]*$/i, /^\p{Lu}\p{L}+$/u];

/** What a text says one thing of, hashed with the kind of its value; undefined where it may hold beside others. */
export function claimOf(text: string): string | undefined {
  const sentence = text.trim().replace(/[.!]+$/, '');
  if (sentence.length > 240) return undefined;
  for (const pattern of single) {
    const [, about = '', verb = '', value = ''] = pattern.exec(sentence) ?? [];
    const kind = valueKinds.findIndex((form) => form.test(value.trim()));
    if (about !== '' && kind >= 0) return hash(`${plain(about)}|${verb.toLowerCase().replace(/^(?:are|was|)$/, 'is')}|${kind}`);
  }
  return undefined;
}
