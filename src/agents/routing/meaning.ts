import type { Embedder } from '../../core/embedder.ts';
import { createNearness } from '../../core/nearness.ts';
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

/** Each route is the middle of its description and some of its examples. */
export function createMeaning(routes: Route[], embedder: () => Promise<Embedder | undefined>): Meaning {
  const nearness = createNearness(embedder);
  const items = routes.map(({ name, title, description, examples }) => ({
    id: name,
    texts: [`${title}. ${description}`, ...examples.slice(0, examplesEach)],
  }));
  return {
    of: async (sentence, signal) => {
      const near = await nearness.of(items, sentence, { patienceMs: 0, signal });
      return near?.missing === 0 ? near.cosines : undefined;
    },
  };
}
