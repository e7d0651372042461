import { createRouters, type Routers } from '../../src/agents/routing/routers.ts';
import { bundledEmbedder } from '../../src/engines/embeddings/bundled.ts';
import { phrasebook } from '../../src/tools/phrasebook.ts';

/** The routers of the app, with their model, learnt once for all apps of a test file. */
export function sharedRouters(): Routers {
  const embedder = bundledEmbedder();
  return createRouters({ embedder: async () => embedder, phrasebook: async () => phrasebook, patienceMs: 60_000 });
}
