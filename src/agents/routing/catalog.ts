import { ToolError } from '../../core/errors.ts';
import { jsonSchema, riskCeiling, type Caller, type Risk, type ToolContext } from '../../core/tool.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import type { Routers } from './routers.ts';

export interface CatalogItem {
  name: string;
  description: string;
  risk: Risk;
  inputSchema: Record<string, unknown>;
  score: number;
}

/** The long tail of tools: found by what they do, called by name. */
export interface Catalog {
  /** By words, and by meaning where there is a model for it. */
  search(caller: Caller, query: string, options: { limit: number; signal?: AbortSignal }): Promise<CatalogItem[]>;
  /** Through the gate, as the same caller, in the same run. */
  call(ctx: ToolContext, tool: string, input: unknown): Promise<{ tool: string; output: unknown; link?: string }>;
}

export function createCatalog({ gate, routers }: { gate: OpenGate; routers: Routers }): Catalog {
  return {
    search: async (caller, query, { limit, signal }) => {
      const tools = gate.list(caller);
      const { router } = await routers.for(tools);
      const [ranking] = await router.rank([query], signal);
      const exact = tools.find(({ name }) => name === query.trim());
      const found = ranking!.matches.filter(({ name }) => name !== exact?.name);
      const matches = [...(exact ? [{ name: exact.name, score: 1 }] : []), ...found].slice(0, limit);
      return matches.map(({ name, score }) => {
        const tool = tools.find((one) => one.name === name)!;
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
