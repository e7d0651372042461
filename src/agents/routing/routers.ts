import type { Embedder } from '../../core/embedder.ts';
import type { Phrasebook } from '../../core/phrasebook.ts';
import type { Tool } from '../../core/tool.ts';
import { createRouter, type Router } from './router.ts';

/** One router for each list of tools, so that planner and tool_search learn it once between them. */
export interface Routers {
  for(tools: Tool[]): Promise<Routed>;
}

interface Routed {
  router: Router;
  /** The tools with all that is known of how they are asked for. */
  taught: Tool[];
}

export interface RoutersParts {
  embedder: () => Promise<Embedder | undefined>;
  phrasebook: () => Promise<Phrasebook>;
  /** How long a request waits for the model, before it is taken by its words. */
  patienceMs?: number;
}

/** Lists differ by kind of caller, and with the tools that come from outside; more than a few are never needed at once. */
const mostRouters = 6;

export function createRouters({ embedder, phrasebook, patienceMs }: RoutersParts): Routers {
  const routers = new Map<string, Routed>();
  return {
    for: async (tools) => {
      const key = tools.map(({ name }) => name).join(' ');
      const known = routers.get(key);
      if (known) return known;
      const phrases = await phrasebook();
      const taught = withRequests(tools, phrases.requests);
      const routed = { taught, router: createRouter(taught, { embedder, phrasebook: phrases, patienceMs }) };
      routers.set(key, routed);
      if (routers.size > mostRouters) routers.delete(routers.keys().next().value!);
      return routed;
    },
  };
}

export const withRequests = (tools: Tool[], requests: Phrasebook['requests']): Tool[] =>
  tools.map((tool) => ({ ...tool, examples: [...tool.examples, ...(requests[tool.name] ?? [])] }));
