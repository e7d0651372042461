/** Plain BM25 (Robertson & Zaragoza 2009; k1 1.2, b 0.75) over whole texts: the peer that routing is measured against. */
export function bm25(documents: { name: string; text: string }[]): (query: string, limit: number) => string[] {
  const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const docs = documents.map(({ name, text }) => ({ name, words: wordsOf(text) }));
  const average = docs.reduce((sum, { words }) => sum + words.length, 0) / docs.length;
  const counts = docs.map(({ words }) => {
    const count = new Map<string, number>();
    for (const word of words) count.set(word, (count.get(word) ?? 0) + 1);
    return count;
  });
  const containing = new Map<string, number>();
  for (const count of counts) for (const word of count.keys()) containing.set(word, (containing.get(word) ?? 0) + 1);
  const score = (index: number, word: string): number => {
    const count = counts[index]!.get(word) ?? 0;
    const n = containing.get(word) ?? 0;
    const idf = Math.log(1 + (docs.length - n + 0.5) / (n + 0.5));
    return (idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * docs[index]!.words.length) / average));
  };
  return (query, limit) => {
    const words = wordsOf(query);
    const scored = docs.map(({ name }, index) => ({ name, score: words.reduce((sum, word) => sum + score(index, word), 0) }));
    return scored
      .toSorted((a, b) => b.score - a.score)
      .slice(0, limit)
      .map(({ name }) => name);
  };
}
