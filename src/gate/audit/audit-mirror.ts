import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { Db, Schema } from '../../core/database.ts';
import { breathing } from '../../core/breathe.ts';
import { explained } from '../../core/atomic-write.ts';
import { systemCode, ToolError } from '../../core/errors.ts';
import { fileLines } from '../../core/line-reader.ts';
import type { Log } from '../../core/log.ts';
import { archivedTo, auditLine, auditRows, type Audit, type AuditRow } from './audit.ts';

export const auditMirrorSchema: Schema = {
  part: 'audit_mirror',
  migrations: [
    `CREATE TABLE audit_mirror (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
     INSERT INTO audit_mirror VALUES (1, 0, 0);`,
    'ALTER TABLE audit_mirror ADD COLUMN isStale INTEGER NOT NULL DEFAULT 0',
  ],
};

/**
 * `audit.log`: the audit rows as JSON lines, for grep and log shippers. Whoever writes holds the
 * write lock of claw.db, so any number of processes may share the file.
 */
export interface AuditMirror {
  /** Brings the file up to date. Says in the log what it had to repair; throws where the file was changed. */
  flush(): void;
  /** The first row at which the file differs from claw.db, or undefined. */
  firstDifference(): Promise<number | undefined>;
  /** Rows have left claw.db: the next `flush` writes the file anew. Joins the caller's transaction. */
  outdate(): void;
  close(): void;
}

export interface MirrorParts {
  db: Db;
  audit: Audit;
  file: string;
  log: Log;
  /** How long rows may gather before they are written together. */
  delayMs?: number;
}

export function createAuditMirror({ db, audit, file, log, delayMs = 50 }: MirrorParts): AuditMirror {
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    withFile(file, (descriptor) => db.transaction(() => append(descriptor)));
  };
  const append = (descriptor: number): void => {
    const done = db.prepare('SELECT seq, bytes, isStale FROM audit_mirror').get() as { seq: number; bytes: number; isStale: number };
    const found = fstatSync(descriptor).size;
    if (done.isStale === 1) return write(descriptor, { seq: 0, bytes: 0 });
    if (found < done.bytes) log.warn('audit_log_repaired', { file, missingBytes: done.bytes - found });
    // After a cut we begin again; after a crash between writing and committing, the file holds more lines than we know of.
    const from = found < done.bytes ? { seq: 0, bytes: 0 } : done;
    if (!holds(descriptor, { ...from, end: found })) throw changed(file);
    write(descriptor, from);
  };
  /** Whether what is in the file from here on is how our rows begin. */
  const holds = (descriptor: number, { seq, bytes, end }: { seq: number; bytes: number; end: number }): boolean => {
    let at = bytes;
    for (const part of lines(db, seq)) {
      if (at >= end) return true;
      if (!startsWith(part.text, readRange(descriptor, at, Math.min(end, at + part.bytes)))) return false;
      at += part.bytes;
    }
    return at >= end;
  };
  const write = (descriptor: number, from: { seq: number; bytes: number }): void => {
    let done = { seq: from.seq, bytes: from.bytes };
    for (const part of lines(db, from.seq)) {
      writeAt(descriptor, part.text, done.bytes);
      done = { seq: part.lastSeq, bytes: done.bytes + part.bytes };
    }
    remember(db, done);
  };
  /** Why the last rows could not be written. */
  let failure: unknown;
  const attempt = (): void => {
    failure = undefined;
    try {
      flush();
    } catch (error) {
      // Of a file that was changed nothing is lost: claw.db has every row, and audit_verify tells where it differs.
      if (!(error instanceof ToolError && error.code === 'conflict')) failure = error;
      log.error('audit_log_failed', { file, error });
    }
  };
  audit.beforeStart(() => {
    if (failure !== undefined) attempt();
    const reason = failure ?? whyNotWritable(file);
    if (reason !== undefined) throw unwritable(reason);
  });
  audit.onRecord(() => {
    timer ??= setTimeout(attempt, delayMs).unref();
  });
  return {
    flush,
    outdate: () => void db.prepare('UPDATE audit_mirror SET isStale = 1').run(),
    firstDifference: async () => {
      const descriptor = openMirror(file);
      try {
        return await firstDifference(db, descriptor);
      } finally {
        closeSync(descriptor);
      }
    },
    close: () => attempt(),
  };
}

const rowsAtOnce = 5_000;

function whyNotWritable(file: string): unknown {
  try {
    return withFile(file, (descriptor) => (fstatSync(descriptor).isFile() ? undefined : new Error('no plain file')));
  } catch (error) {
    return error;
  }
}

/** The name of the file only: the path is nobody's business who may not see the data folder. */
function unwritable(reason: unknown): ToolError {
  const known = ['ELOOP', 'EISDIR', 'EEXIST'].includes(systemCode(reason)) ? reason : explained(reason, 'audit.log');
  const { message, hint } =
    known instanceof ToolError
      ? known
      : {
          message: 'In the place of audit.log is no plain file.',
          hint: 'Take audit.log away from the data folder; a new one is written from claw.db.',
        };
  return new ToolError('unavailable', `The audit log cannot be written, so nothing is carried out. ${message}`, { hint, cause: reason });
}

const changed = (file: string): ToolError =>
  new ToolError('conflict', `${file} differs from claw.db.`, {
    hint: 'Run audit_verify to see the first row; move the file away and a new one is written from claw.db.',
  });

interface Part {
  text: string;
  bytes: number;
  lastSeq: number;
}

/** The rows as lines, some thousands at a time. */
function* lines(db: Db, after: number): Generator<Part> {
  let rows: AuditRow[] = [];
  const part = (): Part => {
    const text = rows.map(auditLine).join('');
    return { text, bytes: Buffer.byteLength(text), lastSeq: rows.at(-1)!.seq };
  };
  for (const row of auditRows(db, after)) {
    rows.push(row);
    if (rows.length < rowsAtOnce) continue;
    yield part();
    rows = [];
  }
  if (rows.length > 0) yield part();
}

function remember(db: Db, { seq, bytes }: { seq: number; bytes: number }): void {
  db.prepare('UPDATE audit_mirror SET seq = ?, bytes = ?, isStale = 0').run(seq, bytes);
}

const openMirror = (file: string): number => openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);

function withFile<T>(file: string, work: (descriptor: number) => T): T {
  const descriptor = openMirror(file);
  try {
    return work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

// Bytes, not text: a cut may fall inside a character.
const startsWith = (text: string, bytes: Buffer): boolean => Buffer.from(text).subarray(0, bytes.length).equals(bytes);

function readRange(descriptor: number, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(to - from);
  for (let at = 0; at < buffer.length;) {
    const count = readSync(descriptor, buffer, at, buffer.length - at, from + at);
    if (count === 0) break;
    at += count;
  }
  return buffer;
}

// On a full disk writeSync returns a short count without throwing: the torn line is taken back.
function writeAt(descriptor: number, text: string, position: number): void {
  const buffer = Buffer.from(text);
  try {
    for (let at = 0; at < buffer.length;) {
      const count = writeSync(descriptor, buffer, at, buffer.length - at, position + at);
      if (count === 0) throw new ToolError('unavailable', 'No space left for audit.log.', { hint: 'Free some disk space.' });
      at += count;
    }
    ftruncateSync(descriptor, position + buffer.length);
  } catch (error) {
    ftruncateSync(descriptor, position);
    throw error;
  }
}

async function firstDifference(db: Db, descriptor: number): Promise<number | undefined> {
  // Whoever writes the file holds the write lock, so up to this size no line is half written.
  const { size, isStale } = db.transaction(() => ({
    size: fstatSync(descriptor).size,
    isStale: (db.prepare('SELECT isStale FROM audit_mirror').get() as { isStale: number }).isStale === 1,
  }));
  if (isStale) return undefined;
  const rows = auditRows(db);
  let last = archivedTo(db).seq;
  for await (const { bytes, isTorn } of breathing(fileLines(descriptor, size))) {
    const row = rows.next().value;
    if (!row || isTorn || !bytes.equals(Buffer.from(auditLine(row).slice(0, -1)))) return row?.seq ?? last + 1;
    last = row.seq;
  }
  // Rows that the mirror has not reached yet are no difference.
  return undefined;
}
