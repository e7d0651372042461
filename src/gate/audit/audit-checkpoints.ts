import { isoTime, type Clock } from '../../core/clock.ts';
import type { Db, Schema } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { signCheckpoint, type Checkpoint } from './audit-checkpoint.ts';
import type { AuditExport } from './audit-export.ts';
import { openAuditKey, readAuditKey, type AuditKey } from './audit-key.ts';
import { archivedTo, type Audit, type AuditRow } from './audit.ts';

export const auditCheckpointSchema: Schema = {
  part: 'audit_checkpoints',
  migrations: [
    `CREATE TABLE audit_checkpoints (
       kind TEXT NOT NULL, "from" INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL, keyId TEXT NOT NULL,
       signature TEXT NOT NULL, exported INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (seq, kind)) STRICT, WITHOUT ROWID;
     CREATE INDEX audit_checkpoints_pending ON audit_checkpoints (seq) WHERE exported = 0;`,
  ],
};

export interface MadeCheckpoint {
  checkpoint: Checkpoint;
  /** `off` where no export is set; after `failed` it is tried again with the next checkpoint. */
  export: 'done' | 'failed' | 'off';
}

/** Signed statements of what the audit was: kept here, and exported to where nobody who changes the audit can change them. */
export interface AuditCheckpoints {
  /** Of the newest row. Throws `not_found` where there is none. */
  make(): Promise<MadeCheckpoint>;
  /** Signs and keeps a statement of rows that leave claw.db. Joins the caller's transaction. */
  keep(kind: 'archived' | 'dropped', rows: { from: number; seq: number; hash: string }): Checkpoint;
  /** Sends what is not sent yet. */
  exportPending(): Promise<MadeCheckpoint['export']>;
  list(): Checkpoint[];
  /** Made at the first use. */
  key(): AuditKey;
  /** Undefined where nothing was ever signed here. */
  knownKey(): AuditKey | undefined;
  /** With `final`, makes one more where rows have come since the last. */
  close(options: { final: boolean }): Promise<void>;
}

export interface CheckpointParts {
  db: Db;
  clock: Clock;
  log: Log;
  audit: Audit;
  keyFile: string;
  send: AuditExport | undefined;
  /** Rows from one checkpoint to the next. */
  every?: number;
}

export function createAuditCheckpoints({ db, clock, log, audit, keyFile, send, every = 1_000 }: CheckpointParts): AuditCheckpoints {
  let opened: AuditKey | undefined;
  let isClosed = false;
  const key = (): AuditKey => (opened ??= openAuditKey(keyFile));
  const newest = (): Pick<AuditRow, 'seq' | 'hash'> | undefined =>
    db.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get() as Pick<AuditRow, 'seq' | 'hash'> | undefined;
  const find = (seq: number): Checkpoint | undefined => {
    const sql = `SELECT ${columns} FROM audit_checkpoints WHERE seq = ? AND kind = 'checkpoint'`;
    return db.prepare(sql).get(seq) as Checkpoint | undefined;
  };
  const insert = (what: Omit<Checkpoint, 'at' | 'keyId' | 'signature'>): Checkpoint => {
    const made = signCheckpoint({ ...what, at: isoTime(clock.now()) }, key());
    const sql = 'INSERT OR REPLACE INTO audit_checkpoints VALUES (@kind, @from, @seq, @hash, @at, @keyId, @signature, 0)';
    db.prepare(sql).run(made);
    return made;
  };
  const sign = (): Checkpoint =>
    db.transaction(() => {
      const row = newest();
      if (!row) throw new ToolError('not_found', 'The audit has no rows yet.', { hint: 'Any call makes one.' });
      return find(row.seq) ?? insert({ kind: 'checkpoint', from: archivedTo(db).seq + 1, ...row });
    });
  const exportPending = async (): Promise<MadeCheckpoint['export']> => {
    if (!send) return 'off';
    try {
      const pending = `SELECT ${columns} FROM audit_checkpoints WHERE exported = 0 ORDER BY seq`;
      for (const one of db.prepare(pending).all() as Checkpoint[]) {
        await send(one);
        if (!isClosed) db.prepare('UPDATE audit_checkpoints SET exported = 1 WHERE seq = ? AND kind = ?').run(one.seq, one.kind);
      }
      return 'done';
    } catch (error) {
      log.error('audit_export_failed', { error });
      return 'failed';
    }
  };
  const make = async (): Promise<MadeCheckpoint> => ({ checkpoint: sign(), export: await exportPending() });
  const makeDue = (): void => {
    if (!isClosed) make().catch((error: unknown) => log.error('audit_checkpoint_failed', { error }));
  };
  audit.onRecord((seq) => {
    // After the transaction of the row, which may be larger than the row.
    if (seq % every === 0) setImmediate(makeDue);
  });
  return {
    make,
    exportPending,
    key,
    keep: (kind, rows) => insert({ kind, ...rows }),
    list: () => db.prepare(`SELECT ${columns} FROM audit_checkpoints ORDER BY seq`).all() as Checkpoint[],
    knownKey: () => opened ?? readAuditKey(keyFile),
    close: async ({ final }) => {
      const row = newest();
      if (final && row && !find(row.seq)) await make().catch((error: unknown) => log.error('audit_checkpoint_failed', { error }));
      isClosed = true;
    },
  };
}

const columns = 'kind, "from", seq, hash, at, keyId, signature';
