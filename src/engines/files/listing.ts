import { glob, lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isoTime } from '../../core/clock.ts';
import { ToolError } from '../../core/errors.ts';
import { contains } from '../../core/ground.ts';

export interface FileEntry {
  path: string;
  kind: 'file' | 'folder' | 'link' | 'other';
  sizeBytes: number;
  modifiedAt: string;
}

export interface ListOptions {
  pattern: string;
  /** Largest or newest first; by name otherwise. */
  sortBy: 'name' | 'size' | 'modified';
  /** Only what has changed since, in milliseconds since 1970. */
  changedSince?: number | undefined;
  limit: number;
  offset: number;
}

export interface Listing {
  path: string;
  /** One more than `limit` where there are more. */
  items: FileEntry[];
}

/** How many entries are looked at. */
const mostEntries = 20_000;

/** Whether a real path may be touched: inside the allowed folders, and not claw's own. */
export type MayTouch = (file: string) => boolean;

export async function listFiles(
  real: string,
  { pattern, sortBy, changedSince = 0, limit, offset }: ListOptions,
  mayTouch: MayTouch,
): Promise<Listing> {
  const isOne = !(await stat(real)).isDirectory();
  const folder = isOne ? path.dirname(real) : real;
  const items: FileEntry[] = [];
  for await (const name of isOne ? [path.basename(real)] : namesBelow(folder, pattern, mayTouch)) {
    if (items.length >= mostEntries)
      throw new ToolError('too_large', `There are more than ${mostEntries} entries.`, {
        hint: 'Name a smaller folder, or a narrower pattern.',
      });
    const found = await lstat(path.join(folder, name)).catch(() => undefined);
    if (found && found.mtimeMs >= changedSince)
      items.push({ path: name, kind: kindOf(found), sizeBytes: found.size, modifiedAt: isoTime(found.mtimeMs) });
  }
  return { path: real, items: items.toSorted(orders[sortBy]).slice(offset, offset + limit + 1) };
}

/**
 * What a glob finds below a resolved folder, of what may be touched. Node's glob walks through links to folders; nothing
 * behind one is given.
 */
export async function* namesBelow(folder: string, pattern: string, mayTouch: MayTouch): AsyncGenerator<string> {
  if (path.isAbsolute(pattern) || pattern.split('/').includes('..'))
    throw new ToolError('invalid_input', 'A pattern stays inside its folder.', { hint: 'Write it as *.log or **/*.md.' });
  const isReal = new Map<string, boolean>();
  for await (const name of glob(pattern, { cwd: folder })) {
    const file = path.join(folder, name);
    const parent = path.dirname(file);
    if (!isReal.has(parent)) isReal.set(parent, (await realpath(parent).catch(() => '')) === parent);
    if (isReal.get(parent) && contains(folder, file) && mayTouch(file)) yield name;
  }
}

const orders: Record<ListOptions['sortBy'], (a: FileEntry, b: FileEntry) => number> = {
  name: (a, b) => (a.path < b.path ? -1 : 1),
  size: (a, b) => b.sizeBytes - a.sizeBytes,
  modified: (a, b) => (a.modifiedAt < b.modifiedAt ? 1 : -1),
};

export function kindOf(found: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileEntry['kind'] {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  return found.isSymbolicLink() ? 'link' : 'other';
}
