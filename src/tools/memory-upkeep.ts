import { z } from 'zod';
import { defineTool } from '../core/tool.ts';
import { id, memory, momentOf, sourceOf, told } from './memory-shapes.ts';

const short = (text: string): string => text.slice(0, 200);

const changes = {
  text: z.string().min(1).max(8_000).optional(),
  tags: z.array(z.string().max(60)).max(20).optional(),
  subject: z.string().max(100).optional().describe('Empty: none'),
  confidence: z.number().min(0).max(1).optional(),
  pinned: z.boolean().optional().describe('Never archived'),
  validUntil: z.string().max(40).optional().describe('ISO 8601; empty: still true'),
};

export const memoryUpdate = defineTool({
  name: 'memory_update',
  title: 'Correct a memory',
  description: 'Change one memory, by id. The text before stays in its history.',
  risk: 'write',
  idempotent: true,
  input: z
    .object({ id, ...changes })
    .refine(
      ({ id: _id, ...given }) => Object.values(given).some((value) => value !== undefined),
      'It is not said what to change: give text, for one',
    ),
  output: z.object({ memory, before: z.object(changes) }),
  dataFields: ['text'],
  slots: { id: 'id', text: 'content' },
  words: { pinned: { true: ['pin', 'keep forever'], false: ['unpin'] } },
  examples: [
    'update mem_01k9x2 to "the NAS is at 10.0.0.9"',
    'correct the memory mem_01k9x2: "backups run at three"',
    'change memory mem_01k9x2 to "Anna moved to Bern"',
    'pin mem_01k9x2',
    'unpin the memory mem_01k9x2',
    'edit the note mem_01k9x2',
  ],
  run: async (ctx, { id, validUntil, ...given }) => {
    const origin = { source: sourceOf(ctx), tainted: ctx.taint.untrusted };
    const until = validUntil === undefined ? undefined : (momentOf(validUntil || undefined) ?? null);
    const { memory: changed, before } = await ctx.memory.update(
      id,
      { ...given, ...(until !== undefined && { validUntil: until }) },
      origin,
    );
    told(ctx, [changed]);
    const old: Record<string, unknown> = { ...before, subject: before.subject ?? '', validUntil: before.validUntil ?? '' };
    const names = Object.keys(changes).filter((name) =>
      name === 'validUntil' ? validUntil !== undefined : given[name as keyof typeof given] !== undefined,
    );
    return { memory: changed, before: Object.fromEntries(names.map((name) => [name, old[name]])) };
  },
  verify: async (ctx, { id, text }) => {
    const kept = await ctx.memory.get(id);
    const holds = kept !== undefined && (text === undefined || (await ctx.memory.holds(id, text)));
    return [{ check: 'memory.db holds the change', ok: holds, found: kept ? short(kept.text) : 'nothing' }];
  },
  undo: ({ id }, { before }) => ({ tool: 'memory_update', input: { id, ...before } }),
  dryRun: async (ctx, { id, text }) => [{ action: 'update', target: id, before: (await ctx.memory.get(id))?.text, after: text }],
  summary: (output) => `Changed: ${output.memory.text.slice(0, 120)}`,
});

export const memoryHistory = defineTool({
  name: 'memory_history',
  title: 'History of a memory',
  description: 'What one memory said before, newest first: from when until when it was believed, and who wrote it.',
  risk: 'read',
  input: z.object({ id, at: z.string().max(40).optional().describe('Only what was believed then, ISO 8601') }),
  output: z.object({
    items: z.array(
      z.object({ text: z.string(), source: z.string(), tainted: z.boolean(), from: z.string(), until: z.string().optional() }),
    ),
  }),
  slots: { id: 'id' },
  examples: [
    'history of mem_01k9x2',
    'earlier texts of mem_01k9x2',
    'how has the memory mem_01k9x2 changed',
    'show earlier versions of mem_01k9x2',
    'who changed the memory mem_01k9x2',
  ],
  run: async (ctx, { id, at }) => {
    const moment = momentOf(at);
    const revisions = told(ctx, await ctx.memory.history(id));
    const isThen = (from: string, until?: string): boolean =>
      Date.parse(from) <= moment! && (until === undefined || moment! < Date.parse(until));
    return { items: moment === undefined ? revisions : revisions.filter(({ from, until }) => isThen(from, until)) };
  },
  summary: ({ items }) =>
    items.map(({ from, until, text }) => `- ${from.slice(0, 10)} to ${until?.slice(0, 10) ?? 'now'}: ${text}`).join('\n') ||
    'Nothing was believed then.',
});

export const memoryMaintain = defineTool({
  name: 'memory_maintain',
  title: 'Look after memory',
  description:
    'Archive what was not used for 90 days and is not pinned, make facts and summaries of conversations, compute missing vectors, compare memories with their indexes.',
  risk: 'write',
  idempotent: true,
  input: z.object({
    check: z.boolean().default(false).describe('Only compare'),
    repair: z.boolean().default(true).describe('Write anew what does not agree'),
    model: z.boolean().default(true).describe('Have conversations read by the model of the role job, where one is set'),
  }),
  output: z.object({
    archived: z.number(),
    consolidated: z.number().describe('Made of conversations'),
    model: z.string().optional().describe('Which model has read them; absent: by rules'),
    notice: z.string().optional(),
    usage: z.object({ tokens: z.number() }).optional(),
    embedded: z.number(),
    withoutVector: z.number(),
    problems: z.array(z.string()),
    repaired: z.number(),
  }),
  words: { check: { true: ['check', 'verify', 'intact', 'consistent'] } },
  // A model may be asked.
  openWorld: true,
  timeoutMs: 300_000,
  examples: [
    'maintain memory',
    'clean up your memories',
    'check that memory is intact',
    'rebuild the memory index',
    'archive old memories',
    'is the memory database consistent',
    'consolidate the remembered conversations',
  ],
  run: async (ctx, { check, repair, model }) => {
    const asker = model ? ctx : undefined;
    const done = await ctx.memory.maintain({ onlyCheck: check, repair, embedMs: 40_000, asker, signal: ctx.signal });
    const tokens = ctx.models.spent(ctx.callId);
    return { ...done, ...(tokens > 0 && { usage: { tokens } }) };
  },
  verify: async (ctx, _input, { problems, repaired }) => {
    const { problems: left } = await ctx.memory.maintain({ onlyCheck: true, repair: false, embedMs: 0 });
    return [
      {
        check: 'memories and indexes agree',
        ok: left.length === 0,
        found: left.join('; ') || `${problems.length} problems, ${repaired} rows repaired`,
      },
    ];
  },
  summary: ({ archived, consolidated, model, notice, embedded, withoutVector, problems, repaired }) =>
    `${archived} archived, ${consolidated} made of conversations${model === undefined ? '' : ` by ${model}`}, ${embedded} embedded, ${withoutVector} without a vector; ${problems.join('; ') || 'indexes agree'}${repaired > 0 ? `, ${repaired} repaired` : ''}.${notice === undefined ? '' : ` ${notice}`}`,
});

export const memoryStats = defineTool({
  name: 'memory_stats',
  title: 'Memory statistics',
  description: 'How many memories there are, by category, and the size of memory.db.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    memories: z.number(),
    archived: z.number(),
    byCategory: z.record(z.string(), z.number()),
    byNamespace: z.record(z.string(), z.number()),
    bytes: z.number(),
    embeddings: z.string().describe('The model that memory is searched by meaning with, or none'),
    withoutVector: z.number().describe('Found by words only so far'),
  }),
  examples: [
    'how many memories do you have',
    'how many notes are stored',
    'memory statistics',
    'how big is the memory database',
    'count my memories',
    'how much do you remember',
  ],
  run: (ctx) => ctx.memory.stats(),
  summary: ({ memories, archived, byCategory, bytes, embeddings, withoutVector }) => {
    const kinds = Object.entries(byCategory).map(([category, count]) => `${count} ${category}`);
    const meaning = embeddings === 'none' ? 'found by words only' : `${memories - withoutVector} of them found by meaning`;
    return `${memories} memories${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}, ${meaning}; ${archived} archived; ${Math.ceil(bytes / 1_024)} KiB.`;
  },
});
