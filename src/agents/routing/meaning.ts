import { unit, type Embedder } from '../../core/embedder.ts';
import type { Route } from './router.ts';

/** How near a sentence is in meaning to what each route does. */
export interface Meaning {
  /**
   * The cosine by name; undefined while the vectors of the routes are still computed, which the first question begins, or where no
   * model can be had. It never waits for more than the question's own vector.
   */
  of(sentence: string, signal?: AbortSignal): Promise<Map<string, number> | undefined>;
}

/** Examples that speak for a route; more cost time and change little. */
const examplesEach = 4;
const patienceMs = 500;

/** Each route is the middle of its description and some of its examples. The model is loaded with the first question, not before. */
export function createMeaning(routes: Route[], embedder: () => Promise<Embedder | undefined>): Meaning {
  let known: Map<string, Float32Array> | undefined;
  let computing: Promise<unknown> | undefined;
  const compute = async (): Promise<void> => {
    const texts = routes.map(({ title, description, examples }) => [`${title}. ${description}`, ...examples.slice(0, examplesEach)]);
    const vectors = await (await embedder())?.embed(texts.flat());
    let next = 0;
    if (vectors) known = new Map(routes.map(({ name }, index) => [name, middle(vectors.slice(next, (next += texts[index]!.length)))]));
  };
  return {
    of: async (sentence, signal) => {
      // Without a model there is no better time to come; where it failed, the next question tries again.
      computing ??= compute().catch(() => (computing = undefined));
      if (!known) return undefined;
      const patience = AbortSignal.timeout(patienceMs);
      const asked = await (
        await embedder()
      )
        ?.embed([sentence], signal ? AbortSignal.any([signal, patience]) : patience)
        .catch(() => undefined);
      const [vector] = asked ?? [];
      return vector && new Map([...known].map(([name, one]) => [name, Math.max(0, dot(one, vector))]));
    },
  };
}

function middle(vectors: Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let index = 0; index < sum.length; index += 1) sum[index]! += vector[index]!;
  return unit(sum);
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
