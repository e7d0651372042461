import { constants } from 'node:fs';
import { copyFile, glob, lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isoTime } from '../../core/clock.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { sha256 } from '../../core/json.ts';
import { explained, syncFolder, writeWhole } from './atomic-write.ts';
import type { Roots } from './roots.ts';

export interface FileText {
  path: string;
  text: string;
  /** 1-based, of the first line returned. */
  firstLine: number;
  totalLines: number;
  sizeBytes: number;
  sha256: string;
}

/** `lines` lines from the 1-based `firstLine` on, or the last ones. */
export interface LineRange {
  firstLine: number;
  lines: number;
  fromEnd?: boolean;
}

export interface FileEntry {
  path: string;
  kind: 'file' | 'folder' | 'link' | 'other';
  sizeBytes: number;
  modifiedAt: string;
}

/** What a change did, enough to take it back. */
export interface FileChange {
  path: string;
  sha256: string;
  /** Where the content before is kept; absent where there was none. */
  backup?: string;
  created: boolean;
}

/** Files inside the allowed roots. Whatever is overwritten or deleted goes to `backups` first. */
export interface Files {
  read(file: string, range: LineRange): Promise<FileText>;
  list(folder: string, options: { pattern: string; limit: number }): Promise<{ path: string; items: FileEntry[]; more: boolean }>;
  write(file: string, content: { text: string; mode: 'create' | 'overwrite' | 'append' }): Promise<FileChange>;
  move(from: string, to: string): Promise<FileChange & { from: string }>;
  copy(from: string, to: string, overwrite: boolean): Promise<FileChange>;
  delete(file: string, expected?: string): Promise<FileChange>;
  restore(file: string, options: { backup: string; expected?: string }): Promise<FileChange>;
  /** SHA-256 of a file's content, or undefined where there is none. */
  digest(file: string): Promise<string | undefined>;
}

const mostBytes = 10 * 1_048_576;

export function createFiles({ roots, backups }: { roots: Roots; backups: string }): Files {
  const at = async <T>(file: string, work: (real: string) => Promise<T>): Promise<T> => {
    const real = await roots.resolve(file);
    return work(real).catch((error: unknown) => {
      throw explained(error, file);
    });
  };
  const keep = async (real: string): Promise<string> => {
    const backup = newId('bak');
    await mkdir(backups, { recursive: true, mode: 0o700 });
    await copyFile(real, path.join(backups, backup), constants.COPYFILE_FICLONE);
    return backup;
  };
  const restore: Files['restore'] = (file, { backup, expected }) =>
    at(file, async (real) => {
      if (!/^bak_\w+$/.test(backup)) throw new ToolError('invalid_input', 'That is no name of a backup.', { hint: 'It looks like bak_….' });
      const before = await digestOf(real);
      refuseChanged(file, { expected, found: before });
      const content = await readFile(path.join(backups, backup)).catch(() => {
        throw new ToolError('not_found', `No backup "${backup}".`, { hint: 'It may have been cleaned up.' });
      });
      const kept = before === undefined ? undefined : await keep(real);
      await writeWhole(real, content);
      return { path: real, sha256: sha256(content), created: before === undefined, ...(kept && { backup: kept }) };
    });
  const put = async (real: string, content: Uint8Array, mustBeNew: boolean): Promise<FileChange> => {
    const exists = await lstat(real).then(refuseSpecial(real), () => false);
    if (exists && mustBeNew)
      throw new ToolError('conflict', `${real} exists already.`, { hint: 'Overwrite it on purpose, or choose another name.' });
    const backup = exists ? await keep(real) : undefined;
    await mkdir(path.dirname(real), { recursive: true });
    await writeWhole(real, content);
    return { path: real, sha256: sha256(content), created: !exists, ...(backup && { backup }) };
  };
  return {
    restore,
    read: (file, range) => at(file, (real) => readText(real, range)),
    list: (folder, options) => at(folder, (real) => listFolder(real, options)),
    digest: (file) => at(file, digestOf),
    write: (file, { text, mode }) =>
      at(file, async (real) => {
        const before = mode === 'append' ? await readFile(real).catch(() => Buffer.alloc(0)) : Buffer.alloc(0);
        return put(real, Buffer.concat([before, Buffer.from(text)]), mode === 'create');
      }),
    copy: (from, to, overwrite) =>
      at(from, async (source) =>
        at(to, async (target) => put(inFolder(target, source, await isFolder(target)), await readPlain(source), !overwrite)),
      ),
    move: (from, to) =>
      at(from, (source) =>
        at(to, async (target) => {
          const end = inFolder(target, source, await isFolder(target));
          const digest = (await stat(source)).isDirectory() ? '' : await digestOf(source);
          if (
            await lstat(end).then(
              () => true,
              () => false,
            )
          )
            throw new ToolError('conflict', `${end} exists already.`, { hint: 'Move it away first, or choose another name.' });
          await mkdir(path.dirname(end), { recursive: true });
          await rename(source, end);
          await Promise.all([syncFolder(path.dirname(source)), syncFolder(path.dirname(end))]);
          return { path: end, from: source, sha256: digest ?? '', created: true };
        }),
      ),
    delete: (file, expected) =>
      at(file, async (real) => {
        await lstat(real).then(refuseSpecial(real));
        const found = await digestOf(real);
        refuseChanged(file, { expected, found });
        const backup = await keep(real);
        await rm(real);
        return { path: real, sha256: found ?? '', created: false, backup };
      }),
  };
}

const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
const inFolder = (target: string, source: string, isInside: boolean): string =>
  isInside ? path.join(target, path.basename(source)) : target;

function refuseChanged(file: string, { expected, found }: { expected: string | undefined; found: string | undefined }): void {
  if (expected === undefined || expected === found) return;
  throw new ToolError('conflict', `${file} has changed since.`, { hint: 'Look at it first: file_read.' });
}

const refuseSpecial =
  (file: string) =>
  (found: { isFile(): boolean }): boolean => {
    if (!found.isFile())
      throw new ToolError('invalid_input', `${file} is not a plain file.`, { hint: 'Folders, devices and pipes are left alone.' });
    return true;
  };

async function readPlain(real: string): Promise<Buffer> {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    refuseSpecial(real)(found);
    if (found.size > mostBytes)
      throw new ToolError('too_large', `${real} has ${found.size} bytes, ${mostBytes} is the limit.`, {
        hint: 'Use shell_run with head, tail or grep.',
      });
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

const digestOf = (real: string): Promise<string | undefined> =>
  readPlain(real).then(sha256, (error: unknown) => (error instanceof ToolError ? Promise.reject(error) : undefined));

async function readText(real: string, { firstLine: from, lines, fromEnd = false }: LineRange): Promise<FileText> {
  const content = await readPlain(real);
  if (content.subarray(0, 8_192).includes(0))
    throw new ToolError('invalid_input', `${real} is not text.`, { hint: 'Use shell_run with file or xxd to look at it.' });
  const all = content.toString('utf8').split('\n');
  const isEnded = all.at(-1) === '';
  const totalLines = all.length - Number(isEnded);
  const firstLine = fromEnd ? Math.max(1, totalLines - lines + 1) : from;
  const text = all.slice(firstLine - 1, firstLine - 1 + lines).join('\n');
  return { path: real, text, firstLine, totalLines, sizeBytes: content.length, sha256: sha256(content) };
}

async function listFolder(
  real: string,
  { pattern, limit }: { pattern: string; limit: number },
): Promise<{ path: string; items: FileEntry[]; more: boolean }> {
  if (!(await stat(real)).isDirectory())
    throw new ToolError('invalid_input', `${real} is not a folder.`, { hint: 'file_read reads a file.' });
  if (path.isAbsolute(pattern) || pattern.split('/').includes('..'))
    throw new ToolError('invalid_input', 'A pattern stays inside its folder.', { hint: 'Write it as *.log or **/*.md.' });
  const items: FileEntry[] = [];
  for await (const name of glob(pattern, { cwd: real })) {
    if (items.length > limit) break;
    const found = await lstat(path.join(real, name)).catch(() => undefined);
    if (found) items.push({ path: name, kind: kindOf(found), sizeBytes: found.size, modifiedAt: isoTime(found.mtimeMs) });
  }
  return { path: real, items: items.slice(0, limit).toSorted((a, b) => (a.path < b.path ? -1 : 1)), more: items.length > limit };
}

function kindOf(found: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileEntry['kind'] {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  return found.isSymbolicLink() ? 'link' : 'other';
}
