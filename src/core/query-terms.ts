/** Words that say nothing about what is looked for. Dropping them is the largest gain in retrieval. */
const stopWords = new Set(
  `a about all am an and any are as at be been but by can could did do does for from had has have how i if in is it its
   me my of on or our please remember recall said should so tell that the their them there these they this to was we were
   what when where which who whom whose why will with would you your into onto than then also just some much many very too not no
   himself herself itself being having during while because between through know knew find search memory memories note notes
   anything something`.split(/\s+/),
);

/** The words of a text, lower case, without accents. */
export function words(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The words to look for: without stop words, unless nothing else is left. */
export function queryTerms(query: string): string[] {
  const all = [...new Set(words(query))];
  const telling = all.filter((word) => !stopWords.has(word));
  return telling.length > 0 ? telling : all;
}

/** An FTS5 expression that finds any of the terms. Each is quoted, so no text of a person is syntax. */
export const ftsQuery = (terms: string[]): string => terms.map((term) => `"${term.replaceAll('"', '""')}"`).join(' OR ');
