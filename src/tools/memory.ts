import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { offsetAfter, offsetOf, page, pageOf, paging, strangeCursor } from '../core/paging.ts';
import { leastScore } from '../core/text-search.ts';
import { defineTool } from '../core/tool.ts';
import { categories, categoryWords, filterIn, filters, id, isPerson, memory, momentOf, sourceOf, told } from './memory-shapes.ts';

// Why it was found comes before what else is known of it: a narrow terminal shows the first columns.
const { id: memoryId, text, ...known } = memory.shape;
const recalled = z.object({ id: memoryId, text, score: z.number(), why: z.string(), ...known });

/** The cursor of a recall: how many came before, and by which vectors they were ranked. */
function placeOf(cursor: string | undefined): { offset: number; asOf?: number } {
  if (cursor === undefined) return { offset: 0 };
  const [, offset, asOf] = /^(\d{1,9})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (asOf === undefined) throw strangeCursor();
  return { offset: Number(offset), asOf: Number(asOf) };
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
    subject: z.string().max(100).optional().describe('Whom or what it is about'),
    thread: z.string().max(200).optional().describe('The conversation it is a turn of'),
    validFrom: z.string().max(40).optional().describe('ISO 8601'),
    validUntil: z.string().max(40).optional(),
    confidence: z.number().min(0).max(1).optional(),
    pinned: z.boolean().optional().describe('Never archived'),
  }),
  output: z.object({ id: z.string(), change: z.enum(['created', 'updated', 'merged']), previousText: z.string().optional() }),
  dataFields: ['text'],
  // What it keeps is marked, and kept apart from the owner's word.
  keepsTaint: () => true,
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
  run: async (ctx, { validFrom, validUntil, ...given }) => {
    const {
      memory: kept,
      change,
      previousText,
    } = await ctx.memory.remember({
      ...given,
      validFrom: momentOf(validFrom),
      validUntil: momentOf(validUntil),
      source: sourceOf(ctx),
      tainted: ctx.taint.untrusted,
      writeKey: ctx.key,
      mayRevive: isPerson(ctx),
    });
    return { id: kept.id, change, ...(previousText !== undefined && { previousText }) };
  },
  verify: async (ctx, { text }, output) => {
    const kept = await ctx.memory.get(output.id);
    return [
      {
        check: 'memory.db holds the text',
        ok: await ctx.memory.holds(output.id, text),
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
  output: pageOf(recalled).extend({
    asOf: z.number().describe('Part of the cursor'),
    search: z.enum(['hybrid', 'full_text']).describe('full_text: by words only'),
    notice: z.string().optional(),
  }),
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
  cursorAfter: (count, { input, output }) => `${placeOf(input.cursor).offset + count}.${output.asOf}`,
  run: async (ctx, { query, limit, cursor, ...filter }) => {
    const { offset, asOf } = placeOf(cursor);
    const { hasMore, ...found } = await ctx.memory.recall({ query, ...filterIn(filter), limit, offset, asOf }, ctx.signal);
    told(ctx, found.items);
    return hasMore ? { ...found, nextCursor: `${offset + limit}.${found.asOf}` } : found;
  },
  summary: ({ items, search }) => {
    const near = search === 'hybrid' ? items.filter(({ score }) => score >= leastScore) : items;
    return near.map((item) => `- ${item.text}`).join('\n') || 'Nothing is remembered about that.';
  },
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
  run: async (ctx, { limit, cursor, ...filter }) => {
    const found = await ctx.memory.list({ ...filterIn(filter), limit: limit + 1, offset: offsetOf(cursor) });
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
  run: async (ctx, input) => {
    const kept = await ctx.memory.get(input.id);
    if (!kept) throw new ToolError('not_found', `No memory "${input.id}".`, { hint: 'memory_list and memory_recall show the ids.' });
    told(ctx, [kept]);
    return kept;
  },
  summary: ({ text }) => text,
});

export const memoryGet = defineTool({
  ...memoryShow,
  name: 'memory_get',
  title: 'Get one memory',
  description: 'One memory, by id. The same as memory_show.',
  examples: [
    'get mem_01k9x2',
    'get the memory mem_01k9x2',
    'fetch memory mem_01k9x2',
    'give me the memory with the id mem_01k9x2',
    'read memory mem_01k9x2',
  ],
});
