import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** sun_path holds 108 bytes on Linux, 104 on macOS, one of them the end. */
const longest = 100;

/**
 * Where the daemon of a data folder listens: `claw.sock` in it, or, where that path is too long for a socket, in a folder
 * of this user's own under the system's temporary one.
 */
export function socketPath(home: string): string {
  const inHome = path.join(home, 'claw.sock');
  if (Buffer.byteLength(inHome) <= longest) return inHome;
  const { uid, username } = userInfo();
  const name = createHash('sha256').update(inHome).digest('hex').slice(0, 20);
  return path.join(tmpdir(), `claw-${uid < 0 ? username : uid}`, `${name}.sock`);
}

/** The folder of a socket outside the data folder, made so that it can be hidden before a daemon listens in it. */
export function foreignSocketFolder({ home, socket }: { home: string; socket: string }): string[] {
  const folder = path.dirname(socket);
  if (folder === home) return [];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return [folder];
}
