/**
 * A light English stemmer (after Harman's S-stemmer, JASIS 1991, and the commonest suffixes of Porter's): enough to bring
 * `files`, `filing` and `file` together, and cheap. It is only ever compared with itself.
 */
export function stem(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word;
  if (word.endsWith('ss')) return word;
  for (const [suffix, replacement, shortest] of suffixes) {
    if (word.endsWith(suffix) && word.length - suffix.length >= shortest) return settle(word.slice(0, -suffix.length) + replacement);
  }
  return settle(word);
}

const suffixes: [string, string, number][] = [
  ['ational', 'ate', 3],
  ['ization', 'ize', 3],
  ['fulness', 'ful', 3],
  ['iveness', 'ive', 3],
  ['ations', 'at', 3],
  ['ation', 'at', 3],
  ['ments', '', 3],
  ['ment', '', 3],
  ['ities', '', 3],
  ['ity', '', 3],
  ['ingly', '', 3],
  ['edly', '', 3],
  ['ings', '', 3],
  ['ing', '', 3],
  ['ies', 'y', 2],
  ['ied', 'y', 2],
  ['sses', 'ss', 1],
  ['ers', '', 3],
  ['er', '', 3],
  ['ed', '', 3],
  ['es', '', 3],
  ['ly', '', 3],
  ['s', '', 2],
];

function settle(root: string): string {
  if (/([bdfgmnprt])\1$/.test(root)) return root.slice(0, -1);
  if (root.endsWith('ss')) return root;
  return root.replace(/[ey]$/, '');
}
