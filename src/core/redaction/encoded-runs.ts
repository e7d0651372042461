import type { Span } from './escapes.ts';

/** What a decoded text has none of. */
const binary = /[\u0000-\u0008\u000e-\u001f\ufffd]/;
const hex = /^(?:[0-9a-f]{2})+$/i;
const shortestRun = 24;
const longestRun = 2_000_000;
/** MIME wraps at 76 characters (RFC 2045, 6.8), PEM at 64 (RFC 7468, 2). */
const wrappings = new Set([64, 76]);

/** 1 for the letters of base64 and base64url (RFC 4648, 4 and 5), which hex has part of. */
const isLetter = new Uint8Array(128);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=') isLetter[letter.charCodeAt(0)] = 1;

/**
 * Runs of base64 or hex whose content holds a secret in whatever spelling: base64 in base64, escapes in base64. What is
 * encoded once is found without, by its forms, also where the run begins in the middle of something.
 */
export function encodedSpans(text: string, holdsSecret: (decoded: string) => boolean): Span[] {
  return runsOf(text).filter(([start, end]) => {
    const decoded = decode(text.slice(start, end));
    return decoded !== undefined && holdsSecret(decoded);
  });
}

function runsOf(text: string): Span[] {
  const runs: Span[] = [];
  let start = 0;
  let lineStart = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : 0;
    if (code < 128 && isLetter[code] === 1) continue;
    const end = at;
    if (code === 13 && text.charCodeAt(at + 1) === 10) at += 1;
    const isWrapped = (code === 10 || code === 13) && wrappings.has(end - lineStart);
    if (!isWrapped) {
      const isRun = end - start >= shortestRun && end - start <= longestRun;
      if (isRun) runs.push([start, end]);
      start = at + 1;
    }
    lineStart = at + 1;
  }
  return runs;
}

function decode(run: string): string | undefined {
  const letters = run.replaceAll(/\s/g, '');
  const text = Buffer.from(letters, hex.test(letters) ? 'hex' : 'base64').toString('utf8');
  return binary.test(text) ? undefined : text;
}
