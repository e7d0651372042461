import { setTimeout as sleep } from 'node:timers/promises';
import { cosine, middle, type Embedder } from './embedder.ts';

/** Something that can be found: a tool, a skill, what a call did. It means what its texts mean together. */
export interface Findable {
  id: string;
  texts: string[];
}

export interface Near {
  /** The cosine by id, of those whose vectors are there. */
  cosines: Map<string, number>;
  /** Those whose vectors are still computed. */
  missing: number;
}

/** How near a question is in meaning to each of a list that is in memory. Vectors are computed once for a text, the first ones first. */
export interface Nearness {
  /** Waits at most `patienceMs` for vectors of the list; computing goes on meanwhile. Undefined where no model can be had. */
  of(items: Findable[], question: string, options: { patienceMs: number; signal?: AbortSignal | undefined }): Promise<Near | undefined>;
}

/** Texts at once: then the model is free for someone else's question. */
const batch = 8;
/** Vectors kept: 6 MB at 384 numbers each. */
const mostKept = 4_096;
/** What the question's own vector may take at least, the model being at work on something else. */
const questionMs = 500;

/** Nothing is loaded or computed before the first question. Memories, of which there may be millions, are searched in memory.db instead. */
export function createNearness(embedder: () => Promise<Embedder | undefined>): Nearness {
  const known = new Map<string, Float32Array>();
  let wanted: string[] = [];
  let working: Promise<void> | undefined;

  const keep = (text: string, vector: Float32Array): void => {
    known.set(text, vector);
    if (known.size > mostKept) known.delete(known.keys().next().value!);
  };
  const work = async (): Promise<void> => {
    const model = await embedder();
    if (!model) wanted = [];
    while (model && wanted.length > 0) {
      const texts = wanted.splice(0, batch).filter((text) => !known.has(text));
      const vectors = texts.length > 0 ? await model.embed(texts) : [];
      for (const [index, vector] of vectors.entries()) keep(texts[index]!, vector);
    }
  };
  // Where the model failed, the next question tries again.
  const begin = (texts: string[]): Promise<void> => {
    wanted = [...new Set([...texts.filter((text) => !known.has(text)), ...wanted])].slice(0, mostKept);
    working ??= work()
      .catch(() => void (wanted = []))
      .finally(() => (working = undefined));
    return working;
  };

  /** Before those of the list, which can wait. */
  const vectorOf = async (question: string, signal: AbortSignal): Promise<Float32Array | undefined> => {
    try {
      return (await (await embedder())?.embed([question], signal))?.[0];
    } catch {
      return undefined;
    }
  };

  return {
    of: async (items, question, { patienceMs, signal }) => {
      const patience = AbortSignal.timeout(Math.max(questionMs, patienceMs));
      const asked = vectorOf(question, signal ? AbortSignal.any([signal, patience]) : patience);
      const done = begin(items.flatMap(({ texts }) => texts));
      if (patienceMs > 0) await Promise.race([done, sleep(patienceMs, undefined, { signal, ref: false })]);
      const there = items.filter(({ texts }) => texts.every((text) => known.has(text)));
      if (there.length === 0) return undefined;
      const vectors = there.map(({ id, texts }) => ({ id, vector: middle(texts.map((text) => known.get(text)!)) }));
      const vector = await asked;
      if (!vector) return undefined;
      const cosines = new Map(vectors.map((one) => [one.id, Math.max(0, cosine(one.vector, vector))]));
      return { cosines, missing: items.length - there.length };
    },
  };
}
