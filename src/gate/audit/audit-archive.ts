import { closeSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { breathing } from '../../core/breathe.ts';
import { isoTime, type Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { closeArchive, writeWhole } from './audit-archive-file.ts';
import type { AuditCheckpoints } from './audit-checkpoints.ts';
import type { AuditMirror } from './audit-mirror.ts';
import { createAuditWalk } from './audit-walk.ts';
import { archivedTo, auditLine, auditRows, type AuditRow } from './audit.ts';

/** A stretch of rows that has left claw.db; `droppedAt` once retention has deleted its file. */
export interface ArchiveRow {
  fromSeq: number;
  toSeq: number;
  /** Of its last row. */
  hash: string;
  /** When its last row was written. */
  newest: string;
  file: string;
  droppedAt: number | null;
}

export interface RotateRequest {
  olderThanDays?: number | undefined;
  keepRows?: number | undefined;
  /** Deletes archives whose newest row is older. */
  dropOlderThanDays?: number | undefined;
}

export interface Rotation {
  moved: number;
  from?: number;
  to?: number;
  file?: string;
  /** Archives deleted by retention. */
  dropped: number;
  /** Where the rows that can still be read begin. */
  startsAt: number;
}

/** Takes old rows out of claw.db, into files that prove themselves: the rows as JSON lines, then a signed closing checkpoint. */
export interface AuditArchive {
  /** Moves nothing of a chain that is not whole: throws `conflict` naming the row. */
  rotate(request: RotateRequest): Promise<Rotation>;
  list(): ArchiveRow[];
  /** The files that retention by this many days would delete. */
  due(days: number): string[];
}

export interface ArchiveParts {
  db: Db;
  clock: Clock;
  mirror: AuditMirror;
  checkpoints: AuditCheckpoints;
  /** Where the files go. */
  folder: string;
}

const dayMs = 86_400_000;

export function createAuditArchive({ db, clock, mirror, checkpoints, folder }: ArchiveParts): AuditArchive {
  const list: AuditArchive['list'] = () => db.prepare('SELECT * FROM audit_archives ORDER BY toSeq').all() as ArchiveRow[];

  const move = async (base: ArchiveRow['toSeq'], to: number): Promise<string> => {
    const name = `audit-${String(base + 1).padStart(12, '0')}.jsonl`;
    const file = path.join(folder, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const last = await writeRows(`${file}.new`, to);
    const closing = db.transaction(() => checkpoints.keep('archived', { from: base + 1, seq: to, hash: last.hash }));
    closeArchive(`${file}.new`, file, closing);
    db.transaction(() => {
      if (archivedTo(db).seq !== base)
        throw new ToolError('conflict', 'Another process has rotated the audit meanwhile.', { hint: 'Look at audit_verify.' });
      db.prepare('DELETE FROM audit WHERE seq <= ?').run(to);
      db.prepare('INSERT INTO audit_archives VALUES (?, ?, ?, ?, ?, NULL)').run(to, base + 1, last.hash, last.at, name);
      mirror.outdate();
    });
    return file;
  };

  /** Copies the rows up to `to`, checking each. */
  const writeRows = async (file: string, to: number): Promise<AuditRow> => {
    const walk = createAuditWalk(new Map());
    walk.startAfter(archivedTo(db));
    const descriptor = openSync(file, 'w', 0o600);
    let last: AuditRow | undefined;
    try {
      for await (const row of breathing(auditRows(db, archivedTo(db).seq))) {
        if (row.seq > to) break;
        const bad = walk.step(row, 'claw.db');
        if (bad) throw new ToolError('conflict', `Nothing is moved: ${bad.why}.`, { hint: 'audit_verify tells more.' });
        writeWhole(descriptor, auditLine(row));
        last = row;
      }
      fsyncSync(descriptor);
      return last!;
    } finally {
      closeSync(descriptor);
    }
  };

  const olderThan = (days: number): ArchiveRow[] => {
    const limit = isoTime(clock.now() - days * dayMs);
    return list().filter(({ newest, droppedAt }) => droppedAt === null && newest < limit);
  };
  const drop = (days: number): number => {
    const old = olderThan(days);
    const last = old.at(-1);
    if (!last) return 0;
    db.transaction(() => {
      checkpoints.keep('dropped', { from: 1, seq: last.toSeq, hash: last.hash });
      db.prepare('UPDATE audit_archives SET droppedAt = ? WHERE toSeq <= ? AND droppedAt IS NULL').run(clock.now(), last.toSeq);
    });
    for (const { file } of list().filter(({ droppedAt }) => droppedAt !== null)) rmSync(path.join(folder, file), { force: true });
    return old.length;
  };

  return {
    list,
    due: (days) => olderThan(days).map(({ file }) => file),
    rotate: async ({ olderThanDays, keepRows, dropOlderThanDays }) => {
      mirror.flush();
      const base = archivedTo(db).seq;
      const to = lastToMove(db, {
        before: olderThanDays === undefined ? undefined : isoTime(clock.now() - olderThanDays * dayMs),
        keepRows,
      });
      const file = to > base ? await move(base, to) : undefined;
      const dropped = dropOlderThanDays === undefined ? 0 : drop(dropOlderThanDays);
      mirror.flush();
      await checkpoints.exportPending();
      const startsAt = (list().findLast(({ droppedAt }) => droppedAt !== null)?.toSeq ?? 0) + 1;
      return { moved: Math.max(0, to - base), ...(file !== undefined && { from: base + 1, to, file }), dropped, startsAt };
    },
  };
}

/** The last row that may leave. The newest stays, for the chain to go on from; so do calls under way. */
function lastToMove(db: Db, { before, keepRows }: { before: string | undefined; keepRows: number | undefined }): number {
  const number = (sql: string, ...values: unknown[]): number | null => (db.prepare(sql).get(...values) as { n: number | null }).n;
  const newest = number('SELECT max(seq) AS n FROM audit') ?? 0;
  const open = number('SELECT min(seq) AS n FROM open_calls') ?? Infinity;
  const byAge = before === undefined ? 0 : (number('SELECT max(seq) AS n FROM audit WHERE at < ?', before) ?? 0);
  const byCount = keepRows === undefined ? 0 : newest - keepRows;
  return Math.min(Math.max(byAge, byCount), newest - 1, open - 1);
}
