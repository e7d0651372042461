import { writeBeside } from '../../core/atomic-write.ts';
import { ToolError } from '../../core/errors.ts';
import { decryptWith, encryptFor, newKeyPair, type KeyPair } from './age-cipher.ts';
import type { Identity } from './identity.ts';
import { publish } from './publish.ts';
import { decodeVault, encodeVault, isFlaw } from './vault-file.ts';
import { bytesOf, type ReaderParts, type VaultReader } from './vault-reader.ts';
import type { VaultWriter, Written } from './vault-writer.ts';

/**
 * A new key for the vault and everything that is kept. The order is such that identity.txt opens every file after a
 * crash at any point: it gets the new key beside the old ones first, and forgets a key only when no file needs it.
 */
export async function rekey(parts: ReaderParts, { reader, writer }: { reader: VaultReader; writer: VaultWriter }): Promise<Written> {
  await reader.read();
  await addKey(parts);
  const written = await writer.change((secrets) => secrets);
  for (const { generation } of parts.generations.list()) await encryptAgain(parts, generation, reader);
  await dropUnneeded(parts);
  return written;
}

async function addKey(parts: ReaderParts): Promise<void> {
  const { identity, identityFile: target } = parts;
  const keys = await identity.load();
  const temporary = await identity.stage([await newKeyPair(), ...keys.pairs], keys.isProtected || identity.protectsNew);
  if (!publish(parts, { keys, temporary, target }))
    throw new ToolError('conflict', 'Another process is changing the key.', { hint: 'Look at vault_status, then try again.' });
}

async function encryptAgain(parts: ReaderParts, generation: number, reader: VaultReader): Promise<void> {
  const content = await reader.readGeneration(generation).catch(() => undefined);
  if (!content) return;
  const keys = await parts.identity.load();
  const target = parts.generations.fileOf(generation);
  const body = await encryptFor(keys.pairs[0].recipient, JSON.stringify(content));
  publish(parts, { keys, temporary: await writeBeside(target, encodeVault(content, body), 0o600), target });
}

async function dropUnneeded(parts: ReaderParts): Promise<void> {
  const { identity, identityFile: target, file, generations } = parts;
  const keys = await identity.load();
  const needed = new Set([keys.pairs[0]]);
  for (const one of [file, ...generations.list().map(({ generation }) => generations.fileOf(generation))]) {
    const pair = await openedBy(keys, one);
    if (pair) needed.add(pair);
  }
  const [first, ...rest] = keys.pairs;
  publish(parts, { keys, temporary: await identity.stage([first, ...rest.filter((pair) => needed.has(pair))], keys.isProtected), target });
}

async function openedBy({ pairs }: Identity, file: string): Promise<KeyPair | undefined> {
  const bytes = bytesOf(file);
  const decoded = bytes && decodeVault(bytes);
  if (!decoded || isFlaw(decoded)) return undefined;
  for (const pair of pairs) {
    const isOpen = await decryptWith({ keys: [pair.key] }, decoded.body).then(
      () => true,
      () => false,
    );
    if (isOpen) return pair;
  }
  return undefined;
}
