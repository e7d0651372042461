/**
 * White space and control characters: wrapping, padding and column separators put them between any two characters of a
 * value, so a search for secrets does not see them.
 */
export function isGap(code: number): boolean {
  return code <= 32 || (code >= 127 && code <= 160) || code === 0xad || (code >= 0x2000 && isWideGap(code));
}

const isWideGap = (code: number): boolean =>
  code <= 0x200f || (code >= 0x2028 && code <= 0x202f) || code === 0x205f || code === 0x2060 || code === 0x3000 || code === 0xfeff;

/** A backslash that continues a line is a gap as well. */
export const continuesLine = (text: string, at: number): boolean => {
  if (text.charCodeAt(at) !== 92) return false;
  const next = text.charCodeAt(at + 1);
  return next === 10 || next === 13;
};

/** The characters that a search compares. */
export function withoutGaps(text: string): string {
  let kept = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (!isGap(text.charCodeAt(at)) && !continuesLine(text, at)) continue;
    kept += text.slice(from, at);
    from = at + 1;
  }
  return from === 0 ? text : kept + text.slice(from);
}
