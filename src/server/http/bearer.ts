import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../core/json.ts';

/** Whose token it is: a client's, whose model may have read anything, or the owner's own. */
export type Holder = 'client' | 'owner';

/** What the two tokens are now. Each throws where its file is unusable. */
export type Tokens = Record<Holder, () => string>;

/** Takes as long for a near miss as for a far one. */
const isSame = (given: string, token: string): boolean => timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)));

/**
 * Whose token an Authorization header carries; undefined where it is nobody's. An unusable file locks out those alone
 * who would need it: its error is thrown where the other token does not fit either.
 */
export function holderOf(header: string, tokens: Tokens): Holder | undefined {
  const given = /^Bearer ([\w-]+)$/i.exec(header)?.[1] ?? '';
  let unusable: unknown;
  for (const holder of ['client', 'owner'] as const) {
    try {
      if (isSame(given, tokens[holder]())) return holder;
    } catch (error) {
      unusable = error;
    }
  }
  if (unusable === undefined) return undefined;
  throw unusable;
}

/** As claw makes them: 32 bytes in base64url. */
const form = /^[\w-]{43}$/;

/** Whether a token stands somewhere in a URL, under whatever name: ours, or what looks like one that was ours. */
export function hasToken(url: URL, tokens: Tokens | undefined): boolean {
  const words = [url.pathname, ...[...url.searchParams].flat()].flatMap((part) => unescaped(part).split(/[^\w-]+/));
  return words.some((word) => form.test(word) || (tokens !== undefined && word.length >= 32 && isUsed(word, tokens)));
}

function isUsed(word: string, tokens: Tokens): boolean {
  try {
    return holderOf(`Bearer ${word}`, tokens) !== undefined;
  } catch {
    // Whoever is let in by its header hears of an unusable file.
    return false;
  }
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
