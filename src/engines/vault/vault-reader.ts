import { readFileSync } from 'node:fs';
import { explained } from '../../core/atomic-write.ts';
import type { Db } from '../../core/database.ts';
import { systemCode } from '../../core/errors.ts';
import { refuseOpen } from '../../core/home.ts';
import { sha256 } from '../../core/json.ts';
import { decryptWith, NotForThisKey } from './age-cipher.ts';
import type { Generations } from './generations.ts';
import type { Identity, IdentityFile } from './identity.ts';
import { readSeen, writeSeen, type Seen } from './seen.ts';
import { emptyContent, vaultContent, type VaultContent } from './vault-content.ts';
import { VaultError, type VaultFault } from './vault-faults.ts';
import { decodeVault, isFlaw, type VaultFile } from './vault-file.ts';

export interface ReaderParts {
  db: Db;
  file: string;
  identityFile: string;
  identity: IdentityFile;
  generations: Generations;
}

/** A vault file that was opened, and the SHA-256 it had: a writer replaces exactly this one. Empty where there was none. */
export interface Opened {
  content: VaultContent;
  seal: string;
}

/** Reads vault files, and tells what is wrong with one. */
export interface VaultReader {
  /** The present content; empty before the first write. Throws VaultError. */
  read(): Promise<Opened>;
  /** A kept generation, or the present file where it is that one, whatever else is wrong with it. Throws VaultError. */
  readGeneration(generation: number): Promise<VaultContent | undefined>;
  fault(fault: VaultFault): VaultError;
}

export function createVaultReader(parts: ReaderParts): VaultReader {
  const { db, file, identity, generations } = parts;
  let last: Opened | undefined;

  const fault = (what: VaultFault): VaultError => {
    const kept = generations.list().find(({ generation }) => isWhole(generations.fileOf(generation)))?.generation;
    return new VaultError(what, { vault: file, identity: parts.identityFile, kept });
  };

  const read = async (): Promise<Opened> => {
    // Before the file: a write under way replaces the file first and its row after, so the row is never ahead of what we read.
    const seen = readSeen(db);
    const bytes = bytesOf(file);
    if (!bytes) {
      if (seen && seen.generation > 0) throw fault({ state: 'missing', newest: seen.generation });
      return { content: emptyContent(), seal: '' };
    }
    const decoded = wholeFile(bytes);
    const { generation } = decoded.header;
    if (seen && generation < seen.generation) throw fault({ state: 'rolled_back', generation, newest: seen.generation });
    if (last?.seal === decoded.seal && seen?.seal === decoded.seal) return last;
    const keys = await loadIdentity();
    const content = await open(decoded, { keys, seen });
    if (seen?.generation === generation && seen.seal !== decoded.seal)
      throw fault({ state: 'swapped', why: `generation ${generation} had another content when it was written` });
    if (!seen || seen.seal !== decoded.seal)
      writeSeen(db, { ...decoded.header, vault: sha256(content.vault), seal: decoded.seal, recipient: keys.pairs[0].recipient });
    return (last = { content, seal: decoded.seal });
  };

  const wholeFile = (bytes: Buffer): VaultFile => {
    const decoded = decodeVault(bytes);
    if (!isFlaw(decoded)) return decoded;
    if (decoded.flaw === 'damaged') throw fault({ state: 'damaged' });
    throw fault({ state: 'truncated', found: decoded.found, expected: decoded.expected });
  };

  const loadIdentity = async (): Promise<Identity> => {
    if (!identity.exists()) throw fault({ state: 'no_identity' });
    return identity.load();
  };

  const open = async ({ header, body }: VaultFile, { keys, seen }: { keys: Identity; seen: Seen | undefined }): Promise<VaultContent> => {
    const text = await decryptWith({ keys: keys.pairs.map(({ key }) => key) }, body).catch((error: unknown) => {
      throw error instanceof NotForThisKey ? wrongKey(keys, seen) : fault({ state: 'damaged' });
    });
    const content = parsed(text);
    if (!content) throw fault({ state: 'swapped', why: 'what is encrypted in it is no vault' });
    if (content.generation !== header.generation || content.hasSettings !== header.hasSettings)
      throw fault({ state: 'swapped', why: 'its first line differs from what is encrypted in it' });
    if (seen && sha256(content.vault) !== seen.vault) throw fault({ state: 'swapped', why: 'it is another vault' });
    return content;
  };

  const wrongKey = ({ pairs }: Identity, seen: Seen | undefined): VaultError => {
    const isOurs = pairs.some(({ recipient }) => recipient === seen?.recipient);
    if (isOurs) return fault({ state: 'swapped', why: 'it is encrypted for another key' });
    return fault({ state: 'wrong_identity', recipient: pairs[0].recipient, expected: seen?.recipient });
  };

  const readGeneration: VaultReader['readGeneration'] = async (generation) => {
    const present = bytesOf(file);
    const decoded = present && decodeVault(present);
    const isPresent = decoded && !isFlaw(decoded) && decoded.header.generation === generation;
    const bytes = isPresent ? present : bytesOf(generations.fileOf(generation));
    if (!bytes) return undefined;
    return open(wholeFile(bytes), { keys: await loadIdentity(), seen: readSeen(db) });
  };

  return { read, readGeneration, fault };
}

function parsed(text: string): VaultContent | undefined {
  try {
    return vaultContent.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isWhole(file: string): boolean {
  const bytes = bytesOf(file);
  return bytes !== undefined && !isFlaw(decodeVault(bytes));
}

/** Undefined where there is no such file. Throws `bad_config` where others may read it. */
export function bytesOf(file: string): Buffer | undefined {
  refuseOpen(file, 0o600);
  try {
    return readFileSync(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw explained(error, file);
  }
}
