import { constants, existsSync } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import path from 'node:path';
import { ToolError } from './errors.ts';

/** Whether a folder that is open can be worked in by its descriptor, whatever its path leads to meanwhile. */
const canHold = (): boolean => process.platform === 'linux' && existsSync('/proc/self/fd');

/**
 * Works on a file through its folder, which is opened first and must be the very folder that the real path says: a link put
 * in its place, or in that of one above, between judging and writing changes nothing. Where the system has no such
 * descriptors the path is used as it is.
 */
export async function heldFolder<T>(file: string, work: (held: string) => Promise<T>): Promise<T> {
  if (!canHold()) return work(file);
  const folder = path.dirname(file);
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const held = `/proc/self/fd/${handle.fd}`;
    if ((await readlink(held)) !== folder) throw ledElsewhere(file);
    return await work(path.join(held, path.basename(file)));
  } finally {
    await handle.close();
  }
}

/** The same for reading a file: a link that has taken its place is not followed. */
export async function heldFile<T>(file: string, work: (held: string) => Promise<T>): Promise<T> {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const handle = await heldFolder(file, (held) => open(held, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
  try {
    return await work(canHold() ? `/proc/self/fd/${handle.fd}` : file);
  } finally {
    await handle.close();
  }
}

export const ledElsewhere = (file: string): ToolError =>
  new ToolError('conflict', `${file.slice(0, 200)} leads elsewhere than a moment ago.`, {
    hint: 'Something else changes links there; look at it (file_list), then make the call again.',
  });
