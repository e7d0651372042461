import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';
import { id, isPerson, memory, momentOf, sourceOf, told } from './memory-shapes.ts';

const short = (text: string): string => text.slice(0, 200);
const shortest = z.object({ id: z.string(), text: z.string() });
const mostForgotten = 500;

const selectors = {
  id: id.optional(),
  query: z.string().min(1).max(500).optional().describe('All whose text has every one of these words'),
  subject: z.string().min(1).max(100).optional(),
  source: z.string().min(1).max(200).optional().describe('The beginning of the source'),
  namespace: z.string().max(100).optional(),
};
type Selectors = z.output<z.ZodObject<typeof selectors>>;

/** Those that are meant. Throws `invalid_input` where nothing but a namespace is named, `not_found` where there is none. */
function meant(ctx: ToolContext, { id, query, subject, source, namespace }: Selectors): z.output<typeof shortest>[] {
  if (id !== undefined) {
    const kept = ctx.memory.get(id);
    if (!kept) throw new ToolError('not_found', `No memory "${id.slice(0, 60)}".`, { hint: 'memory_list and memory_recall show the ids.' });
    return [kept];
  }
  if (query === undefined && subject === undefined && source === undefined) {
    throw new ToolError('invalid_input', 'It is not said what to forget.', { hint: 'Give id, query, subject or source.' });
  }
  const found = ctx.memory.select({ words: query, subject, source, namespace }, mostForgotten);
  if (found.length > 0) return found;
  throw new ToolError('not_found', 'No memory fits.', { hint: 'memory_recall shows what there is.' });
}

export const memoryForget = defineTool({
  name: 'memory_forget',
  title: 'Forget memories',
  description: 'Put memories, by id, words, subject or source, into the archive, where nothing finds them. Undo brings them back.',
  risk: 'write',
  idempotent: false,
  input: z.object(selectors),
  output: z.object({ id: z.string(), text: z.string(), batch: z.string().describe('For memory_restore'), forgotten: z.array(shortest) }),
  slots: { id: 'id' },
  examples: [
    'forget mem_01k9x2',
    'forget the memory mem_01k9x2',
    'delete memory mem_01k9x2',
    'remove the note mem_01k9x2',
    'erase mem_01k9x2 from memory',
    'drop that memory',
  ],
  run: (ctx, given) => {
    const batch = newId('fgt');
    const kept = told(
      ctx,
      ctx.memory.forget(
        meant(ctx, given).map((one) => one.id),
        batch,
      ),
    );
    const forgotten = kept.map(({ id, text }) => ({ id, text }));
    return { ...forgotten[0]!, batch, forgotten };
  },
  verify: (ctx, _input, { forgotten }) => {
    const left = forgotten.filter((one) => ctx.memory.get(one.id) !== undefined);
    return [
      { check: 'no search finds it any more', ok: left.length === 0, found: left.map(({ text }) => short(text)).join('; ') || 'nothing' },
    ];
  },
  undo: (_input, { batch }) => ({ tool: 'memory_restore', input: { id: batch } }),
  dryRun: (ctx, given) => meant(ctx, given).map((one) => ({ action: 'delete', target: one.id, before: one.text })),
  summary: ({ forgotten, text }) =>
    forgotten.length === 1 ? `Forgotten: ${text.slice(0, 120)}` : `Forgotten: ${forgotten.length} memories.`,
});

export const memoryRestore = defineTool({
  name: 'memory_restore',
  title: 'Restore a memory',
  description: 'Bring forgotten memories, by id or batch, back from the archive.',
  risk: 'write',
  input: z.object({ id: id.describe('mem_… or fgt_…') }),
  output: z.object({ id: z.string(), text: z.string(), restored: z.array(z.string()) }),
  slots: { id: 'id' },
  examples: [
    'restore mem_01k9x2',
    'bring back the memory mem_01k9x2',
    'unforget mem_01k9x2',
    'recover the forgotten note mem_01k9x2',
    'put mem_01k9x2 back into memory',
  ],
  run: (ctx, input) => {
    if (!isPerson(ctx)) throw new ToolError('denied', 'Only a person brings back what was forgotten.', { hint: 'Ask the owner.' });
    const restored = told(ctx, ctx.memory.restore(input.id));
    return { id: restored[0]!.id, text: restored[0]!.text, restored: restored.map((one) => one.id) };
  },
  verify: (ctx, _input, { restored }) => {
    const back = restored.filter((one) => ctx.memory.get(one) !== undefined);
    return [{ check: 'it can be found again', ok: back.length === restored.length, found: back.slice(0, 20).join(', ') || 'nothing' }];
  },
  undo: (_input, output) => (output.restored.length === 1 ? { tool: 'memory_forget', input: { id: output.id } } : undefined),
  summary: ({ text, restored }) => (restored.length === 1 ? `Restored: ${text.slice(0, 120)}` : `Restored: ${restored.length} memories.`),
});

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
  input: z.object({ id, ...changes }),
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
  run: (ctx, { id, validUntil, ...given }) => {
    const origin = { source: sourceOf(ctx), tainted: ctx.taint.untrusted };
    const until = validUntil === undefined ? undefined : (momentOf(validUntil || undefined) ?? null);
    const { memory: changed, before } = ctx.memory.update(id, { ...given, ...(until !== undefined && { validUntil: until }) }, origin);
    told(ctx, [changed]);
    const old: Record<string, unknown> = { ...before, subject: before.subject ?? '', validUntil: before.validUntil ?? '' };
    const names = Object.keys(changes).filter((name) =>
      name === 'validUntil' ? validUntil !== undefined : given[name as keyof typeof given] !== undefined,
    );
    return { memory: changed, before: Object.fromEntries(names.map((name) => [name, old[name]])) };
  },
  verify: (ctx, { id, text }) => {
    const kept = ctx.memory.get(id);
    const holds = kept !== undefined && (text === undefined || ctx.memory.holds(id, text));
    return [{ check: 'memory.db holds the change', ok: holds, found: kept ? short(kept.text) : 'nothing' }];
  },
  undo: ({ id }, { before }) => ({ tool: 'memory_update', input: { id, ...before } }),
  dryRun: (ctx, { id, text }) => [{ action: 'update', target: id, before: ctx.memory.get(id)?.text, after: text }],
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
  run: (ctx, { id, at }) => {
    const moment = momentOf(at);
    const revisions = told(ctx, ctx.memory.history(id));
    const isThen = (from: string, until?: string): boolean =>
      Date.parse(from) <= moment! && (until === undefined || moment! < Date.parse(until));
    return { items: moment === undefined ? revisions : revisions.filter(({ from, until }) => isThen(from, until)) };
  },
  summary: ({ items }) =>
    items.map(({ from, until, text }) => `- ${from.slice(0, 10)} to ${until?.slice(0, 10) ?? 'now'}: ${text}`).join('\n') ||
    'Nothing was believed then.',
});

export const memoryPurge = defineTool({
  name: 'memory_purge',
  title: 'Erase memories for good',
  description:
    'Remove memories from the file: text, history, words and vectors. One by id, or all that were forgotten. It cannot be undone.',
  risk: 'destructive',
  input: z.object({ id: id.optional(), forgotten: z.boolean().default(false).describe('All that were forgotten') }),
  output: z.object({ purged: z.number() }),
  slots: { id: 'id' },
  words: { forgotten: { true: ['forgotten', 'everything you forgot', 'all forgotten'] } },
  timeoutMs: 600_000,
  examples: [
    'purge mem_01k9x2',
    'erase mem_01k9x2 for good',
    'permanently delete the memory mem_01k9x2',
    'purge all forgotten memories',
    'really delete everything you forgot',
    'wipe mem_01k9x2 from the memory file',
  ],
  run: (ctx, { id, forgotten }) => {
    if (id === undefined && !forgotten)
      throw new ToolError('invalid_input', 'It is not said what to erase.', { hint: 'Give id, or forgotten: true.' });
    if (id !== undefined && ctx.memory.get(id)) ctx.memory.forget([id], newId('fgt'));
    return { purged: ctx.memory.purge(id === undefined ? 'forgotten' : [id]) };
  },
  dryRun: (ctx, { id }) => [
    { action: 'delete', target: id ?? 'all forgotten memories', before: id === undefined ? undefined : ctx.memory.get(id)?.text },
  ],
  summary: ({ purged }) => `Erased: ${purged}.`,
});

export const memoryMaintain = defineTool({
  name: 'memory_maintain',
  title: 'Look after memory',
  description: 'Archive what was not used for 90 days and is not pinned, compute missing vectors, compare memories with their indexes.',
  risk: 'write',
  idempotent: true,
  input: z.object({
    check: z.boolean().default(false).describe('Only compare'),
    repair: z.boolean().default(true).describe('Write anew what does not agree'),
  }),
  output: z.object({
    archived: z.number(),
    embedded: z.number(),
    withoutVector: z.number(),
    problems: z.array(z.string()),
    repaired: z.number(),
  }),
  words: { check: { true: ['check', 'verify', 'intact', 'consistent'] } },
  timeoutMs: 60_000,
  examples: [
    'maintain memory',
    'clean up your memories',
    'check that memory is intact',
    'rebuild the memory index',
    'archive old memories',
    'is the memory database consistent',
  ],
  run: (ctx, { check, repair }) => ctx.memory.maintain({ onlyCheck: check, repair, embedMs: 40_000, signal: ctx.signal }),
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
  summary: ({ archived, embedded, withoutVector, problems, repaired }) =>
    `${archived} archived, ${embedded} embedded, ${withoutVector} without a vector; ${problems.join('; ') || 'indexes agree'}${repaired > 0 ? `, ${repaired} repaired` : ''}.`,
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
  summary: ({ memories, archived }) => `${memories} memories, ${archived} archived.`,
});
