import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { createGenerations } from './generations.ts';
import { createIdentityFile } from './identity.ts';
import { createVaultReader, type ReaderParts, type VaultReader } from './vault-reader.ts';

export interface ReadingParts {
  /** `vault.age` and `identity.txt`. */
  paths: { vault: string; identity: string };
  db: Db;
  clock: Clock;
  passphrase?: string;
  askPassphrase?: () => Promise<string>;
}

/** What it takes to read the vault; nothing is read yet. */
export function createReading({ paths, db, ...rest }: ReadingParts): { parts: ReaderParts; reader: VaultReader } {
  const generations = createGenerations(paths.vault);
  const identity = createIdentityFile({ file: paths.identity, ...rest, locked: () => reader.fault({ state: 'locked' }) });
  const parts = { db, file: paths.vault, identityFile: paths.identity, identity, generations };
  const reader = createVaultReader(parts);
  return { parts, reader };
}
