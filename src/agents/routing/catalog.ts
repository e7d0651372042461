import { ToolError } from '../../core/errors.ts';
import { jsonSchema, riskCeiling, type Caller, type Risk, type Tool, type ToolContext } from '../../core/tool.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import { createRouter, type Router } from './router.ts';

export interface CatalogItem {
  name: string;
  description: string;
  risk: Risk;
  inputSchema: Record<string, unknown>;
  score: number;
}

/** The long tail of tools: found by what they do, called by name. */
export interface Catalog {
  search(caller: Caller, query: string, limit: number): CatalogItem[];
  /** Through the gate, as the same caller, in the same run. */
  call(ctx: ToolContext, tool: string, input: unknown): Promise<{ tool: string; output: unknown; link?: string }>;
}

export function createCatalog({ gate }: { gate: OpenGate }): Catalog {
  const routers = new Map<string, { router: Router; tools: Map<string, Tool> }>();
  const indexFor = (caller: Caller): { router: Router; tools: Map<string, Tool> } => {
    const known = routers.get(caller.kind);
    if (known) return known;
    const tools = gate.list(caller);
    const index = { router: createRouter(tools), tools: new Map(tools.map((tool) => [tool.name, tool])) };
    routers.set(caller.kind, index);
    return index;
  };
  return {
    search: (caller, query, limit) => {
      const { router, tools } = indexFor(caller);
      const exact = tools.get(query.trim());
      const found = router.search(query, limit).filter(({ name }) => name !== exact?.name);
      const matches = exact ? [{ name: exact.name, score: 1 }, ...found].slice(0, limit) : found;
      return matches.map(({ name, score }) => {
        const tool = tools.get(name)!;
        return { name, description: tool.description, risk: riskCeiling(tool), inputSchema: jsonSchema(tool.input, 'input'), score };
      });
    },
    call: async (ctx, tool, input) => {
      if (tool === 'tool_call')
        throw new ToolError('invalid_input', 'tool_call does not call itself.', { hint: 'Name the tool that is meant.' });
      const run = ctx.runId === undefined ? undefined : { id: ctx.runId, stepId: ctx.key };
      const result = await gate.call(ctx.caller, tool, input, {
        signal: ctx.signal,
        onProgress: (progress) => ctx.progress(progress),
        key: `${ctx.key}/${tool}`,
        run,
        session: ctx.session,
      });
      ctx.touched({ readsUntrusted: result.untrusted });
      return { tool, output: result.output, ...(result.link && { link: result.link.uri }) };
    },
  };
}
