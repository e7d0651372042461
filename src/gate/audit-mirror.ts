import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { Db, Schema } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { auditRows, type Audit, type AuditRow } from './audit.ts';

export const auditMirrorSchema: Schema = {
  part: 'audit_mirror',
  migrations: [
    `CREATE TABLE audit_mirror (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
     INSERT INTO audit_mirror VALUES (1, 0, 0);`,
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
  firstDifference(): number | undefined;
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
    const done = db.prepare('SELECT seq, bytes FROM audit_mirror').get() as { seq: number; bytes: number };
    const found = fstatSync(descriptor).size;
    if (found < done.bytes) {
      log.warn('audit_log_repaired', { file, missingBytes: done.bytes - found });
      return rewriteTail(descriptor, found);
    }
    // After a crash between writing and committing, the file holds more lines than we know of.
    const rows = lines(db, done.seq);
    if (!startsWith(rows.text, readRange(descriptor, done.bytes, found))) throw changed(file);
    if (rows.text !== '') writeAt(descriptor, rows.text, done.bytes);
    remember(db, { seq: Math.max(done.seq, rows.lastSeq), bytes: done.bytes + Buffer.byteLength(rows.text) });
  };
  const rewriteTail = (descriptor: number, found: number): void => {
    const whole = lines(db, 0);
    if (!startsWith(whole.text, readRange(descriptor, 0, found))) throw changed(file);
    writeAt(descriptor, whole.text, 0);
    remember(db, { seq: whole.lastSeq, bytes: Buffer.byteLength(whole.text) });
  };
  const attempt = (): void => {
    try {
      flush();
    } catch (error) {
      log.error('audit_log_failed', { file, error });
    }
  };
  audit.onRecord(() => {
    timer ??= setTimeout(attempt, delayMs).unref();
  });
  return {
    flush,
    firstDifference: () =>
      withFile(file, (descriptor) => firstDifference(db, readRange(descriptor, 0, fstatSync(descriptor).size).toString('utf8'))),
    close: () => attempt(),
  };
}

const changed = (file: string): ToolError =>
  new ToolError('conflict', `${file} differs from claw.db.`, {
    hint: 'Run audit_verify to see the first row; move the file away and a new one is written from claw.db.',
  });

const asLine = (row: AuditRow): string => `${JSON.stringify(row)}\n`;

function lines(db: Db, after: number): { text: string; lastSeq: number } {
  let text = '';
  let lastSeq = after;
  for (const row of auditRows(db, after)) {
    text += asLine(row);
    lastSeq = row.seq;
  }
  return { text, lastSeq };
}

function remember(db: Db, { seq, bytes }: { seq: number; bytes: number }): void {
  db.prepare('UPDATE audit_mirror SET seq = ?, bytes = ?').run(seq, bytes);
}

function withFile<T>(file: string, work: (descriptor: number) => T): T {
  const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
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

function firstDifference(db: Db, text: string): number | undefined {
  const found = text.split('\n');
  const torn = found.pop() !== '';
  let index = 0;
  for (const row of auditRows(db)) {
    // Rows that the mirror has not reached yet are no difference.
    if (index >= found.length) return torn ? row.seq : undefined;
    if (`${found[index]}\n` !== asLine(row)) return row.seq;
    index += 1;
  }
  return index < found.length || torn ? index + 1 : undefined;
}
