import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';
import { parseDiff, type ChangedFile } from './diff.ts';
import type { Git } from './git.ts';
import { filesOf } from './whole-files.ts';

/** What is looked at, and what is known about the rest. */
export interface ChangeSet {
  /** In words: `main..HEAD of a repository`. */
  from: string;
  files: ChangedFile[];
  /** The file as it is after the change; undefined where it cannot be told. */
  contentOf(file: string): Promise<string | undefined>;
  /** Every file there is after the change, relative to the folder; undefined where that cannot be told. */
  all: ReadonlySet<string> | undefined;
}

export interface Asked {
  /** A real path: a folder, a file, or a diff in a file (*.diff, *.patch). */
  at: string;
  range?: string | undefined;
  staged?: boolean | undefined;
  /** A diff, in place of what git says. */
  diff?: string | undefined;
}

interface Parts {
  git: Git;
  signal: AbortSignal;
  /** Whether a file may be looked at. */
  mayRead: (file: string) => Promise<boolean>;
}

/** Without external programs, without colours, moved files as such; submodules have settings of their own and are left out. */
const diffArgs = [
  'diff',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--ignore-submodules=all',
  '--find-renames',
  '--relative',
  '--src-prefix=a/',
  '--dst-prefix=b/',
];
const longestContent = 2_000_000;

/** Throws `invalid_input` for a range that is none. */
export async function changeSetOf(asked: Asked, parts: Parts): Promise<ChangeSet> {
  const { at: folder, diff, range, staged } = asked;
  if (diff !== undefined) return givenDiff(diff);
  const found = await stat(folder).catch(() => undefined);
  if (!found) throw new ToolError('not_found', 'There is no such folder or file.', { hint: 'file_list shows what there is.' });
  if (found.isFile()) return oneFile(folder, parts);
  if (range !== undefined) return rangeOf(folder, range, parts);
  if (staged) return stagedIn(folder, parts);
  return (await isRepository(folder, parts)) ? workingTree(folder, parts) : plainFolder(folder, parts);
}

/** False also where there is no git: then there is nothing to compare with. */
const isRepository = (folder: string, { git, signal }: Parts): Promise<boolean> =>
  git.ask(folder, ['rev-parse', '--is-inside-work-tree'], signal).then(
    (answer) => answer.trim() === 'true',
    (error: unknown) => {
      if (error instanceof ToolError && ['not_found', 'unavailable'].includes(error.code)) return false;
      throw error;
    },
  );

async function oneFile(file: string, { signal }: Parts): Promise<ChangeSet> {
  if (/\.(?:diff|patch)$/.test(file)) return givenDiff(await readFile(file, 'utf8'));
  const folder = path.dirname(file);
  const files = await filesOf(folder, [path.basename(file)], signal);
  return { from: 'the whole file', files, contentOf: onDisk(folder), all: undefined };
}

function givenDiff(text: string): ChangeSet {
  const files = parseDiff(text);
  if (files.length === 0 && text.trim() !== '')
    throw new ToolError('invalid_input', 'That is no unified diff.', { hint: 'As git diff, or diff -u, writes it.' });
  return { from: 'the diff that was given', files, contentOf: async () => undefined, all: undefined };
}

const isRange = /^(?!-)[\w./@{}~^-]{1,200}$/;

async function rangeOf(folder: string, range: string, { git, signal }: Parts): Promise<ChangeSet> {
  if (!isRange.test(range))
    throw new ToolError('invalid_input', 'range: it is none.', {
      hint: 'As in main..HEAD, or a single commit, which is compared with the files as they are.',
    });
  const [, to = ''] = /\.\.\.?(.*)$/.exec(range) ?? [];
  const isOpen = !range.includes('..');
  const end = to === '' ? 'HEAD' : to;
  const text = await git.ask(folder, [...diffArgs, '--end-of-options', range, '--', '.'], signal);
  const listed = isOpen ? listing.present : ['ls-tree', '-r', '-z', '--name-only', '--end-of-options', end];
  const contentOf = isOpen ? onDisk(folder) : (file: string) => shown(git, { folder, signal, object: `${end}:./${file}` });
  return { from: range, files: parseDiff(text), contentOf, all: namesIn(await git.ask(folder, listed, signal)) };
}

async function stagedIn(folder: string, { git, signal }: Parts): Promise<ChangeSet> {
  const text = await git.ask(folder, [...diffArgs, '--cached', '--', '.'], signal);
  const all = namesIn(await git.ask(folder, listing.staged, signal));
  return { from: 'what is staged', files: parseDiff(text), all, contentOf: (file) => shown(git, { folder, signal, object: `:./${file}` }) };
}

/** Against the last commit, with files that git does not know yet. Before the first commit all is new. */
async function workingTree(folder: string, { git, signal, mayRead }: Parts): Promise<ChangeSet> {
  const head = await git.ask(folder, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal).catch(() => '');
  const text = await git.ask(folder, [...diffArgs, head === '' ? '--cached' : 'HEAD', '--', '.'], signal);
  const unknown = namesIn(await git.ask(folder, listing.unknown, signal));
  const files = [...parseDiff(text), ...(await filesOf(folder, [...unknown], signal))];
  const readable = await Promise.all(files.map(async (file) => file.status === 'deleted' || (await mayRead(path.join(folder, file.path)))));
  const all = namesIn(await git.ask(folder, listing.present, signal));
  return { from: 'what is not committed', files: files.filter((_file, index) => readable[index]), contentOf: onDisk(folder), all };
}

async function plainFolder(folder: string, { signal, mayRead }: Parts): Promise<ChangeSet> {
  const files = await filesOf(folder, undefined, signal);
  const readable = await Promise.all(files.map(({ path: file }) => mayRead(path.join(folder, file))));
  const shownFiles = files.filter((_file, index) => readable[index]);
  return {
    from: 'all files of the folder',
    files: shownFiles,
    contentOf: onDisk(folder),
    all: new Set(files.map(({ path: file }) => file)),
  };
}

const listing = {
  present: ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  staged: ['ls-files', '-z', '--cached'],
  unknown: ['ls-files', '-z', '--others', '--exclude-standard'],
};
const namesIn = (answer: string): Set<string> => new Set(answer.split('\0').filter(Boolean));

const onDisk =
  (folder: string) =>
  async (file: string): Promise<string | undefined> => {
    const full = path.join(folder, file);
    const found = await stat(full).catch(() => undefined);
    return found?.isFile() && found.size <= longestContent ? readFile(full, 'utf8').catch(() => undefined) : undefined;
  };

const shown = (
  git: Git,
  { folder, signal, object }: { folder: string; signal: AbortSignal; object: string },
): Promise<string | undefined> =>
  git.ask(folder, ['cat-file', 'blob', object], signal).then(
    (text) => (text.length <= longestContent ? text : undefined),
    () => undefined,
  );
