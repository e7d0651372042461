import { z } from 'zod';
import { defineTool } from '../core/tool.ts';
import { categories, keptOf, sourceOf } from './memory-shapes.ts';

const file = z.string().min(1).max(4_096);

const isMarkdown = (path: string): boolean => /\.(?:md|markdown)$/i.test(path);

/** What a file is: Markdown by its name, the knowledge-graph server's by its first line, else ours. */
const formatOf = (path: string, text: string): 'jsonl' | 'markdown' | 'server-memory' =>
  isMarkdown(path) ? 'markdown' : /^\s*\{\s*"type"\s*:\s*"(?:entity|relation)"/.test(text) ? 'server-memory' : 'jsonl';

export const memoryContext = defineTool({
  name: 'memory_context',
  title: 'Memories for a request',
  description:
    'What is remembered that matters for a request, as a short text with sources to put before a model. What came from outside is marked.',
  risk: 'read',
  input: z.object({
    request: z.string().min(1).max(4_000),
    namespace: z.string().max(100).optional().describe('The project'),
    maxTokens: z.number().int().min(50).max(2_000).default(600),
    ownWord: z.boolean().default(false).describe('Nothing that came from outside'),
  }),
  output: z.object({
    text: z.string(),
    tokens: z.number(),
    items: z.array(z.object({ id: z.string(), source: z.string(), tainted: z.boolean() })),
    search: z.enum(['hybrid', 'full_text']),
    notice: z.string().optional(),
  }),
  slots: { request: 'sentence' },
  examples: [
    'background on the backups before I start',
    'give me the context for a change of the router',
    'which memories matter for moving the NAS',
    'prepare context about the printer',
    'background from memory for the next task',
  ],
  run: async (ctx, { request, ...wanted }) => {
    const found = await ctx.memory.context({ request: request.slice(0, 1_000), ...wanted }, ctx.signal);
    if (found.items.some(({ tainted }) => tainted)) ctx.touched({ readsUntrusted: true });
    return found;
  },
  summary: ({ text }) => text || 'Nothing is remembered about that.',
});

export const memoryImport = defineTool({
  name: 'memory_import',
  title: 'Import memories',
  description:
    'Read memories from a file: JSONL or Markdown as memory_export writes them, or the file of the knowledge-graph server (server-memory). What was forgotten stays so.',
  risk: 'write',
  idempotent: true,
  effects: { readsPrivate: true },
  input: z.object({
    path: file,
    from: z.enum(['jsonl', 'markdown', 'server-memory']).optional().describe('By its name and content where not given'),
    namespace: z.string().max(100).default('default').describe('For memories that name none'),
  }),
  output: z.object({
    created: z.number(),
    updated: z.number(),
    known: z.number(),
    forgotten: z.number().describe('Left out: forgotten before'),
    unreadable: z.number().describe('Lines left out'),
    ids: z.array(z.string()).describe('The first that were created'),
  }),
  paths: ['path'],
  slots: { path: 'path' },
  words: { from: { markdown: ['markdown', 'md'], 'server-memory': ['server-memory', 'knowledge graph', 'memory server'] } },
  timeoutMs: 600_000,
  examples: [
    'import memories from memories.jsonl',
    'import my knowledge graph',
    'import the memories of the memory server',
    'take over exported memories',
    'bring my memories over from the old server',
  ],
  run: async (ctx, { path, from, namespace }) => {
    const { text, ...found } = await ctx.files.read(path, { firstLine: 1, lines: 10_000_000 });
    const isOutside = ctx.taint.untrusted || ctx.origins.isTainted(found);
    if (isOutside) ctx.touched({ readsUntrusted: true });
    const format = from ?? formatOf(path, text);
    return ctx.memory.import({
      text,
      format,
      namespace,
      source: `${sourceOf(ctx)} from ${format}`,
      tainted: isOutside,
      writeKey: ctx.key,
    });
  },
  verify: async (ctx, _input, { ids }) => {
    const there = await keptOf(ctx, ids);
    return [{ check: 'what was imported is there', ok: there.length === ids.length, found: `${there.length} of ${ids.length} looked at` }];
  },
  summary: ({ created, updated, known, forgotten, unreadable }) =>
    `${created} imported, ${updated} updated, ${known} known already, ${forgotten} left out because they were forgotten, ${unreadable} unreadable.`,
});

export const memoryExport = defineTool({
  name: 'memory_export',
  title: 'Export memories',
  description: 'Write all memories, or those of a namespace or category, to a file: JSONL keeps everything, Markdown is for people.',
  risk: 'write',
  idempotent: true,
  effects: { readsPrivate: true },
  input: z.object({
    path: file,
    format: z.enum(['jsonl', 'markdown']).optional().describe('By the name of the file where not given'),
    namespace: z.string().max(100).optional(),
    category: z.enum(categories).optional(),
  }),
  output: z.object({ path: z.string(), sha256: z.string(), backup: z.string().optional(), memories: z.number() }),
  writes: ({ path }) => [path],
  paths: ['path'],
  slots: { path: 'path' },
  words: { format: { markdown: ['markdown', 'md', 'readable'] } },
  timeoutMs: 600_000,
  examples: [
    'export my memories to memories.jsonl',
    'export all memories',
    'save memory as markdown',
    'back up your memories',
    'dump all memories',
  ],
  run: async (ctx, { path, format = isMarkdown(path) ? 'markdown' : 'jsonl', namespace, category }) => {
    const { text, memories, tainted } = await ctx.memory.export({ format, namespace, category });
    if (tainted) ctx.origins.suspect(await ctx.files.real(path));
    const written = await ctx.files.write(ctx.led(path), { text, mode: 'overwrite' });
    ctx.origins.written(written, tainted || ctx.taint.untrusted);
    return { path: written.path, sha256: written.sha256, backup: written.backup, memories };
  },
  verify: async (ctx, _input, { path, sha256 }) => {
    const found = await ctx.files.digest(path);
    return [
      {
        check: `${path} holds the memories`,
        ok: found === sha256,
        found: found === undefined ? 'no file' : `sha256 ${found.slice(0, 12)}…`,
      },
    ];
  },
  undo: (_input, { path, sha256, backup }) =>
    backup === undefined
      ? { tool: 'file_delete', input: { path, expectedHash: sha256 } }
      : { tool: 'file_restore', input: { path, backup, expectedHash: sha256 } },
  summary: ({ memories, path }) => `${memories} memories are in ${path}.`,
});
