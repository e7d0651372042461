import { z } from 'zod';
import { carriesMark, markReason } from '../core/redaction/mark.ts';
import { defineTool, type Change, type Evidence, type ToolContext } from '../core/tool.ts';
import { landing } from '../core/trusted-path.ts';

const file = z.string().min(1).max(4_096);
const change = z.object({ path: z.string(), sha256: z.string(), backup: z.string().optional(), created: z.boolean() });

async function holds(ctx: ToolContext, target: string, expected: string | undefined): Promise<Evidence[]> {
  const found = await ctx.files.digest(target);
  const check = expected === undefined ? `${target} is gone` : `${target} holds the content`;
  return [{ check, ok: found === expected, found: found === undefined ? 'no file' : `sha256 ${found.slice(0, 12)}…` }];
}

/** Others may have added to the file since; what was added is there all the same. */
async function holdsText(ctx: ToolContext, target: string, text: string): Promise<Evidence[]> {
  const { text: end } = await ctx.files.read(target, { firstLine: 1, lines: 10_000, fromEnd: true });
  const ok = end.includes(text.replace(/\n$/, ''));
  return [{ check: `${target} holds the text`, ok, found: ok ? 'it does' : 'it does not, in its last 10,000 lines' }];
}

const undoOf = (output: z.output<typeof change>): { tool: string; input: unknown } =>
  output.backup === undefined
    ? { tool: 'file_delete', input: { path: output.path, expectedHash: output.sha256 } }
    : { tool: 'file_restore', input: { path: output.path, backup: output.backup, expectedHash: output.sha256 } };

export const fileWrite = defineTool({
  name: 'file_write',
  title: 'Write a file',
  description: 'Create a text file, overwrite it or append to it. What was there before is kept for undo.',
  risk: 'write',
  writes: ({ path }) => [path],
  input: z.object({
    path: file,
    text: z.string().max(5_000_000),
    mode: z.enum(['create', 'overwrite', 'append', 'line']).default('create').describe('line: append as lines of its own'),
  }),
  output: change,
  dataFields: ['text'],
  forbid: ({ text }) => (carriesMark(text) ? markReason('The text') : undefined),
  paths: ['path'],
  slots: { path: 'path', text: 'document' },
  words: { mode: { line: ['append', 'add', 'bottom', 'end'], overwrite: ['overwrite', 'replace'] } },
  examples: [
    'write "hello" to /tmp/hello.txt',
    'create a file notes.txt with the text: buy milk',
    'save the result to ~/report.txt',
    'append "done" to log.txt',
    'put the output into /tmp/out.txt',
    'overwrite config.ini with "debug=1"',
    'make a new file todo.md containing "call Anna"',
    'store that in a file called status.txt',
    'add a line "finished" to ~/journal.md',
    'add "buy milk" at the bottom of todo.md',
    'save it as notes.txt',
    'write it to disk as summary.txt',
  ],
  run: async (ctx, { path, text, mode }) => {
    const { untrusted } = ctx.taint;
    if (untrusted) ctx.origins.suspect(await ctx.files.real(path));
    const written = await ctx.files.write(ctx.led(path), { text, mode });
    const isAdded = mode === 'append' || mode === 'line';
    ctx.origins.written(written, untrusted || (isAdded && ctx.origins.isTainted({ path: written.path })));
    return written;
  },
  verify: async (ctx, { text, mode }, output) => {
    const whole = await holds(ctx, output.path, output.sha256);
    return whole[0]!.ok || mode === 'create' || mode === 'overwrite' ? whole : holdsText(ctx, output.path, text);
  },
  undo: (_input, output) => undoOf(output),
  dryRun: async (ctx, { path, text, mode }): Promise<Change[]> => {
    const before = await ctx.files.digest(path);
    return [{ action: before === undefined ? 'create' : 'update', target: path, after: `${mode}: ${text.slice(0, 2_000)}` }];
  },
  summary: ({ path, created }) => `${created ? 'Created' : 'Wrote'} ${path}.`,
});

export const fileEdit = defineTool({
  name: 'file_edit',
  title: 'Replace text in a file',
  description: 'Put one text in the place of another, everywhere in a file. What was there before is kept for undo.',
  risk: 'write',
  quotes: ['find'],
  writes: ({ path }) => [path],
  input: z.object({ path: file, find: z.string().min(1).max(100_000), replace: z.string().max(100_000) }),
  output: change.extend({ replaced: z.number() }),
  dataFields: ['replace'],
  forbid: ({ replace }) => (carriesMark(replace) ? markReason('The text') : undefined),
  paths: ['path'],
  slots: { path: 'path', find: 'find', replace: 'replacement' },
  examples: [
    'replace "8080" with "9090" in config.yaml',
    'change "debug" to "info" in /etc/app.conf',
    'in notes.txt replace Anna by Berta',
    'swap "http:" for "https:" in links.md',
    'change the value of port to 9090 in config.yaml',
    'correct "teh" to "the" in draft.md',
  ],
  run: async (ctx, { path, find, replace }) => {
    const { untrusted } = ctx.taint;
    if (untrusted) ctx.origins.suspect(await ctx.files.real(path));
    const edited = await ctx.files.edit(ctx.led(path), { find, replace });
    ctx.origins.written(edited, untrusted || ctx.origins.isTainted({ path: edited.path }));
    return edited;
  },
  verify: (ctx, _input, output) => holds(ctx, output.path, output.sha256),
  undo: (_input, output) => undoOf(output),
  dryRun: async (ctx, { path, find, replace }): Promise<Change[]> => {
    const { items } = await ctx.files.search(path, { text: find, ignoreCase: false, pattern: '*', limit: 20, signal: ctx.signal });
    return items.map(({ line, text }) => ({
      action: 'update',
      target: `${path}:${line}`,
      before: text,
      after: text.replaceAll(find, replace),
    }));
  },
  summary: ({ path, replaced }) => `Replaced ${replaced} ${replaced === 1 ? 'place' : 'places'} in ${path}.`,
});

export const fileMove = defineTool({
  name: 'file_move',
  title: 'Move a file',
  description: 'Move or rename a file or folder; a slash at the end of `to` means into that folder. Never overwrites.',
  risk: 'write',
  writes: ({ from, to }) => [`${from}/`, `${landing(from, to)}/`],
  input: z.object({ from: file, to: file }),
  output: change.extend({ from: z.string() }),
  paths: ['from', 'to'],
  slots: { from: 'path', to: 'destination' },
  examples: [
    'move a.txt to b.txt',
    'rename report.md to report-old.md',
    'move /tmp/x.log into ~/logs',
    'put the file photo.jpg into the folder pictures',
    'mv notes.txt archive/notes.txt',
    'change the name of draft.txt to final.txt',
  ],
  run: async (ctx, { from, to }) => {
    const moved = await ctx.files.move(ctx.led(from), ctx.led(to));
    ctx.origins.moved(moved.from, moved.path);
    return moved;
  },
  verify: async (ctx, _input, output) => {
    if (output.sha256 === '') {
      const { items } = await ctx.files.list(output.path, { pattern: '*', sortBy: 'name', limit: 1, offset: 0 });
      return [{ check: `${output.path} is there`, ok: true, found: `a folder, ${items.length > 0 ? 'not empty' : 'empty'}` }];
    }
    return [...(await holds(ctx, output.path, output.sha256)), ...(await holds(ctx, output.from, undefined))];
  },
  undo: (_input, output) => ({ tool: 'file_move', input: { from: output.path, to: output.from } }),
  dryRun: (_ctx, { from, to }) => [{ action: 'update', target: from, before: from, after: to }],
  summary: ({ from, path }) => `Moved ${from} to ${path}.`,
});

export const fileCopy = defineTool({
  name: 'file_copy',
  title: 'Copy a file',
  description: 'Copy a file; a slash at the end of `to` means into that folder. Overwrites only if told to.',
  risk: 'write',
  writes: ({ from, to }) => [landing(from, to)],
  input: z.object({ from: file, to: file, overwrite: z.boolean().default(false) }),
  output: change,
  paths: ['from', 'to'],
  slots: { from: 'path', to: 'destination' },
  words: { overwrite: { true: ['overwrite', 'replacing', 'replace'] } },
  examples: [
    'copy a.txt to b.txt',
    'make a copy of config.yaml as config.bak',
    'make a backup of nginx.conf called nginx.conf.bak',
    'duplicate notes.txt',
    'cp /tmp/a.log ~/logs/a.log',
    'back up the file app.conf to app.conf.bak',
    'copy report.pdf into the folder archive',
  ],
  run: async (ctx, { from, to, overwrite }) => {
    const source = await ctx.files.real(from);
    const copied = await ctx.files.copy(ctx.led(from), ctx.led(to), overwrite);
    ctx.origins.written(copied, ctx.origins.isTainted({ path: source, sha256: copied.sha256 }));
    return copied;
  },
  verify: (ctx, _input, output) => holds(ctx, output.path, output.sha256),
  undo: (_input, output) => undoOf(output),
  dryRun: (_ctx, { from, to }) => [{ action: 'create', target: to, after: `a copy of ${from}` }],
  summary: ({ path }) => `Copied to ${path}.`,
});

const expectedHash = z.string().optional().describe('SHA-256 it must still have');

export const fileDelete = defineTool({
  name: 'file_delete',
  title: 'Delete a file',
  description: 'Delete a file; its content is kept for undo.',
  risk: 'destructive',
  writes: ({ path }) => [path],
  input: z.object({ path: file, expectedHash }),
  output: change,
  paths: ['path'],
  slots: { path: 'path' },
  examples: [
    'delete /tmp/old.txt',
    'remove the file notes.txt',
    'erase report.pdf',
    'get rid of ~/tmp/junk.log',
    'rm draft.md',
    'throw away backup.tar',
  ],
  run: async (ctx, { path, expectedHash: expected }) => {
    const deleted = await ctx.files.delete(ctx.led(path), expected);
    ctx.origins.deleted(deleted.path);
    return deleted;
  },
  verify: (ctx, _input, output) => holds(ctx, output.path, undefined),
  undo: (_input, output) => ({ tool: 'file_restore', input: { path: output.path, backup: output.backup } }),
  dryRun: (_ctx, { path }) => [{ action: 'delete', target: path }],
  summary: ({ path }) => `Deleted ${path}.`,
});

export const fileRestore = defineTool({
  name: 'file_restore',
  title: 'Restore a file',
  description: 'Bring back what a file held before it was overwritten or deleted.',
  risk: 'write',
  writes: ({ path }) => [path],
  input: z.object({ path: file, backup: z.string().describe('bak_…, from the call that changed it'), expectedHash }),
  output: change,
  paths: ['path'],
  slots: { path: 'path', backup: 'id' },
  examples: [
    'restore notes.txt from bak_01k9x2',
    'bring back the old version of config.yaml from bak_01k9x2',
    'recover the file report.md from backup bak_01k9x2',
    'put the earlier content of a.txt back from bak_01k9x2',
    'get the deleted file b.txt back from bak_01k9x2',
  ],
  run: async (ctx, { path, backup, expectedHash: expected }) => {
    const restored = await ctx.files.restore(ctx.led(path), { backup, expected });
    ctx.origins.written(restored, ctx.origins.isTaintedContent(restored.sha256));
    return restored;
  },
  verify: (ctx, _input, output) => holds(ctx, output.path, output.sha256),
  undo: (_input, output) => undoOf(output),
  dryRun: (_ctx, { path, backup }) => [{ action: 'update', target: path, after: `the content of ${backup}` }],
  summary: ({ path }) => `Restored ${path}.`,
});
