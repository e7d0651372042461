import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';

/** sun_path holds 108 bytes on Linux, 104 on macOS, one of them the end. */
const longest = 100;

/**
 * Where the daemon of a data folder listens: `claw.sock` in it, or, where that path is too long for a socket, in a folder
 * of this user's own under the system's temporary one.
 */
export function socketPlace(socket: string): string {
  if (Buffer.byteLength(socket) <= longest) return socket;
  const { uid, username } = userInfo();
  const folder = path.join(tmpdir(), `claw-${uid < 0 ? username : uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid) || (found.mode & 0o077) !== 0) {
    throw new ToolError('bad_config', `${folder} is not this user's own.`, { hint: 'Remove it, or choose a shorter CLAW_HOME.' });
  }
  return path.join(folder, `${createHash('sha256').update(socket).digest('hex').slice(0, 20)}.sock`);
}
