import path from 'node:path';
import { manualClock } from '../../src/core/clock.ts';
import { openDatabase, type Db } from '../../src/core/database.ts';
import { silentLog, type Log } from '../../src/core/log.ts';
import { createRedactor } from '../../src/core/redact.ts';
import { createAuditArchive, type AuditArchive } from '../../src/gate/audit/audit-archive.ts';
import { checkAudit, type AuditCheck } from '../../src/gate/audit/audit-check.ts';
import { auditCheckpointSchema, createAuditCheckpoints, type AuditCheckpoints } from '../../src/gate/audit/audit-checkpoints.ts';
import { createAuditExport, exportedFile } from '../../src/gate/audit/audit-export.ts';
import { auditMirrorSchema, createAuditMirror, type AuditMirror } from '../../src/gate/audit/audit-mirror.ts';
import { auditSchema, createAudit, type Audit } from '../../src/gate/audit/audit.ts';

/** The audit with all that belongs to it, on a folder of its own and on a clock that moves when told to. */
export interface AuditBench extends Disposable {
  db: Db;
  audit: Audit;
  mirror: AuditMirror;
  checkpoints: AuditCheckpoints;
  archive: AuditArchive;
  clock: ReturnType<typeof manualClock>;
  /** audit.log */
  file: string;
  database: string;
  archives: string;
  record(count: number, detail?: unknown): void;
  check(checkpoints?: string): Promise<AuditCheck>;
}

export interface BenchOptions {
  log?: Log;
  /** As CLAW_AUDIT_EXPORT. */
  exportTo?: string;
  every?: number;
}

export function openAudit(folder: string, { log = silentLog, exportTo = '', every = 1_000_000 }: BenchOptions = {}): AuditBench {
  const database = path.join(folder, 'claw.db');
  const file = path.join(folder, 'audit.log');
  const archives = path.join(folder, 'audit-archive');
  const clock = manualClock();
  const db = openDatabase(database, [auditSchema, auditMirrorSchema, auditCheckpointSchema]);
  const redactor = createRedactor();
  redactor.add('hunter2-secret');
  const audit = createAudit({ db, clock, redactor, worker: 'w1' });
  const mirror = createAuditMirror({ db, audit, file, log, delayMs: 1_000_000 });
  const send = createAuditExport(exportTo);
  const checkpoints = createAuditCheckpoints({ db, clock, log, audit, keyFile: path.join(folder, 'audit.key'), send, every });
  const archive = createAuditArchive({ db, clock, mirror, checkpoints, folder: archives });
  const parts = { db, mirror, checkpoints, archive, folder: archives, exportedTo: exportedFile(exportTo) };
  return {
    db,
    audit,
    mirror,
    checkpoints,
    archive,
    clock,
    file,
    database,
    archives,
    record: (count, detail = 'é…') => {
      for (let i = 0; i < count; i += 1)
        audit.record({ event: 'ok', callId: `call_${i}`, caller: { kind: 'owner' }, tool: 'demo_do', detail });
    },
    check: (given) => checkAudit(parts, given),
    [Symbol.dispose]: () => {
      void checkpoints.close({ final: false });
      db.close();
    },
  };
}
