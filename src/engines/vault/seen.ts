import type { Db } from '../../core/database.ts';

/** The newest vault file this data folder has known, remembered outside of that file. */
export interface Seen {
  /** SHA-256 of the vault's inner id. */
  vault: string;
  generation: number;
  /** SHA-256 of the whole file. */
  seal: string;
  /** Public key it was written for. */
  recipient: string;
  /** Whether a secret in it is named like a setting. */
  hasSettings: boolean;
}

export function readSeen(db: Db): Seen | undefined {
  const sql = 'SELECT vault, generation, seal, recipient, hasSettings FROM vault_seen';
  const row = db.prepare(sql).get() as (Omit<Seen, 'hasSettings'> & { hasSettings: number }) | undefined;
  return row && { ...row, hasSettings: row.hasSettings === 1 };
}

export function writeSeen(db: Db, { vault, generation, seal, recipient, hasSettings }: Seen): void {
  db.prepare('INSERT OR REPLACE INTO vault_seen VALUES (1, ?, ?, ?, ?, ?)').run(vault, generation, seal, recipient, Number(hasSettings));
}
