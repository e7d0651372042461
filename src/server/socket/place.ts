import { lstatSync, mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';

/** The socket's path, its folder made ready. Throws `bad_config` where somebody else could have put something there. */
export function socketPlace(socket: string): string {
  // In the data folder, which is closed to others already.
  if (path.basename(socket) === 'claw.sock') return socket;
  const folder = path.dirname(socket);
  const { uid } = userInfo();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid) || (found.mode & 0o077) !== 0) {
    throw new ToolError('bad_config', `${folder} is not this user's own.`, { hint: 'Remove it, or choose a shorter CLAW_HOME.' });
  }
  return socket;
}
