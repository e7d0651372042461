import { statfsSync } from 'node:fs';
import path from 'node:path';
import { systemCode, ToolError } from './errors.ts';

/** What SQLite says, in words that name the file and the way out. Anything else comes back as it is. */
export function explainedDatabase(error: unknown, file: string): unknown {
  const code = systemCode(error);
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return damaged(file, error);
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC' || code === 'EDQUOT') return full(file, error);
  if (code.startsWith('SQLITE_IOERR') || code === 'EIO') return isFull(file) ? full(file, error) : unreliable(file, error);
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || notOpened.has(code)) return unwritable(file, error);
  // A schema that lost a table or a column is damage too: migrations run before anything is asked of it.
  if (
    code === 'SQLITE_ERROR' &&
    error instanceof Error &&
    /^(no such (table|column)|table .* already exists|duplicate column|malformed database schema)/.test(error.message)
  )
    return damaged(file, error);
  return error;
}

const notOpened = new Set(['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENOENT']);

export const damaged = (file: string, cause?: unknown): ToolError =>
  new ToolError('bad_config', `${file} is damaged.`, {
    hint: `Stop claw, keep a copy of ${file}, and restore a backup; or rescue what is left with: sqlite3 ${file} .recover`,
    cause,
  });

/** A data folder that is deleted under a running process would take every write, and lose it. */
export const gone = (file: string): ToolError =>
  new ToolError('unavailable', `${file} was deleted or replaced while claw was running; nothing is written any more.`, {
    hint: 'Stop claw, put the data folder back from a backup if it is missed, and start claw again.',
  });

/** A value that was stored as JSON. Throws `bad_config`, naming the file, where it is JSON no longer. */
export function storedJson<T>(text: string, file: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw damaged(file, error);
  }
}

const full = (file: string, cause: unknown): ToolError =>
  new ToolError('unavailable', `No space left to write ${file}.`, { hint: 'Free some disk space and try again.', cause });

const unreliable = (file: string, cause: unknown): ToolError =>
  new ToolError('unavailable', `${file} cannot be read or written: the disk reports an error.`, {
    hint: 'Check the disk (dmesg, its free space, ulimit -f), then try again.',
    cause,
  });

const unwritable = (file: string, cause: unknown): ToolError =>
  new ToolError('bad_config', `${file} cannot be opened for writing.`, {
    hint: 'Check the owner and permissions of the data folder (CLAW_HOME), and that its file system is not read-only.',
    cause,
  });

const leastFreeBytes = 262_144;

/** SQLite calls it an I/O error when there is no room for the files beside its own. */
function isFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path.dirname(file));
    return bavail * bsize < leastFreeBytes;
  } catch {
    return false;
  }
}
