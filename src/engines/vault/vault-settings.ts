import type { Db } from '../../core/database.ts';
import { isSetting } from './vault-content.ts';
import { decodeVault, isFlaw } from './vault-file.ts';
import { bytesOf } from './vault-reader.ts';
import { createReading, type ReadingParts } from './reading.ts';
import { readSeen } from './seen.ts';

export type VaultSettingsParts = Omit<ReadingParts, 'db'> & { openDb: () => Db };

/**
 * Values of the secrets named like settings. Where the first line says that there are none, neither claw.db nor the
 * vault is opened. Throws what is wrong with a vault that is known to hold settings, and passes over any other.
 */
export async function readVaultSettings({ openDb, ...rest }: VaultSettingsParts): Promise<Record<string, string>> {
  const bytes = bytesOf(rest.paths.vault);
  const decoded = bytes && decodeVault(bytes);
  if (decoded && !isFlaw(decoded) && !decoded.header.hasSettings) return {};
  const db = openDb();
  try {
    if ((!decoded || isFlaw(decoded)) && !readSeen(db)?.hasSettings) return {};
    const { content } = await createReading({ db, ...rest }).reader.read();
    const entries = Object.entries(content.secrets).filter(([name]) => isSetting(name));
    return Object.fromEntries(entries.map(([name, { value }]) => [name, value]));
  } finally {
    db.close();
  }
}
