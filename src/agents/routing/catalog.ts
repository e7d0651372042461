import type { Embedder } from '../../core/embedder.ts';
import { ToolError } from '../../core/errors.ts';
import { jsonSchema, riskCeiling, type Caller, type Risk, type Tool, type ToolContext } from '../../core/tool.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import { toolsKey } from '../../gate/reach.ts';
import { createMeaning, type Meaning } from './meaning.ts';
import { createRouter, type Match, type Router } from './router.ts';

export interface CatalogItem {
  name: string;
  description: string;
  risk: Risk;
  inputSchema: Record<string, unknown>;
  score: number;
}

/** The long tail of tools: found by what they do, called by name. */
export interface Catalog {
  /** By words, and by meaning as soon as the tools' vectors are there. */
  search(caller: Caller, query: string, options: { limit: number; signal?: AbortSignal }): Promise<CatalogItem[]>;
  /** Through the gate, as the same caller, in the same run. */
  call(ctx: ToolContext, tool: string, input: unknown): Promise<{ tool: string; output: unknown; link?: string }>;
}

interface Index {
  /** What it was made of: other servers' tools come and go. */
  of: Tool[];
  router: Router;
  meaning: Meaning;
  tools: Map<string, Tool>;
}

export function createCatalog({ gate, embedder }: { gate: OpenGate; embedder: () => Promise<Embedder | undefined> }): Catalog {
  const routers = new Map<string, Index>();
  const indexFor = (caller: Caller): Index => {
    const tools = gate.list(caller);
    const known = routers.get(toolsKey(caller));
    if (known?.of === tools) return known;
    const index = {
      of: tools,
      router: createRouter(tools),
      meaning: createMeaning(tools, embedder),
      tools: new Map(tools.map((tool) => [tool.name, tool])),
    };
    routers.set(toolsKey(caller), index);
    return index;
  };
  return {
    search: async (caller, query, { limit, signal }) => {
      const { router, meaning, tools } = indexFor(caller);
      const exact = tools.get(query.trim());
      const byMeaning = await meaning.of(query, signal);
      const byWords = router.search(query, byMeaning ? tools.size : limit);
      const found = (byMeaning ? together(byWords, byMeaning) : byWords).filter(({ name }) => name !== exact?.name).slice(0, limit);
      const matches = exact ? [{ name: exact.name, score: 1 }, ...found].slice(0, limit) : found;
      return matches.map(({ name, score }) => {
        const tool = tools.get(name)!;
        return { name, description: tool.description, risk: riskCeiling(tool), inputSchema: jsonSchema(tool.input, 'input'), score };
      });
    },
    call: async (ctx, tool, input) => {
      if (tool === 'tool_call')
        throw new ToolError('invalid_input', 'tool_call does not call itself.', { hint: 'Name the tool that is meant.' });
      const run = ctx.runId === undefined ? undefined : { id: ctx.runId, stepId: ctx.key, chosen: ctx.chosen };
      const result = await gate.call(ctx.caller, tool, input, {
        signal: ctx.signal,
        onProgress: (progress) => ctx.progress(progress),
        key: `${ctx.key}/${tool}`,
        run,
        passedOnBy: ctx.callId,
        session: ctx.session,
      });
      ctx.touched({ readsUntrusted: result.untrusted });
      return { tool, output: result.output, ...(result.link && { link: result.link.uri }) };
    },
  };
}

/** Words and meaning count the same: best on public routing data, see bench/routing.ts. */
export function together(byWords: Match[], byMeaning: Map<string, number>): Match[] {
  const words = new Map(byWords.map(({ name, score }) => [name, score]));
  return [...byMeaning]
    .map(([name, cosine]) => ({ name, score: Math.round(500 * (cosine + (words.get(name) ?? 0))) / 1_000 }))
    .toSorted((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
}
