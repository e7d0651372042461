import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { ToolError } from '../../core/errors.ts';
import { wholeFile, type ChangedFile } from './diff.ts';

const mostFiles = 5_000;
const mostBytes = 1_000_000;
/** What is made or fetched by tools, and not written by anyone here. */
const passedOver = new Set([
  '.git',
  'node_modules',
  'dist',
  'build',
  'vendor',
  'target',
  'coverage',
  '__pycache__',
  '.venv',
  'venv',
  '.tox',
  '.next',
]);

/** Files as if all their lines were new: those named, or all below the folder. Links are not followed: they may lead out. */
export async function filesOf(folder: string, named: string[] | undefined, signal: AbortSignal): Promise<ChangedFile[]> {
  const found: ChangedFile[] = [];
  for await (const file of named ?? below(folder, '')) {
    signal.throwIfAborted();
    if (found.length >= mostFiles)
      throw new ToolError('too_large', `There are more than ${mostFiles} files.`, { hint: 'Name a smaller folder.' });
    const one = await looked(folder, file);
    if (one) found.push(one);
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function* below(folder: string, prefix: string): AsyncGenerator<string> {
  for await (const entry of await opendir(path.join(folder, prefix))) {
    const name = path.join(prefix, entry.name);
    if (entry.isFile()) yield name;
    else if (entry.isDirectory() && !passedOver.has(entry.name)) yield* below(folder, name);
  }
}

async function looked(folder: string, file: string): Promise<ChangedFile | undefined> {
  const full = path.join(folder, file);
  const found = await lstat(full).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const binary: ChangedFile = { path: file, status: 'added', isBinary: true, hunks: [] };
  if (found.size > mostBytes) return binary;
  const content = await readFile(full).catch(() => undefined);
  if (!content) return undefined;
  return content.subarray(0, 8_192).includes(0) ? binary : wholeFile(file, content.toString('utf8'));
}
