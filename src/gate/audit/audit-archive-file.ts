import { closeSync, existsSync, fstatSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';
import { fileLines } from '../../core/line-reader.ts';
import { checkpointLine, parseCheckpoints, type Checkpoint } from './audit-checkpoint.ts';
import type { AuditRow } from './audit.ts';

/** A line of an archive: a row, the closing checkpoint, or nothing that we have written. */
export type ArchiveLine = { row: AuditRow } | { closing: Checkpoint } | 'strange';

/** The lines of one archive. None where the file is gone. */
export function* archiveLines(file: string): Generator<ArchiveLine> {
  if (!existsSync(file)) return;
  const descriptor = openSync(file, 'r');
  try {
    for (const { bytes, isTorn } of fileLines(descriptor, fstatSync(descriptor).size)) yield isTorn ? 'strange' : parsedLine(bytes);
  } finally {
    closeSync(descriptor);
  }
}

function parsedLine(bytes: Buffer): ArchiveLine {
  const text = bytes.toString('utf8');
  try {
    const value = JSON.parse(text) as AuditRow | Checkpoint;
    if (!Buffer.from(JSON.stringify(value)).equals(bytes)) return 'strange';
    return 'prev' in value ? { row: value } : { closing: parseCheckpoints(text)[0]! };
  } catch {
    return 'strange';
  }
}

/** The draft becomes the archive, whole or not at all. */
export function closeArchive(draft: string, file: string, closing: Checkpoint): void {
  const descriptor = openSync(draft, 'a', 0o600);
  try {
    writeWhole(descriptor, checkpointLine(closing));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
  const folder = openSync(path.dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** On a full disk writeSync returns a short count without throwing. */
export function writeWhole(descriptor: number, text: string): void {
  const buffer = Buffer.from(text);
  for (let at = 0; at < buffer.length;) {
    const count = writeSync(descriptor, buffer, at);
    if (count === 0) throw new ToolError('unavailable', 'No space left for the archive of the audit.', { hint: 'Free some disk space.' });
    at += count;
  }
}
