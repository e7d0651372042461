import { sha256 } from '../../core/json.ts';

/**
 * `vault.age`: one line of our own, then an armored age file. Without the first line (`tail -n +2 vault.age`) the `age`
 * program reads it. age alone would tell neither a cut file from a changed one nor an old file from the newest.
 */
export interface VaultHeader {
  /** Counts writes. It stands in the encrypted content as well, and both must agree. */
  generation: number;
  /** Whether a secret is named like a setting, so that a start which needs none need not open the vault. */
  hasSettings: boolean;
}

export interface VaultFile {
  header: VaultHeader;
  /** The age file. */
  body: string;
  /** SHA-256 of the whole file, header and body. */
  seal: string;
}

/** What is wrong with the bytes alone. */
export type Flaw = { flaw: 'truncated'; found: number; expected: number } | { flaw: 'damaged' };

const pattern = /^claw-vault 1 generation=(\d{1,15}) settings=(yes|no) bytes=(\d{1,9}) sha256=([0-9a-f]{64})$/;
const longestHeader = 200;

export function encodeVault({ generation, hasSettings }: VaultHeader, body: string): string {
  const settings = hasSettings ? 'yes' : 'no';
  return `claw-vault 1 generation=${generation} settings=${settings} bytes=${Buffer.byteLength(body)} sha256=${sha256(body)}\n${body}`;
}

export function decodeVault(content: Buffer): VaultFile | Flaw {
  const end = content.subarray(0, longestHeader).indexOf('\n');
  if (end === -1) return content.length < longestHeader ? cut(content.length, 0) : { flaw: 'damaged' };
  const fields = pattern.exec(content.toString('latin1', 0, end));
  if (!fields) return { flaw: 'damaged' };
  const [, generation, settings, bytes, digest] = fields;
  const body = content.subarray(end + 1);
  if (body.length < Number(bytes)) return cut(body.length, Number(bytes));
  if (body.length > Number(bytes) || sha256(body) !== digest) return { flaw: 'damaged' };
  const header = { generation: Number(generation), hasSettings: settings === 'yes' };
  return { header, body: body.toString('latin1'), seal: sha256(content) };
}

const cut = (found: number, expected: number): Flaw => ({ flaw: 'truncated', found, expected });

export const isFlaw = (file: VaultFile | Flaw): file is Flaw => 'flaw' in file;
