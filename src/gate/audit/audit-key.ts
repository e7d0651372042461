import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { systemCode, ToolError } from '../../core/errors.ts';

/** What checkpoints are signed with: ed25519 (RFC 8032), kept in the data folder with mode 0600. */
export interface AuditKey {
  /** The first 16 hex digits of the SHA-256 of the public key in DER (SPKI). */
  id: string;
  /** PEM. */
  publicKey: string;
  /** Base64. */
  sign(text: string): string;
  isSigned(text: string, signature: string): boolean;
}

/** Undefined where there is none. Throws `bad_config` for a file that holds no key. */
export function readAuditKey(file: string): AuditKey | undefined {
  return existsSync(file) ? keyOf(parsed(file)) : undefined;
}

/** The key of this data folder, made at the first use; of two processes that make one, both get the same. */
export function openAuditKey(file: string): AuditKey {
  const known = readAuditKey(file);
  if (known) return known;
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return keyOf(parsed(file));
}

function parsed(file: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    if (systemCode(error) === 'EACCES') throw error;
  }
  throw new ToolError('bad_config', `${file} holds no ed25519 key.`, {
    hint: 'Restore it from a backup. Without it, checkpoints that it signed cannot be verified; moved away, a new one is made.',
  });
}

function keyOf(privateKey: KeyObject): AuditKey {
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    id: createHash('sha256').update(der).digest('hex').slice(0, 16),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
    isSigned: (text, signature) => verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64')),
  };
}
