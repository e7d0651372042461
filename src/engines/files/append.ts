import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { systemCode, ToolError } from '../../core/errors.ts';
import { heldFolder } from '../../core/held-folder.ts';

/**
 * Adds to the end of a real path in one write that the system puts behind whatever others have added by then (open(2), O_APPEND),
 * and makes the file where there is none. On disk when this resolves. `isNew`: it was made.
 */
export async function appended(real: string, content: Uint8Array): Promise<{ isNew: boolean }> {
  const { handle, isNew } = await heldFolder(real, openToAppend);
  try {
    if (isNew) await handle.chmod(0o644);
    await addWhole(handle, content, real);
    await handle.sync();
    return { isNew };
  } finally {
    await handle.close();
  }
}

/** O_NONBLOCK: opening a pipe must not wait for its reader. */
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function openToAppend(held: string): Promise<{ handle: FileHandle; isNew: boolean }> {
  try {
    return { handle: await open(held, flags | constants.O_CREAT | constants.O_EXCL, 0o644), isNew: true };
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return { handle: await open(held, flags), isNew: false };
  }
}

/** The write stops short where the disk or a limit is full; the part of it is taken away again where it is still the end. */
async function addWhole(handle: FileHandle, content: Uint8Array, real: string): Promise<void> {
  const before = (await handle.stat()).size;
  const { bytesWritten } = await handle.write(content);
  if (bytesWritten === content.length) return;
  if ((await handle.stat()).size === before + bytesWritten) await handle.truncate(before);
  throw new ToolError('failed', `${real} cannot take all of the text: the disk or a limit is full.`, {
    hint: 'Free some space; nothing was added.',
  });
}
