import type { Embedder } from '../../core/embedder.ts';

/** Texts kept with their vectors: at 384 numbers each, about 1.5 MB. */
const most = 1_000;
const longest = 500;

/** Short texts that come again, such as questions and names of tools, are not computed again. */
export function cached(embedder: Embedder): Embedder {
  const known = new Map<string, Float32Array>();
  return {
    get fingerprint() {
      return embedder.fingerprint;
    },
    get dimensions() {
      return embedder.dimensions;
    },
    embed: async (texts, signal) => {
      const missing = [...new Set(texts.filter((text) => !known.has(text)))];
      const found = new Map(texts.map((text) => [text, known.get(text)]));
      const vectors = missing.length > 0 ? await embedder.embed(missing, signal) : [];
      for (const [index, text] of missing.entries()) {
        found.set(text, vectors[index]);
        if (text.length <= longest) known.set(text, vectors[index]!);
        if (known.size > most) known.delete(known.keys().next().value!);
      }
      return texts.map((text) => found.get(text)!);
    },
    close: () => embedder.close(),
  };
}
