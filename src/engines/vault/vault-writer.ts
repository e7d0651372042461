import { copyFileSync } from 'node:fs';
import { writeBeside } from '../../core/atomic-write.ts';
import { ToolError } from '../../core/errors.ts';
import { sha256 } from '../../core/json.ts';
import { encryptFor } from './age-cipher.ts';
import { publish } from './publish.ts';
import { readSeen, writeSeen } from './seen.ts';
import { hasSettings, type Secrets, type VaultContent } from './vault-content.ts';
import { decodeVault, encodeVault, isFlaw } from './vault-file.ts';
import { bytesOf, type Opened, type ReaderParts, type VaultReader } from './vault-reader.ts';

/** What a change made of the vault. */
export interface Written {
  /** Generation of the file that was replaced; 0 where there was none, or none that could be read. */
  before: number;
  generation: number;
}

/** Replaces the vault file whole. Two processes that write at once take turns; no change is lost. */
export interface VaultWriter {
  /** `edit` gets the present secrets and gives the new ones; it runs again where another process was faster. */
  change(edit: (secrets: Secrets) => Secrets): Promise<Written>;
  /** Writes these secrets over whatever stands there, also over a file that cannot be read. */
  overwrite(content: VaultContent): Promise<Written>;
}

const mostAttempts = 50;

export function createVaultWriter(parts: ReaderParts, reader: VaultReader): VaultWriter {
  const { db, file, identity, generations } = parts;
  const inTurn = createQueue();

  const change: VaultWriter['change'] = (edit) =>
    inTurn(async () => {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const base = await reader.read();
        const written = await replace(base, edit(base.content.secrets));
        if (written) return written;
      }
      throw new ToolError('conflict', `${file} is being written by others all the time.`, { hint: 'Try again in a moment.' });
    });

  const overwrite: VaultWriter['overwrite'] = (content) =>
    inTurn(async () => {
      const bytes = bytesOf(file);
      // What cannot be read is put aside, not thrown away.
      if (bytes && isFlaw(decodeVault(bytes))) copyFileSync(file, `${file}.damaged`);
      const written = await replace({ content, seal: bytes ? sha256(bytes) : '' }, content.secrets);
      if (!written) throw new ToolError('conflict', `${file} was changed meanwhile.`, { hint: 'Look at vault_status, then try again.' });
      return written;
    });

  /** Undefined where the file is not the one the change was made on, or the key has changed since. */
  const replace = async (base: Opened, secrets: Secrets): Promise<Written | undefined> => {
    const keys = identity.exists() ? await identity.load() : await identity.create();
    const { recipient } = keys.pairs[0];
    const generation = 1 + Math.max(base.content.generation, readSeen(db)?.generation ?? 0, generations.list()[0]?.generation ?? 0);
    const content = { ...base.content, secrets, generation, hasSettings: hasSettings(secrets) };
    const bytes = encodeVault(content, await encryptFor(recipient, JSON.stringify(content)));
    const temporary = await writeBeside(file, bytes, 0o600);
    let before = 0;
    const isDone = publish({ db, identity }, { keys, temporary, target: file }, () => {
      const present = bytesOf(file);
      if ((present ? sha256(present) : '') !== base.seal || (readSeen(db)?.generation ?? 0) >= generation) return false;
      before = keepPresent(present);
      writeSeen(db, { vault: sha256(content.vault), generation, seal: sha256(bytes), recipient, hasSettings: content.hasSettings });
      return true;
    });
    if (!isDone) return undefined;
    generations.prune();
    return { before, generation };
  };

  /** Its generation; 0 where there is nothing to keep. */
  const keepPresent = (present: Buffer | undefined): number => {
    const decoded = present && decodeVault(present);
    if (!decoded || isFlaw(decoded)) return 0;
    generations.keep(decoded.header.generation);
    return decoded.header.generation;
  };

  return { change, overwrite };
}

/** One piece of work at a time, in order; one that fails does not stop the next. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = tail.then(work);
    tail = result.catch(() => {});
    return result;
  };
}
