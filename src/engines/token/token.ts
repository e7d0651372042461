import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { systemCode, ToolError } from '../../core/errors.ts';
import { refuseOpen } from '../../core/home.ts';
import { newId } from '../../core/ids.ts';

/**
 * The bearer token of a data folder, in a file of its own. The file is the truth: it is looked at whenever the token is
 * needed, so a rotation by any process counts at once. Nothing but the file ever shows the value.
 */
export interface TokenFile {
  file: string;
  /** Made at the first use (32 random bytes). Throws `bad_config` where others can read it, or it holds no token. */
  current(): string;
  /** Puts a new token in place of the old in one step; works on a damaged file too. */
  rotate(): void;
  /** When the file was last written, in ms since 1970, and its permissions. Undefined where there is none. */
  state(): { writtenAt: number; mode: number } | undefined;
  /** Told whenever the file is found to hold another token than it did, whoever changed it. */
  onChange(listener: (token: string) => void): void;
}

const form = /^[\w-]{32,256}$/;

export function createTokenFile(file: string): TokenFile {
  let known: { stamp: string; token: string } | undefined;
  const listeners: ((token: string) => void)[] = [];

  function current(): string {
    const stamp = stampOf(file) ?? (create(file), stampOf(file) ?? '');
    if (known?.stamp === stamp) return known.token;
    const token = read(file);
    const isOther = known !== undefined && known.token !== token;
    known = { stamp, token };
    if (isOther) for (const listener of listeners) listener(token);
    return token;
  }

  return {
    file,
    current,
    rotate: () => {
      replace(file, newToken());
      current();
    },
    state: () => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found && { writtenAt: found.mtimeMs, mode: found.mode & 0o777 };
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

const newToken = (): string => `${randomBytes(32).toString('base64url')}\n`;

/** Changes with the content, the permissions and the file itself: chmod moves the change time too. */
function stampOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino} ${found.ctimeNs} ${found.size}`;
}

function create(file: string): void {
  try {
    writeFileSync(file, newToken(), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw unwritable(file, error);
  }
}

function read(file: string): string {
  refuseOpen(file, 0o600);
  const token = contentOf(file);
  if (form.test(token)) return token;
  throw new ToolError('bad_config', `${file} holds no token: it is damaged.`, { hint: 'Make a new one: claw token rotate' });
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ToolError('bad_config', `${file} cannot be read (${systemCode(error)}).`, {
      hint: 'Correct its owner, or move it away: a new one is made.',
      cause: error,
    });
  }
}

/** Whoever looks sees the old token or the new one, whole, also after a crash. */
function replace(file: string, content: string): void {
  const fresh = `${file}.${newId('new')}`;
  try {
    writeFileSync(fresh, content, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(fresh, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    rmSync(fresh, { force: true });
    throw unwritable(file, error);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const unwritable = (file: string, cause: unknown): ToolError =>
  new ToolError('unavailable', `${file} cannot be written (${systemCode(cause)}).`, {
    hint: 'Check free space and permissions of the data folder: claw doctor.',
    cause,
  });
