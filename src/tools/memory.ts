import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { offsetAfter, offsetOf, page, pageOf, paging } from '../core/paging.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';

const categories = ['fact', 'preference', 'project_context', 'conversation_summary'] as const;

const memory = z.object({
  id: z.string(),
  text: z.string(),
  category: z.enum(categories),
  namespace: z.string(),
  key: z.string().optional(),
  tags: z.array(z.string()),
  source: z.string(),
  tainted: z.boolean().describe('Its text came from outside'),
  createdAt: z.string(),
  updatedAt: z.string(),
  accessCount: z.number(),
});
const recalled = memory.extend({ score: z.number(), why: z.string() });

const id = z.string().describe('mem_…');
const filters = {
  category: z.enum(categories).optional(),
  namespace: z.string().optional(),
  tag: z.string().optional(),
};
const categoryWords = {
  preference: ['prefer', 'preference', 'preferences', 'like', 'likes', 'favourite', 'favorite'],
  project_context: ['project'],
  conversation_summary: ['conversation', 'summary'],
};

const sourceOf = ({ caller, runId, callId }: ToolContext): string => `${caller.name ?? caller.kind} ${runId ?? callId}`;

/** Text from outside stays that, however long ago it was remembered. */
function told<Kept extends { tainted: boolean }>(ctx: ToolContext, kept: Kept[]): Kept[] {
  if (kept.some((one) => one.tainted)) ctx.touched({ readsUntrusted: true });
  return kept;
}

export const memoryRemember = defineTool({
  name: 'memory_remember',
  title: 'Remember something',
  description: 'Keep a text for later. The same key replaces the text kept under it.',
  risk: 'write',
  idempotent: true,
  input: z.object({
    text: z.string().min(1).max(8_000),
    category: z.enum(categories).default('fact'),
    key: z.string().max(200).optional(),
    namespace: z.string().max(100).default('default'),
    tags: z.array(z.string().max(60)).max(20).default([]),
  }),
  output: z.object({ id: z.string(), change: z.enum(['created', 'updated', 'merged']), previousText: z.string().optional() }),
  dataFields: ['text'],
  slots: { text: 'content' },
  words: { category: categoryWords },
  examples: [
    'remember that the NAS is at 10.0.0.5',
    'remember the result',
    'note that backups run at two in the night',
    'keep in mind that I prefer dark mode',
    'save this for later: the router password is in the safe',
    'make a note: buy a new UPS',
    "don't forget that the lease ends in March",
    'store the output in memory',
    'memorize that Anna is the admin of the printer',
    'write down that the switch has 24 ports',
    'please remember my birthday is in May',
    'take a note of it',
    'add to memory: staging uses port 8443',
    'keep a record of this',
  ],
  run: (ctx, { text, category, key, namespace, tags }) => {
    const source = sourceOf(ctx);
    const request = { text, category, key, namespace, tags, source, tainted: ctx.taint.untrusted, writeKey: ctx.key };
    const { memory: kept, change, previousText } = ctx.memory.remember(request);
    return { id: kept.id, change, ...(previousText !== undefined && { previousText }) };
  },
  verify: (ctx, { text }, output) => {
    const kept = ctx.memory.get(output.id);
    return [
      {
        check: 'memory.db holds the text',
        ok: ctx.memory.holds(output.id, text),
        found: kept ? `${output.id}: ${kept.text.slice(0, 200)}` : 'nothing',
      },
    ];
  },
  undo: ({ category, key, namespace, tags }, output) => {
    if (output.change === 'merged') return undefined;
    if (output.change === 'created') return { tool: 'memory_forget', input: { id: output.id } };
    return { tool: 'memory_remember', input: { text: output.previousText, category, key, namespace, tags } };
  },
  dryRun: (_ctx, { text, key }) => [{ action: 'create', target: key ?? 'memory', after: text }],
  summary: ({ id: kept, change }, { text }) => `${change === 'merged' ? 'Known already' : 'Remembered'} (${kept}): ${text.slice(0, 120)}`,
});

export const memoryRecall = defineTool({
  name: 'memory_recall',
  title: 'Recall memories',
  description: 'Find what was remembered, best first, with why each was found.',
  risk: 'read',
  input: z.object({
    query: z.string().min(1).max(1_000),
    ...filters,
    limit: z.number().int().min(1).max(200).default(8),
    cursor: paging.cursor,
  }),
  output: pageOf(recalled),
  slots: { query: 'topic' },
  words: { category: { preference: ['preference', 'preferences'] } },
  examples: [
    'what do you know about the NAS',
    'what do you remember about backups',
    'recall the address of the printer',
    'search my memories for router',
    'what did I tell you about Anna',
    'do you remember which port staging uses',
    'find my note about the UPS',
    'look up what I said about the lease',
    'what was the wifi name again',
    'which notes mention docker',
    'search memory for the switch',
    'have I told you my preferred editor',
  ],
  cursorAfter: offsetAfter,
  run: (ctx, { query, category, namespace, tag, limit, cursor }) => {
    const found = ctx.memory.recall({ query, category, namespace, tag, limit: limit + 1, offset: offsetOf(cursor) });
    return page(told(ctx, found), { limit, cursor });
  },
  summary: ({ items }) => items.map((item) => `- ${item.text}`).join('\n') || 'Nothing is remembered about that.',
});

export const memoryList = defineTool({
  name: 'memory_list',
  title: 'List memories',
  description: 'Memories, newest first, by category, namespace or tag.',
  risk: 'read',
  input: z.object({ ...filters, ...paging }),
  output: pageOf(memory),
  words: { category: { ...categoryWords, fact: ['fact', 'facts'] } },
  examples: [
    'list my memories',
    'show everything you remember',
    'what have you remembered so far',
    'show all notes',
    'list my preferences',
    'show the latest memories',
    'what is in your memory',
    'list all facts you know',
  ],
  cursorAfter: offsetAfter,
  run: (ctx, { category, namespace, tag, limit, cursor }) => {
    const found = ctx.memory.list({ category, namespace, tag, limit: limit + 1, offset: offsetOf(cursor) });
    return page(told(ctx, found), { limit, cursor });
  },
  summary: ({ items }) => items.map((item) => `- ${item.text} (${item.id})`).join('\n') || 'Nothing is remembered yet.',
});

export const memoryShow = defineTool({
  name: 'memory_show',
  title: 'Show one memory',
  description: 'One memory, by id.',
  risk: 'read',
  input: z.object({ id }),
  output: memory,
  slots: { id: 'id' },
  examples: [
    'show mem_01k9x2',
    'what does the memory mem_01k9x2 say',
    'print the note mem_01k9x2',
    'details of memory mem_01k9x2',
    'open mem_01k9x2',
  ],
  run: (ctx, input) => {
    const kept = ctx.memory.get(input.id);
    if (!kept) throw new ToolError('not_found', `No memory "${input.id}".`, { hint: 'memory_list and memory_recall show the ids.' });
    told(ctx, [kept]);
    return kept;
  },
  summary: ({ text }) => text,
});

export const memoryForget = defineTool({
  name: 'memory_forget',
  title: 'Forget a memory',
  description: 'Put one memory, by id, into the archive, where nothing finds it. Undo brings it back.',
  risk: 'write',
  idempotent: false,
  input: z.object({ id }),
  output: z.object({ id: z.string(), text: z.string() }),
  slots: { id: 'id' },
  examples: [
    'forget mem_01k9x2',
    'forget the memory mem_01k9x2',
    'delete memory mem_01k9x2',
    'remove the note mem_01k9x2',
    'erase mem_01k9x2 from memory',
    'drop that memory',
  ],
  run: (ctx, input) => {
    const { text, tainted } = ctx.memory.forget(input.id);
    told(ctx, [{ tainted }]);
    return { id: input.id, text };
  },
  verify: (ctx, input) => {
    const kept = ctx.memory.get(input.id);
    return [{ check: 'no search finds it any more', ok: kept === undefined, found: kept ? kept.text.slice(0, 200) : 'nothing' }];
  },
  undo: (input) => ({ tool: 'memory_restore', input: { id: input.id } }),
  dryRun: (ctx, input) => [{ action: 'delete', target: input.id, before: ctx.memory.get(input.id)?.text }],
  summary: ({ text }) => `Forgotten: ${text.slice(0, 120)}`,
});

export const memoryRestore = defineTool({
  name: 'memory_restore',
  title: 'Restore a memory',
  description: 'Bring a forgotten memory back from the archive.',
  risk: 'write',
  input: z.object({ id }),
  output: z.object({ id: z.string(), text: z.string() }),
  slots: { id: 'id' },
  examples: [
    'restore mem_01k9x2',
    'bring back the memory mem_01k9x2',
    'unforget mem_01k9x2',
    'recover the forgotten note mem_01k9x2',
    'put mem_01k9x2 back into memory',
  ],
  run: (ctx, input) => {
    const { text, tainted } = ctx.memory.restore(input.id);
    told(ctx, [{ tainted }]);
    return { id: input.id, text };
  },
  verify: (ctx, input) => {
    const kept = ctx.memory.get(input.id);
    return [{ check: 'it can be found again', ok: kept !== undefined, found: kept?.text.slice(0, 200) ?? 'nothing' }];
  },
  undo: (input) => ({ tool: 'memory_forget', input: { id: input.id } }),
  summary: ({ text }) => `Restored: ${text.slice(0, 120)}`,
});

export const memoryStats = defineTool({
  name: 'memory_stats',
  title: 'Memory statistics',
  description: 'How many memories there are, by category, and the size of memory.db.',
  risk: 'read',
  input: z.object({}),
  output: z.object({ memories: z.number(), archived: z.number(), byCategory: z.record(z.string(), z.number()), bytes: z.number() }),
  examples: [
    'how many memories do you have',
    'how many notes are stored',
    'memory statistics',
    'how big is the memory database',
    'count my memories',
    'how much do you remember',
  ],
  run: (ctx) => ctx.memory.stats(),
  summary: ({ memories, archived }) => `${memories} memories, ${archived} archived.`,
});
