import { constants, type Stats } from 'node:fs';
import { copyFile, lstat, mkdir, open, readFile, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, ToolError } from '../../core/errors.ts';
import { heldFile, heldFolder, ledElsewhere } from '../../core/held-folder.ts';
import { newId } from '../../core/ids.ts';
import { sha256 } from '../../core/json.ts';
import { explained, syncFolder, writeWhole, type TemporaryFiles } from '../../core/atomic-write.ts';
import type { Redactor } from '../../core/redact.ts';
import { appended } from './append.ts';
import { kindOf, listFiles, type FileEntry, type Listing, type ListOptions } from './listing.ts';
import type { Roots } from './roots.ts';
import { searchFiles, type SearchQuery, type SearchResult } from './search.ts';

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

/** `append` adds exactly the text, `line` adds it as lines of its own. */
export type WriteMode = 'create' | 'overwrite' | 'append' | 'line';

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
  /** The real path, every link followed. Throws `denied` outside the allowed roots. */
  resolve(file: string): Promise<string>;
  read(file: string, range: LineRange): Promise<FileText>;
  /** A folder's entries; of a file, itself. */
  list(file: string, options: ListOptions): Promise<Listing>;
  search(file: string, query: SearchQuery): Promise<SearchResult & { path: string }>;
  /** Puts `replace` in the place of every `find`. Throws `not_found` where there is none. */
  edit(file: string, change: { find: string; replace: string }): Promise<FileChange & { replaced: number }>;
  write(file: string, content: { text: string; mode: WriteMode }): Promise<FileChange>;
  /** False where it was there before. */
  makeFolder(folder: string): Promise<{ path: string; created: boolean }>;
  /** Only an empty one. */
  removeFolder(folder: string): Promise<string>;
  /** Undefined where there is nothing. */
  kind(file: string): Promise<FileEntry['kind'] | undefined>;
  move(from: string, to: string): Promise<FileChange & { from: string }>;
  copy(from: string, to: string, overwrite: boolean): Promise<FileChange>;
  delete(file: string, expected?: string): Promise<FileChange>;
  restore(file: string, options: { backup: string; expected?: string }): Promise<FileChange>;
  /** Where a path really leads, whether or not it exists. */
  real(file: string): Promise<string>;
  /** SHA-256 of a file's content, or undefined where there is none. */
  digest(file: string): Promise<string | undefined>;
}

const mostBytes = 10 * 1_048_576;

export interface FilesParts {
  roots: Roots;
  /** Folder for what was there before. */
  backups: string;
  redactor: Pick<Redactor, 'knows' | 'text'>;
  temporaries: TemporaryFiles;
}

export function createFiles({ roots, backups, redactor, temporaries }: FilesParts): Files {
  const at = async <T>(file: string, work: (real: string) => Promise<T>): Promise<T> => {
    const real = await roots.resolve(file);
    return work(real).catch((error: unknown) => {
      throw explained(error, file);
    });
  };
  /** For what changes a file: the path must be the very one that was judged, which is a real one. */
  const exactly = async <T>(file: string, work: (real: string) => Promise<T>): Promise<T> =>
    at(file, async (real) => {
      if (real !== path.resolve(roots.base, file)) throw ledElsewhere(file);
      return work(real);
    });
  const keep = async (real: string): Promise<string> => {
    const backup = newId('bak');
    await mkdir(backups, { recursive: true, mode: 0o700 });
    await heldFile(real, (held) => copyFile(held, path.join(backups, backup), constants.COPYFILE_FICLONE));
    return backup;
  };
  const restore: Files['restore'] = (file, { backup, expected }) =>
    exactly(file, async (real) => {
      if (!/^bak_\w+$/.test(backup)) throw new ToolError('invalid_input', 'That is no name of a backup.', { hint: 'It looks like bak_….' });
      const before = await digestOf(real);
      refuseChanged(file, { expected, found: before });
      const content = await readFile(path.join(backups, backup)).catch(() => {
        throw new ToolError('not_found', `No backup "${backup}".`, { hint: 'It may have been cleaned up.' });
      });
      const kept = before === undefined ? undefined : await keep(real);
      await writeWhole(real, content, { temporaries, isReal: true });
      return { path: real, sha256: sha256(content), created: before === undefined, ...(kept && { backup: kept }) };
    });
  const put = async (real: string, content: Uint8Array, mustBeNew: boolean): Promise<FileChange> => {
    const exists = await lstat(real).then(refuseSpecial(real), () => false);
    if (exists && mustBeNew)
      throw new ToolError('conflict', `${real} exists already.`, { hint: 'Overwrite it on purpose, or choose another name.' });
    const backup = exists ? await keep(real) : undefined;
    await mkdir(path.dirname(real), { recursive: true });
    await writeWhole(real, content, { temporaries, isReal: true });
    return { path: real, sha256: sha256(content), created: !exists, ...(backup && { backup }) };
  };
  /** `sha256` is of what was there and the text: where someone else has added meanwhile, taking it back is a conflict. */
  const add = async (real: string, text: string, mode: 'append' | 'line'): Promise<FileChange> => {
    const found = await lstat(real).catch(() => undefined);
    if (found) refuseUnfit(real, found);
    const backup = found ? await keep(real) : undefined;
    const before = backup === undefined ? Buffer.alloc(0) : await readPlain(path.join(backups, backup));
    const content = Buffer.from(mode === 'line' ? asLine(before, text) : text);
    await mkdir(path.dirname(real), { recursive: true });
    const { isNew } = await appended(real, content);
    if (isNew) await syncFolder(path.dirname(real));
    return { path: real, sha256: sha256(Buffer.concat([before, content])), created: isNew, ...(backup !== undefined && { backup }) };
  };
  const refuseSecret = (file: string, text: string): void => {
    if (!redactor.knows(text)) return;
    throw new ToolError('denied', `The text for ${file} holds a secret that claw keeps.`, {
      hint: 'Leave it out, or give it by name to a program that needs it: {"$secret":"name"}.',
    });
  };
  return {
    resolve: (file) => roots.resolve(file),
    restore,
    read: (file, range) => at(file, (real) => readText(real, range)),
    list: (file, options) => at(file, async (real) => listFiles(real, options, await roots.mayTouch())),
    search: (file, query) =>
      at(file, async (real) => ({
        path: real,
        ...(await searchFiles(real, query, { clean: redactor.text, mayTouch: await roots.mayTouch() })),
      })),
    digest: (file) => at(file, digestOf),
    real: (file) => at(file, async (real) => real),
    write: (file, { text, mode }) =>
      exactly(file, async (real) => {
        refuseSecret(file, text);
        return mode === 'append' || mode === 'line' ? add(real, text, mode) : put(real, Buffer.from(text), mode === 'create');
      }),
    makeFolder: (folder) =>
      exactly(folder, async (real) => {
        const created = (await mkdir(real, { recursive: true })) !== undefined;
        if (created) await syncFolder(path.dirname(real));
        return { path: real, created };
      }),
    removeFolder: (folder) => exactly(folder, (real) => heldFolder(real, rmdir).then(() => real)),
    kind: (file) =>
      at(file, (real) =>
        lstat(real).then(kindOf, (error: unknown) => (systemCode(error) === 'ENOENT' ? undefined : Promise.reject(error))),
      ),
    edit: (file, { find, replace }) =>
      exactly(file, async (real) => {
        refuseSecret(file, replace);
        const parts = (await readPlain(real)).toString('utf8').split(find);
        if (parts.length === 1)
          throw new ToolError('not_found', `${file} does not contain the text to be replaced.`, { hint: 'file_read shows what it holds.' });
        return { ...(await put(real, Buffer.from(parts.join(replace)), false)), replaced: parts.length - 1 };
      }),
    copy: (from, to, overwrite) =>
      at(from, async (source) => {
        const content = await readPlain(source);
        return exactly(to, async (target) => put(await inFolder(target, { source, to }), content, !overwrite));
      }),
    move: (from, to) =>
      exactly(from, async (source) => {
        await roots.resolveWhole(from);
        const digest = (await stat(source)).isDirectory() ? '' : ((await digestOf(source)) ?? '');
        return exactly(to, async (target) => {
          const end = await inFolder(target, { source, to });
          if (await exists(end))
            throw new ToolError('conflict', `${end} exists already.`, { hint: 'Move it away first, or choose another name.' });
          await mkdir(path.dirname(end), { recursive: true });
          await heldFolder(source, (taken) => heldFolder(end, (put) => rename(taken, put)));
          await Promise.all([syncFolder(path.dirname(source)), syncFolder(path.dirname(end))]);
          return { path: end, from: source, sha256: digest, created: true };
        });
      }),
    delete: (file, expected) =>
      exactly(file, async (real) => {
        await lstat(real).then(refuseSpecial(real));
        const found = await digestOf(real);
        refuseChanged(file, { expected, found });
        const backup = await keep(real);
        await heldFolder(real, (held) => rm(held));
        return { path: real, sha256: found ?? '', created: false, backup };
      }),
  };
}

const newline = 0x0a;

const asLine = (before: Buffer, text: string): string =>
  `${before.length > 0 && before.at(-1) !== newline ? '\n' : ''}${text}${text.endsWith('\n') ? '' : '\n'}`;

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

/** Into a folder, one that is there or one written with a slash at its end, under its own name; else to exactly that path. */
async function inFolder(target: string, { source, to }: { source: string; to: string }): Promise<string> {
  const found = await stat(target).catch(() => undefined);
  return found?.isDirectory() || to.endsWith('/') ? path.join(target, path.basename(source)) : target;
}

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

function refuseUnfit(real: string, found: Stats): void {
  refuseSpecial(real)(found);
  if (found.size <= mostBytes) return;
  throw new ToolError('too_large', `${real} has ${found.size} bytes, ${mostBytes} is the limit.`, {
    hint: 'Use shell_run with head, tail or grep.',
  });
}

/** A real path is opened as no link. O_NONBLOCK: opening a pipe must not wait for its writer. */
const openReal = (real: string): Promise<FileHandle> =>
  heldFolder(real, (held) => open(held, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));

async function readPlain(real: string): Promise<Buffer> {
  const handle = await openReal(real);
  try {
    refuseUnfit(real, await handle.stat());
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
