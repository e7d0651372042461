import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { systemCode } from '../../core/errors.ts';
import type { FileState } from './journal.ts';

export interface FileLook extends FileState {
  /** Ms since 1970: the last change of content, name or rights. */
  ctimeMs: number;
}

/** Undefined where there is no plain file: links, folders and pipes are left alone. Throws where nobody can tell. */
export async function lookAt(path: string): Promise<FileLook | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (absent.has(systemCode(error))) return undefined;
    throw error;
  });
  if (!found?.isFile()) return undefined;
  return { path, size: found.size, mtimeMs: found.mtimeMs, inode: `${found.dev}:${found.ino}`, ctimeMs: found.ctimeMs };
}

const absent = new Set(['ENOENT', 'ENOTDIR']);

/** Whether a file that is not there is really gone: its folder is there, and on the same device as the file was. */
export async function isGone({ inode }: FileState, folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found?.isDirectory() === true && inode.startsWith(`${found.dev}:`);
}

export const isSame = (one: FileState, other: FileState): boolean =>
  one.size === other.size && one.mtimeMs === other.mtimeMs && one.inode === other.inode;

/** SHA-256 of the content; undefined where it cannot be read. */
export async function contentHash(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  return pipeline(createReadStream(path), hash).then(
    () => hash.digest('hex'),
    () => undefined,
  );
}
