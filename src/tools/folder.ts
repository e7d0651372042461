import { z } from 'zod';
import { defineTool } from '../core/tool.ts';

const folder = z.string().min(1).max(4_096);

export const folderCreate = defineTool({
  name: 'folder_create',
  title: 'Make a folder',
  description: 'Make a folder, and those above it, inside the allowed folders.',
  risk: 'write',
  idempotent: true,
  writes: ({ path }) => [path],
  input: z.object({ path: folder }),
  output: z.object({ path: z.string(), created: z.boolean() }),
  paths: ['path'],
  slots: { path: 'newFolder' },
  examples: [
    'make a folder called 2024 in /srv/logs',
    'create the folder ~/backups',
    'make a new directory /tmp/work',
    'mkdir archive',
    'I need a folder named photos in ~/media',
    'add a directory called old',
  ],
  run: (ctx, { path }) => ctx.files.makeFolder(ctx.led(path)),
  verify: async (ctx, _input, { path }) => {
    const kind = await ctx.files.kind(path);
    return [{ check: `${path} is a folder`, ok: kind === 'folder', found: kind ?? 'nothing' }];
  },
  undo: (_input, { path, created }) => (created ? { tool: 'folder_remove', input: { path } } : undefined),
  dryRun: (_ctx, { path }) => [{ action: 'create', target: path }],
  summary: ({ path, created }) => (created ? `Made the folder ${path}.` : `${path} was there already.`),
});

export const folderRemove = defineTool({
  name: 'folder_remove',
  title: 'Remove an empty folder',
  description: 'Remove a folder that holds nothing any more.',
  risk: 'write',
  writes: ({ path }) => [path],
  input: z.object({ path: folder }),
  output: z.object({ path: z.string() }),
  paths: ['path'],
  slots: { path: 'folder' },
  examples: [
    'remove the empty folder /tmp/work',
    'delete the directory ~/old if nothing is in it',
    'rmdir /tmp/empty',
    'get rid of the empty folder archive',
    'take away the empty directory photos',
  ],
  run: async (ctx, { path }) => ({ path: await ctx.files.removeFolder(ctx.led(path)) }),
  verify: async (ctx, _input, { path }) => {
    const kind = await ctx.files.kind(path);
    return [{ check: `${path} is gone`, ok: kind === undefined, found: kind ?? 'nothing' }];
  },
  undo: (_input, { path }) => ({ tool: 'folder_create', input: { path } }),
  dryRun: (_ctx, { path }) => [{ action: 'delete', target: path }],
  summary: ({ path }) => `Removed the folder ${path}.`,
});
