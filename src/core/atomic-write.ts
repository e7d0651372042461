import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, ToolError } from './errors.ts';
import { heldFolder } from './held-folder.ts';

/** Told of a temporary file before it is there, and when it is gone: whoever keeps this knows what a crash leaves behind. */
export interface TemporaryFiles {
  begin(temporary: string): void;
  end(temporary: string): void;
}

export interface WriteOptions {
  /** Permissions; those that the file has by default, or 0644. */
  mode?: number;
  temporaries?: TemporaryFiles;
  /** The path is a real one, and must still be when the file is written. */
  isReal?: boolean;
}

/** Replaces or creates a file whole: after a crash there is the old content or the new, never half of it. */
export async function writeWhole(file: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  const { mode, temporaries, isReal = false } = options;
  const permissions =
    mode ??
    (await stat(file).then(
      (found) => found.mode & 0o777,
      () => 0o644,
    ));
  const temporary = nameBeside(file);
  temporaries?.begin(temporary);
  try {
    await (isReal ? heldFolder(file, replace) : replace(file));
    await syncFolder(path.dirname(file));
  } catch (error) {
    throw explained(error, file);
  } finally {
    temporaries?.end(temporary);
  }

  async function replace(target: string): Promise<void> {
    const beside = path.join(path.dirname(target), path.basename(temporary));
    try {
      await writeNew(beside, content, permissions);
      await rename(beside, target);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  }
}

/** Writes the content to a new file in the same folder, on disk when this resolves, and gives its name; renaming it is left to the caller. */
export async function writeBeside(file: string, content: string | Uint8Array, permissions: number): Promise<string> {
  const temporary = nameBeside(file);
  try {
    await writeNew(temporary, content, permissions);
    return temporary;
  } catch (error) {
    await rm(temporary, { force: true });
    throw explained(error, file);
  }
}

const nameBeside = (file: string): string =>
  path.join(path.dirname(file), `.${path.basename(file).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`);

async function writeNew(file: string, content: string | Uint8Array, permissions: number): Promise<void> {
  const handle = await open(file, 'wx', permissions);
  try {
    await handle.writeFile(content);
    await handle.chmod(permissions);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** System errors in words that name the file and the way out. */
export function explained(error: unknown, file: string): unknown {
  if (error instanceof ToolError) return error;
  const known: Record<string, [ToolError['code'], string, string]> = {
    ENOENT: ['not_found', 'does not exist', 'file_list shows what is there.'],
    EACCES: ['denied', 'may not be touched by this user', 'Check its owner and permissions.'],
    EPERM: ['denied', 'may not be touched by this user', 'Check its owner and permissions.'],
    EROFS: ['failed', 'is on a read-only file system', 'Choose another folder.'],
    ENOSPC: ['failed', 'cannot be written: the disk is full', 'Free some space; nothing was changed.'],
    EDQUOT: ['failed', 'cannot be written: the quota is used up', 'Free some space; nothing was changed.'],
    EFBIG: ['failed', 'cannot be written: it would be larger than is allowed here', 'Raise the limit (ulimit -f); nothing was changed.'],
    EISDIR: ['invalid_input', 'is a folder', 'Name a file in it.'],
    ENOTDIR: ['invalid_input', 'has a file where a folder should be', 'Check the path.'],
    ENOTEMPTY: ['conflict', 'is not empty', 'Look at it first: file_list.'],
    EEXIST: ['conflict', 'exists already', 'Choose another name, or allow overwriting.'],
    ENAMETOOLONG: ['invalid_input', 'has too long a name', 'Choose a shorter one.'],
    EXDEV: ['failed', 'cannot be moved to another file system in one step', 'Copy it instead.'],
  };
  const found = known[systemCode(error)];
  return found ? new ToolError(found[0], `${file} ${found[1]}.`, { hint: found[2], cause: error }) : error;
}
