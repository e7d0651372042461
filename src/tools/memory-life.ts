import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';
import { id, isPerson, keptOf, told } from './memory-shapes.ts';

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

/** A namespace alone would be everything in it. */
const isSelective = ({ id, query, subject, source }: Selectors): boolean => [id, query, subject, source].some((one) => one !== undefined);

/** Those that are meant. Throws `not_found` where there is none. */
async function meant(ctx: ToolContext, { id, query, subject, source, namespace }: Selectors): Promise<z.output<typeof shortest>[]> {
  if (id !== undefined) {
    const kept = await ctx.memory.get(id);
    if (!kept)
      throw new ToolError('not_found', `No memory "${id.slice(0, 60)}".`, {
        hint: 'memory_list and memory_recall show the ids; query takes words in its place.',
      });
    return [kept];
  }
  const found = await ctx.memory.select({ words: query, subject, source, namespace }, mostForgotten);
  if (found.length > 0) return found;
  throw new ToolError('not_found', 'No memory fits.', {
    hint:
      subject === undefined ? 'memory_recall shows what there is.' : 'None was stored as about that subject; query finds it in the text.',
  });
}

export const memoryForget = defineTool({
  name: 'memory_forget',
  title: 'Forget memories',
  description: 'Put memories, by id, words, subject or source, into the archive, where nothing finds them. Undo brings them back.',
  risk: 'write',
  idempotent: false,
  input: z.object(selectors).refine(isSelective, 'It is not said what to forget: give id, query, subject or source'),
  output: z.object({ id: z.string(), text: z.string(), batch: z.string().describe('For memory_restore'), forgotten: z.array(shortest) }),
  slots: { query: 'theme', id: 'id' },
  examples: [
    'forget mem_01k9x2',
    'forget the memory mem_01k9x2',
    'delete memory mem_01k9x2',
    'remove the note mem_01k9x2',
    'erase mem_01k9x2 from memory',
    'drop that memory',
    'forget the wifi channel',
    'forget what I said about the printer',
    'forget everything about the old router',
  ],
  run: async (ctx, given) => {
    const batch = newId('fgt');
    const ids = (await meant(ctx, given)).map((one) => one.id);
    const kept = told(ctx, await ctx.memory.forget(ids, batch));
    const forgotten = kept.map(({ id, text }) => ({ id, text }));
    return { ...forgotten[0]!, batch, forgotten };
  },
  verify: async (ctx, _input, { forgotten }) => {
    const left = await keptOf(
      ctx,
      forgotten.map((one) => one.id),
    );
    return [{ check: 'no search finds it any more', ok: left.length === 0, found: left.slice(0, 20).join(', ') || 'nothing' }];
  },
  undo: (_input, { batch }) => ({ tool: 'memory_restore', input: { id: batch } }),
  dryRun: async (ctx, given) => (await meant(ctx, given)).map((one) => ({ action: 'delete', target: one.id, before: one.text })),
  summary: ({ forgotten, text }) =>
    forgotten.length === 1
      ? `Forgotten: ${text.slice(0, 120)}`
      : [`Forgotten: ${forgotten.length} memories.`, ...forgotten.slice(0, 20).map((one) => `- ${one.text.slice(0, 120)}`)].join('\n'),
});

export const memoryRestore = defineTool({
  name: 'memory_restore',
  title: 'Restore a memory',
  description: 'Bring memories back from the archive: by id, by batch, or all that went there unused.',
  risk: 'write',
  input: z.object({ id: id.describe('mem_…, fgt_…, or unused') }),
  output: z.object({ id: z.string(), text: z.string(), restored: z.array(z.string()) }),
  slots: { id: 'id' },
  examples: [
    'restore mem_01k9x2',
    'bring back the memory mem_01k9x2',
    'unforget mem_01k9x2',
    'recover the forgotten note mem_01k9x2',
    'put mem_01k9x2 back into memory',
  ],
  run: async (ctx, input) => {
    if (!isPerson(ctx)) throw new ToolError('denied', 'Only a person brings back what was forgotten.', { hint: 'Ask the owner.' });
    const restored = told(ctx, await ctx.memory.restore(input.id));
    return { id: restored[0]!.id, text: restored[0]!.text, restored: restored.map((one) => one.id) };
  },
  verify: async (ctx, _input, { restored }) => {
    const back = await keptOf(ctx, restored);
    return [{ check: 'it can be found again', ok: back.length === restored.length, found: back.slice(0, 20).join(', ') || 'nothing' }];
  },
  undo: (_input, output) => (output.restored.length === 1 ? { tool: 'memory_forget', input: { id: output.id } } : undefined),
  summary: ({ text, restored }) => (restored.length === 1 ? `Restored: ${text.slice(0, 120)}` : `Restored: ${restored.length} memories.`),
});

export const memoryPurge = defineTool({
  name: 'memory_purge',
  title: 'Erase memories for good',
  description:
    'Remove memories from the file: text, history, words and vectors. One by id, or all that were forgotten. It cannot be undone.',
  risk: 'destructive',
  input: z
    .object({ id: id.optional(), forgotten: z.boolean().default(false).describe('All that were forgotten') })
    .refine(({ id, forgotten }) => id !== undefined || forgotten, 'It is not said what to erase: give id, or forgotten: true'),
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
  run: async (ctx, { id }) => {
    if (id !== undefined && (await ctx.memory.get(id))) await ctx.memory.forget([id], newId('fgt'));
    return { purged: await ctx.memory.purge(id === undefined ? 'forgotten' : [id], ctx.signal) };
  },
  dryRun: async (ctx, { id }) => [
    { action: 'delete', target: id ?? 'all forgotten memories', before: id === undefined ? undefined : (await ctx.memory.get(id))?.text },
  ],
  summary: ({ purged }) => `Erased: ${purged}.`,
});
