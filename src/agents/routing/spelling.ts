/** Puts right words that are one slip of the finger from a known one. */
export interface Spelling {
  /** The text with its first `words` words, or all, put right. Letters in upper case, digits and marks are left alone. */
  corrected(text: string, words?: number): string;
}

const shortest = 5;

/**
 * A word counts as misspelt where nobody knows it and exactly one known word is a single insertion, deletion, substitution or
 * swap of neighbours away (Damerau 1964: four of five misspellings are one of these).
 */
export function createSpelling(known: Set<string>): Spelling {
  const candidates = [...known].filter((word) => word.length >= shortest - 1);
  const seen = new Map<string, string>();
  const right = (word: string): string => {
    if (word.length < shortest || known.has(word) || !/^[a-z]+$/.test(word)) return word;
    const cached = seen.get(word);
    if (cached !== undefined) return cached;
    const near = candidates.filter((one) => Math.abs(one.length - word.length) <= 1 && isOneSlip(word, one));
    const found = near.length === 1 ? near[0]! : word;
    if (seen.size < 10_000) seen.set(word, found);
    return found;
  };
  return {
    corrected: (text, words = Infinity) => {
      let left = words;
      return text.replace(/(?<![\w./@:"'`~*-])[A-Za-z]+(?![\w/@"'`~*-]|\.\w)/g, (word) => {
        left -= 1;
        return left < 0 || /[A-Z]/.test(word.slice(1)) ? word : sameCase(word, right(word.toLowerCase()));
      });
    },
  };
}

const sameCase = (word: string, corrected: string): string =>
  word.toLowerCase() === corrected ? word : /^[A-Z]/.test(word) ? corrected[0]!.toUpperCase() + corrected.slice(1) : corrected;

function isOneSlip(a: string, b: string): boolean {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  let at = 0;
  while (at < short.length && long[at] === short[at]) at += 1;
  const rest = (word: string, skip: number): string => word.slice(at + skip);
  if (long.length > short.length) return rest(long, 1) === rest(short, 0);
  if (rest(long, 1) === rest(short, 1)) return true;
  return long[at] === short[at + 1] && long[at + 1] === short[at] && rest(long, 2) === rest(short, 2);
}
