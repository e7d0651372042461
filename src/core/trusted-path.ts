import path from 'node:path';
import { absolute, contains, realPath, type Ground } from './ground.ts';
import { isLink, statOf } from './look.ts';
import { trustedNames, trustedSystem } from './trusted-names.ts';

/**
 * Whether a path, by its words alone, is one that others execute, source or believe: shell start-up files, keys, hooks,
 * units, schedules, folders of programs. With `home` a folder called bin counts there and where the system has its own;
 * without it any folder called bin does.
 */
export function isTrustedPath(file: string, home?: string): boolean {
  const folded = fold(file);
  // With it a folder is a repository, and the `config` beside it names programs (gitrepository-layout(5)).
  if (trustedSystem.test(folded) || /(^|\/)HEAD\/*$/.test(file)) return true;
  const segments = folded.split('/').filter(Boolean);
  return segments.some((_segment, index) => namedAt(segments, index)) || isOfGit(segments) || isInBin(segments, { file: folded, home });
}

/** Whether a folder of that name may hold such a place below it, as `.config` and `.git` do. */
function mayHoldTrusted(file: string): boolean {
  const segments = fold(file).split('/').filter(Boolean);
  if (isRepository(segments.at(-1))) return true;
  return trustedNames.some((names) => names.some((_name, count) => count > 0 && endsWith(segments, names.slice(0, count))));
}

/** What a file is to others: part of claw's program, or what is executed or believed. Undefined for an ordinary one. */
export type Place = 'program' | 'trusted';

/**
 * Judged where the path really leads, however it is written; a slash at its end means the folder with all that is below.
 * What a start-up file is a link to is that start-up file.
 */
export function placeOf(file: string, ground: Ground): Place | undefined {
  const named = absolute(file, ground);
  const real = realPath(named);
  const isWhole = file.endsWith('/');
  const meets = (folder: string): boolean => [named, real].some((one) => contains(folder, one) || (isWhole && contains(one, folder)));
  if (ground.program.some(meets)) return 'program';
  if ([named, real].some((one) => isTrustedPath(one, ground.userHome) || (isWhole && mayHoldTrusted(one)))) return 'trusted';
  if (path.basename(real) === 'config' && statOf(path.join(path.dirname(real), 'HEAD'))) return 'trusted';
  return [...ground.programFolders, ...hookFolders(real), ...linkedPlaces(ground.userHome)].some(meets) ? 'trusted' : undefined;
}

/** Where a file ends that is moved or copied: in a folder, under its own name, where `to` is one. */
export function landing(from: string, to: string): string {
  const isFolder = to.endsWith('/') || statOf(to)?.isDirectory() === true;
  return isFolder ? path.join(to, path.basename(realPath(from))) : to;
}

/** The places below a home folder that are executed or believed, whether or not they are there. */
export const startupPlaces = (home: string): string[] => [...trustedNames, ['bin']].map((names) => path.join(home, ...names));

/** What those of them really are that are links, or lie below one. */
const linkedPlaces = (home: string): string[] =>
  startupPlaces(home).flatMap((place) => {
    const names = path.relative(home, place).split('/');
    const isLinked = names.some((_name, index) => isLink(path.join(home, ...names.slice(0, index + 1))));
    return isLinked ? [realPath(place)] : [];
  });

/** Some file systems do not tell apart what differs only in case, in composition or in characters that nobody sees. */
const fold = (file: string): string =>
  file
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase();

const byFirst = Map.groupBy(trustedNames, ([first]) => first);

const namedAt = (segments: string[], index: number): boolean =>
  byFirst.get(segments[index])?.some((names) => names.every((name, offset) => segments[index + offset] === name)) === true;

const endsWith = (segments: string[], names: readonly string[]): boolean =>
  names.length <= segments.length && names.every((name, index) => segments[segments.length - names.length + index] === name);

const isRepository = (name: string | undefined): boolean => name?.endsWith('.git') === true;

/** In a repository, a bare one, one of its worktrees or submodules; and the hooks of a folder that git may be told to use. */
function isOfGit(segments: string[]): boolean {
  const [parent, name = ''] = segments.slice(-2);
  if (name === '.git' || (parent === 'hooks' && gitHook.test(name))) return true;
  const inside = segments.slice(segments.findIndex(isRepository) + 1);
  if (inside.length === segments.length) return false;
  return inside.includes('hooks') || /^config(\.worktree)?$/.test(name) || (parent === 'info' && name === 'attributes');
}

const gitHook =
  /^(pre|post|update|commit-msg|prepare-commit-msg|applypatch-msg|reference-transaction|fsmonitor|push-to-checkout|proc-receive|sendemail)[\w-]*$/;

function isInBin(segments: string[], { file, home }: { file: string; home: string | undefined }): boolean {
  const at = segments.lastIndexOf('bin');
  if (home === undefined) return at !== -1 && at < segments.length - 1;
  if (/^(~|\/root|\/(home|users)\/[^/]+)\/s?bin(\/|$)/.test(file) || contains(fold(path.join(home, 'bin')), file)) return true;
  return segments.slice(0, Math.max(0, at)).some((name) => name.startsWith('.') && name.length > 1);
}

/** Where the repositories that a file is in keep their hooks, links followed. */
function hookFolders(file: string): string[] {
  const above = file.split('/').map((_segment, index, all) => all.slice(0, index).join('/') || '/');
  return above
    .map((folder) => path.join(folder, '.git', 'hooks'))
    .filter((folder) => statOf(folder) !== undefined)
    .map(realPath);
}
