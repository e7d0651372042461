import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { GivenCommand } from '../../core/command-class.ts';
import { commandsIn } from '../../core/commands/places.ts';
import { commandGiven } from '../../core/foreign-input.ts';
import { absolute, realPath, type Ground } from '../../core/ground.ts';
import { statOf } from '../../core/look.ts';
import { canonicalJson, sha256 } from '../../core/json.ts';
import type { Redactor } from '../../core/redact.ts';
import { changedFiles, type BoundFile } from './changed-files.ts';
import { ledByLinks } from './led-by-links.ts';
import { codeWords, type CodeWord } from './code-words.ts';

export interface BoundParts {
  ground: Ground;
  /** Where programs are looked up that stand there by name. */
  searched: string;
}

const mostFiles = 200;
const largest = 268_435_456;
const chunk = 1_048_576;
/** Only the administrator changes programs here. */
const systemFolders = /^\/(usr\/(local\/)?)?s?bin(\/|$)/;
const codeNames =
  /\.(sh|bash|zsh|fish|py|pyc|js|mjs|cjs|jsx|ts|mts|cts|tsx|rb|pl|pm|php|lua|r|jl|tcl|awk|sed|sql|mk|so|deb|rpm|ya?ml|tf|go|service)$/i;

/** The programs and scripts of a call's command, as they are on disk now; none for calls without a command. */
function boundFiles(input: unknown, parts: BoundParts): BoundFile[] {
  const given = commandGiven(input);
  if (!Array.isArray(given.command) && typeof given.script !== 'string') return [];
  const found = new Map<string, BoundFile>();
  for (const { file, isCertain } of [...codeWords(given, parts.ground), ...lookedUp(given, parts)]) {
    if (found.size >= mostFiles) break;
    const real = realPath(file);
    if (found.has(real)) continue;
    const content = contentOf(real, isCertain);
    if (content !== undefined) found.set(real, { path: real, content });
  }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Programs that stand there as a bare name, where they are not the system's. */
function lookedUp(given: GivenCommand, { ground, searched }: BoundParts): CodeWord[] {
  const start = { ...ground, base: absolute(given.cwd ?? '.', ground) };
  const ofLine = (value: string): string[] => value.split(':').map((folder) => absolute(folder, start));
  return commandsIn(given).flatMap(({ words: [name = ''], sets }) => {
    const own = [given.env?.PATH, ...sets.flatMap((one) => (one.name === 'PATH' ? [one.value] : []))];
    if (name === '' || name.includes('/') || name.includes('\0')) return [];
    const folders = [...own.flatMap((value) => (typeof value === 'string' ? ofLine(value) : [])), ...ofLine(searched)];
    const first = folders.map((folder) => path.join(folder, name)).find((file) => statOf(file)?.isFile() === true);
    return first === undefined || systemFolders.test(first) ? [] : [{ file: first, isCertain: true }];
  });
}

/** Undefined for what is no regular file, or no code. */
function contentOf(file: string, isCertain: boolean): string | undefined {
  const found = statOf(file);
  if (!found?.isFile()) return undefined;
  const looksLikeCode = codeNames.test(file) || (found.mode & 0o111) !== 0;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!isCertain && !looksLikeCode && !beginsWithShebang(descriptor)) return undefined;
    return fstatSync(descriptor).size > largest ? unread(found) : digest(descriptor);
  } catch {
    return isCertain || looksLikeCode ? unread(found) : undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

// The time of change of an inode cannot be set back by a program.
const unread = ({ ino, size, ctimeMs }: Stats): string => `unread: inode ${ino}, ${size} bytes, changed ${new Date(ctimeMs).toISOString()}`;

function beginsWithShebang(descriptor: number): boolean {
  const start = Buffer.alloc(2);
  return readSync(descriptor, start, 0, 2, 0) === 2 && start.toString('latin1') === '#!';
}

function digest(descriptor: number): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(chunk);
  for (let at = 0; ;) {
    const read = readSync(descriptor, buffer, 0, chunk, at);
    if (read === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, read));
    at += read;
    if (at > largest) throw new Error('it grows while it is read');
  }
}

/** The files as a question shows them, and one hash of them as they are, to compare by. */
export function boundTo(input: unknown, parts: BoundParts, redactor: Pick<Redactor, 'value'>): { files: BoundFile[]; bound: string } {
  const files = [...boundFiles(input, parts), ...ledByLinks(input, parts.ground)];
  return { files: redactor.value(files), bound: files.length === 0 ? '' : sha256(canonicalJson(files)) };
}

/** Throws `conflict` where a file has changed since the approval was looked up, while the record was put on disk. */
export function refuseSwapped({ exactInput, bound, files }: Swappable, parts: BoundParts): void {
  const now = boundTo(exactInput, parts, { value: (value) => value });
  if (now.bound !== bound) throw changedFiles('the approval', { approved: files ?? [], now: now.files });
}

interface Swappable {
  exactInput: unknown;
  bound?: string;
  files?: BoundFile[];
}
