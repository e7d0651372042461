import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { breathing } from '../../core/breathe.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { archiveLines } from './audit-archive-file.ts';
import type { ArchiveRow, AuditArchive } from './audit-archive.ts';
import { isGenuine, parseCheckpoints, type Checkpoint } from './audit-checkpoint.ts';
import type { AuditCheckpoints } from './audit-checkpoints.ts';
import type { AuditKey } from './audit-key.ts';
import type { AuditMirror } from './audit-mirror.ts';
import { createAuditWalk, type AuditWalk, type Bad } from './audit-walk.ts';
import { archivedTo, auditRows } from './audit.ts';

export interface AuditCheck {
  ok: boolean;
  /** Rows that were recomputed. */
  rows: number;
  /** The first of them: more than 1 where retention has deleted older ones. */
  startsAt: number;
  /** Checkpoints that were held against the rows. */
  checkpoints: number;
  /** The last row that a signature proves. */
  provenTo?: number;
  firstBad?: number;
  where?: Bad['where'];
  why?: string;
}

export interface CheckParts {
  db: Db;
  mirror: AuditMirror;
  checkpoints: AuditCheckpoints;
  archive: AuditArchive;
  /** Where archives are. */
  folder: string;
  /** The file that checkpoints are exported to, where there is one. */
  exportedTo: string | undefined;
}

/** Archives, then claw.db, row by row, held against every checkpoint that is known; then audit.log against claw.db. */
export async function checkAudit(parts: CheckParts, given?: string): Promise<AuditCheck> {
  const base = archivedTo(parts.db).seq;
  const found = await checkOnce(parts, given);
  // Rows that were moved while we looked are not missing.
  return found.ok || archivedTo(parts.db).seq === base ? found : checkOnce(parts, given);
}

async function checkOnce(parts: CheckParts, given: string | undefined): Promise<AuditCheck> {
  const key = parts.checkpoints.knownKey();
  const all = allCheckpoints(parts, given);
  const genuine = all.filter((one) => isGenuine(one, key));
  const archives = parts.archive.list();
  const dropped = archives.findLast(({ droppedAt }) => droppedAt !== null);
  const walk = createAuditWalk(pinsOf(genuine));
  if (dropped) walk.startAfter({ seq: dropped.toSeq, hash: dropped.hash });
  const chain = undeclared(dropped, genuine) ?? (await alongChain(parts, { walk, key, archives })) ?? cutTail(walk, genuine);
  const bad = firstOf([chain, strangers(all, genuine), await mirrorBad(parts.mirror)]);
  const provenTo = walk.provenTo();
  return {
    ok: bad === undefined,
    rows: walk.rows(),
    startsAt: (dropped?.toSeq ?? 0) + 1,
    checkpoints: all.length,
    ...(provenTo !== undefined && { provenTo }),
    ...(bad && { firstBad: bad.seq, where: bad.where, why: bad.why }),
  };
}

const firstOf = (found: (Bad | undefined)[]): Bad | undefined =>
  found.filter((bad) => bad !== undefined).toSorted((one, other) => one.seq - other.seq)[0];

/** Those in claw.db, those that were exported to a file, and those that the caller has kept elsewhere. */
function allCheckpoints({ checkpoints, exportedTo }: CheckParts, given: string | undefined): Checkpoint[] {
  const kept = exportedTo !== undefined && existsSync(exportedTo) ? [exportedTo] : [];
  const texts = [...(given === undefined ? [] : [given]), ...kept].map(readKept);
  return [...checkpoints.list(), ...texts.flatMap(parseCheckpoints)];
}

function readKept(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ToolError('not_found', 'The file of checkpoints cannot be read.', {
      hint: 'Give the whole path of an exported file.',
      cause,
    });
  }
}

function pinsOf(genuine: Checkpoint[]): Map<number, Set<string>> {
  const pins = new Map<number, Set<string>>();
  for (const { seq, hash } of genuine) pins.set(seq, (pins.get(seq) ?? new Set()).add(hash));
  return pins;
}

/** Rows may be gone because retention deleted them, and then that is signed. */
function undeclared(dropped: ArchiveRow | undefined, genuine: Checkpoint[]): Bad | undefined {
  if (!dropped) return undefined;
  const isSigned = genuine.some(({ kind, seq, hash }) => kind === 'dropped' && seq === dropped.toSeq && hash === dropped.hash);
  return isSigned ? undefined : { seq: 1, where: 'archive', why: 'rows are gone, and no signature says that retention deleted them' };
}

interface Way {
  walk: AuditWalk;
  key: AuditKey | undefined;
  archives: ArchiveRow[];
}

async function alongChain({ db, folder }: CheckParts, { walk, key, archives }: Way): Promise<Bad | undefined> {
  for (const archive of archives.filter(({ droppedAt }) => droppedAt === null)) {
    const bad = await alongArchive(path.join(folder, archive.file), { walk, key, archive });
    if (bad) return bad;
  }
  const base = archivedTo(db).seq;
  const stray = db.prepare('SELECT min(seq) AS seq FROM audit WHERE seq <= ?').get(base) as { seq: number | null };
  if (stray.seq !== null) return { seq: stray.seq, where: 'claw.db', why: `row ${stray.seq} has no place in claw.db` };
  for await (const row of breathing(auditRows(db, base))) {
    const bad = walk.step(row, 'claw.db');
    if (bad) return bad;
  }
  return undefined;
}

interface ArchiveWay extends Omit<Way, 'archives'> {
  archive: ArchiveRow;
}

async function alongArchive(file: string, { walk, key, archive }: ArchiveWay): Promise<Bad | undefined> {
  const strange = (why: string): Bad => ({ seq: walk.last().seq + 1, where: 'archive', why: `${archive.file} ${why}` });
  let closing: Checkpoint | undefined;
  for await (const line of breathing(archiveLines(file))) {
    if (line === 'strange' || closing) return strange('holds a line that claw did not write');
    if ('closing' in line) closing = line.closing;
    else {
      const bad = walk.step(line.row, 'archive');
      if (bad) return bad;
    }
  }
  const { seq, hash } = walk.last();
  const isClosed = closing?.kind === 'archived' && closing.seq === seq && closing.hash === hash && isGenuine(closing, key);
  return isClosed && seq === archive.toSeq ? undefined : strange('is gone, or does not end with its signed checkpoint');
}

/** What was signed once and is not there any more. */
function cutTail(walk: AuditWalk, genuine: Checkpoint[]): Bad | undefined {
  const last = walk.last().seq;
  const signed = Math.max(0, ...genuine.map(({ seq }) => seq));
  return signed > last
    ? { seq: last + 1, where: 'claw.db', why: `row ${last + 1} is missing; rows up to ${signed} were signed` }
    : undefined;
}

function strangers(all: Checkpoint[], genuine: Checkpoint[]): Bad | undefined {
  const stranger = all.find((one) => !genuine.includes(one));
  return (
    stranger && {
      seq: stranger.seq,
      where: 'checkpoint',
      why: `a checkpoint of row ${stranger.seq} is not signed by this data folder's key`,
    }
  );
}

async function mirrorBad(mirror: AuditMirror): Promise<Bad | undefined> {
  const seq = await mirror.firstDifference();
  return seq === undefined ? undefined : { seq, where: 'audit.log', why: `row ${seq} differs from claw.db` };
}
