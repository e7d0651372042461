import { linkSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeBeside } from '../../core/atomic-write.ts';
import { isoTime, type Clock } from '../../core/clock.ts';
import { systemCode, ToolError } from '../../core/errors.ts';
import { refuseOpen } from '../../core/home.ts';
import { decryptWith, encryptWithPassphrase, keyPair, newKeyPair, NotForThisKey, type KeyPair } from './age-cipher.ts';

export interface Identity {
  /** The first one is written for; all of them read. More than one only while the vault is re-keyed. */
  pairs: [KeyPair, ...KeyPair[]];
  isProtected: boolean;
  /** Changes whenever the file does. */
  stamp: string;
}

/** `identity.txt`: the age identity of the vault, as age-keygen writes it, or the same inside an age file behind a passphrase. */
export interface IdentityFile {
  exists(): boolean;
  /** Throws `locked` by the given function where a passphrase is needed and none is known; `denied` where it does not fit. */
  load(): Promise<Identity>;
  /** Makes one (0600) unless there is one by now. */
  create(): Promise<Identity>;
  /** A passphrase is set, so new keys go behind it. */
  readonly protectsNew: boolean;
  /** Of the file as it is now; empty where there is none. */
  stamp(): string;
  /** Writes these keys to a temporary file, protected as before, and gives its name; the caller renames it. */
  stage(pairs: Identity['pairs'], isProtected: boolean): Promise<string>;
}

export interface IdentityParts {
  file: string;
  clock: Clock;
  /** CLAW_VAULT_PASSPHRASE: new identities are protected with it. */
  passphrase?: string;
  /** Asks whoever sits at the terminal; absent where nobody does. */
  askPassphrase?: () => Promise<string>;
  locked: () => Error;
}

const armorStart = '-----BEGIN AGE ENCRYPTED FILE-----';

export function createIdentityFile(parts: IdentityParts): IdentityFile {
  const { file, clock } = parts;
  let known: Identity | undefined;
  // Unlocked once per process: scrypt is slow on purpose, and a person is not asked twice.
  let unlockedWith = parts.passphrase;

  const load = async (): Promise<Identity> => {
    refuseOpen(file, 0o600);
    const stamp = stampOf(file);
    if (known?.stamp === stamp) return known;
    const text = await readFile(file, 'utf8');
    const isProtected = text.startsWith(armorStart);
    const keys = keysIn(isProtected ? await unlock(text) : text);
    const [first, ...rest] = await Promise.all(keys.map(keyPair)).catch((error: unknown) => {
      throw unreadable(file, error);
    });
    if (!first) throw unreadable(file);
    return (known = { pairs: [first, ...rest], isProtected, stamp });
  };

  const unlock = async (armored: string): Promise<string> => {
    const passphrase = unlockedWith ?? (await parts.askPassphrase?.());
    if (passphrase === undefined) throw parts.locked();
    try {
      const text = await decryptWith({ passphrase }, armored);
      unlockedWith = passphrase;
      return text;
    } catch (error) {
      if (error instanceof NotForThisKey) throw wrongPassphrase(file);
      throw unreadable(file, error);
    }
  };

  const written = async (pairs: KeyPair[], isProtected: boolean): Promise<string> => {
    const text = pairs.map(({ key, recipient }) => `# public key: ${recipient}\n${key}\n`).join('');
    const whole = `# created: ${isoTime(clock.now())}\n${text}`;
    return isProtected && unlockedWith !== undefined ? encryptWithPassphrase(unlockedWith, whole) : whole;
  };

  const stage: IdentityFile['stage'] = async (pairs, isProtected) => writeBeside(file, await written(pairs, isProtected), 0o600);

  const create = async (): Promise<Identity> => {
    const temporary = await stage([await newKeyPair()], parts.passphrase !== undefined);
    try {
      // A link fails where another process was first; a rename would take its identity away.
      linkSync(temporary, file);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    await syncFolder(path.dirname(file));
    return load();
  };

  return {
    exists: () => stampOf(file) !== '',
    stamp: () => stampOf(file),
    protectsNew: parts.passphrase !== undefined,
    load,
    create,
    stage,
  };
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : '';
}

const keysIn = (text: string): string[] => text.split('\n').flatMap((line) => (line.startsWith('AGE-SECRET-KEY-1') ? [line.trim()] : []));

const wrongPassphrase = (file: string): ToolError =>
  new ToolError('denied', `The passphrase does not open ${file}.`, { hint: 'Try again; nothing was changed.' });

const unreadable = (file: string, cause?: unknown): ToolError =>
  new ToolError('bad_config', `${file} holds no age identity that can be read.`, { hint: 'Put it back from a backup.', cause });
