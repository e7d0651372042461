import { z } from 'zod';
import { defineTool } from '../core/tool.ts';

export const toolSearch = defineTool({
  name: 'tool_search',
  title: 'Find a tool',
  description: 'Find tools by what they do, with their input schemas; then use tool_call.',
  risk: 'read',
  input: z.object({ query: z.string().min(1).max(1_000), limit: z.number().int().min(1).max(25).default(5) }),
  output: z.object({
    items: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        risk: z.enum(['read', 'write', 'destructive']),
        inputSchema: z.record(z.string(), z.unknown()),
        score: z.number(),
      }),
    ),
  }),
  slots: { query: 'topic' },
  examples: [
    'which tool can move files',
    'find a tool that restores memories',
    'is there a tool for approvals',
    'what tools do you have for the audit log',
    'search for a tool to undo things',
  ],
  run: async (ctx, { query, limit }) => ({ items: await ctx.catalog.search(ctx.caller, query, { limit, signal: ctx.signal }) }),
  summary: ({ items }) => items.map((item) => `${item.name}: ${item.description}`).join('\n') || 'No tool does that.',
});

export const toolCall = defineTool({
  name: 'tool_call',
  title: 'Call any tool',
  description: 'Call a tool by name, as tool_search shows it. Same policy, approvals and audit.',
  risk: 'read',
  input: z.object({ tool: z.string().max(60), input: z.record(z.string(), z.unknown()).default({}) }),
  output: z.object({ tool: z.string(), output: z.unknown(), link: z.string().optional().describe('Resource with all of it') }),
  wraps: true,
  openWorld: true,
  timeoutMs: 3_600_000,
  examples: [
    'call the tool memory_stats',
    'use run_list with status failed',
    'invoke audit_verify',
    'run the tool file_copy with these arguments',
    'call machine_status by name',
  ],
  passesOn: (call) => call,
  run: (ctx, { tool, input }) => ctx.catalog.call(ctx, tool, input),
  summary: ({ tool, output }) => `${tool}: ${JSON.stringify(output).slice(0, 500)}`,
});
