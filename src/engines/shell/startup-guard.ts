import { mkdirSync, readdirSync, readFileSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { contains, realPath } from '../../core/ground.ts';
import { statOf } from '../../core/look.ts';
import { isTrustedPath, startupPlaces } from '../../core/trusted-path.ts';

/**
 * What a confined command may leave behind outside its work: `nothing` is guarded where a person has said yes to that very
 * command, `present` keeps start-up files as they are, `absent` also keeps new ones from coming into being (for programs that
 * nobody has looked into), and with `everything` no file changes at all.
 */
export type Guard = 'nothing' | 'present' | 'absent' | 'everything';

interface GuardedPlace {
  /** The user's home folder. */
  home: string;
  /** Where the command runs. */
  cwd: string;
}

/** Arguments for bubblewrap, to stand behind the one that binds the whole file system. */
export function guardMounts(guard: Guard, { home: given, cwd: from }: GuardedPlace): string[] {
  const home = realPath(given);
  const cwd = realPath(from);
  if (guard === 'nothing' || guard === 'everything') return [];
  const startup = startupPlaces(home).map(realPath);
  // In the home folder itself a program could do nothing at all, so there the call is asked about instead.
  if (guard === 'present' || cwd === home) return [...startup, ...repositoryOf(cwd).map(hooksOf)].flatMap(kept);
  return [
    ...systemFolders.filter(isFolder).flatMap(kept),
    ...sealed(home),
    ...startup.flatMap(kept),
    ...repositoryOf(cwd).flatMap((repository) => guardedRepository(repository, home)),
    // Last, so that no mount on top opens them again.
    ...brokers(home).flatMap(shut),
  ];
}

/** Where the system keeps what it starts and believes; only root could write there. */
const systemFolders = ['/etc', '/usr', '/boot', '/bin', '/sbin', '/lib', '/lib64', '/var/spool/cron', '/var/spool/at'];

/** Sockets and folders of sockets by which others start what they are told, outside of the sandbox. */
const brokers = (home: string): string[] => {
  const id = process.getuid?.() ?? 0;
  const system = ['docker.sock', 'podman', 'containerd', 'crio', 'dbus', 'systemd/private', `user/${id}`, 'screen'].map(
    (name) => `/run/${name}`,
  );
  return [...system, `/tmp/tmux-${id}`, ...['.docker/run', '.docker/desktop'].map((name) => path.join(home, name))].filter(
    (file) => statOf(file) !== undefined && realPath(file) === file,
  );
};

const shut = (file: string): string[] =>
  statOf(file)?.isDirectory() ? ['--tmpfs', file, '--remount-ro', file] : ['--ro-bind', '/dev/null', file];

const kept = (file: string): string[] => ['--ro-bind-try', file, file];
const open = (file: string): string[] => ['--bind-try', file, file];

const isFolder = (file: string): boolean => statOf(file)?.isDirectory() === true && realPath(file) === file;

/** Folders that tools keep their downloads in; a program that cannot make one often gives up. */
const caches = ['.cache', '.npm'];

/** Folders in a home where both start-up places and ordinary ones lie. */
const mixed = ['.config', '.local', '.local/share'];

/** A home folder where nothing new can appear beside what is there, and all ordinary folders are as they were. */
function sealed(home: string): string[] {
  if (!isFolder(home) || home === '/') return [];
  for (const cache of caches) makeFolder(path.join(home, cache));
  return [...above(home).flatMap(open), ...kept(home), ...ordinaryBelow(home, home)];
}

function ordinaryBelow(folder: string, home: string): string[] {
  return foldersIn(folder).flatMap(({ name }) => {
    const file = path.join(folder, name);
    if (isTrustedPath(file, home)) return [];
    return mixed.includes(path.relative(home, file)) ? ordinaryBelow(file, home) : open(file);
  });
}

function foldersIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  } catch {
    return [];
  }
}

/** The folders on the way to a place. Mounted over themselves they cannot be renamed, and the place with them. */
const above = (file: string): string[] =>
  file
    .split('/')
    .slice(1, -1)
    .map((_name, index, all) => `/${all.slice(0, index + 1).join('/')}`);

/** The folder of git's that belongs to where the command runs; of a worktree, that of its repository. */
function repositoryOf(folder: string): string[] {
  const git = [folder, ...above(folder).toReversed()].map((one) => path.join(one, '.git')).find((one) => statOf(one) !== undefined);
  if (git === undefined) return [];
  if (isFolder(git)) return [git];
  const told = /^gitdir: (.+)$/m.exec(textOf(git))?.[1];
  if (told === undefined) return [];
  const own = path.resolve(path.dirname(git), told);
  return [path.resolve(own, textOf(path.join(own, 'commondir')).trim() || '.')].map(realPath);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const hooksOf = (repository: string): string => path.join(repository, 'hooks');

/** Hooks and settings stay; the rest of the repository works, but it cannot be put away and made anew. */
function guardedRepository(repository: string, home: string): string[] {
  makeFolder(hooksOf(repository));
  // What is sealed already must not be opened again by a mount on top.
  const isSealed = (folder: string): boolean =>
    contains(folder, home) || mixed.includes(path.relative(home, folder)) || systemFolders.some((one) => contains(one, folder));
  const pinned = [...above(repository), repository].filter((folder) => !isSealed(folder));
  return [...pinned.flatMap(open), ...[hooksOf(repository), path.join(repository, 'config')].flatMap(kept)];
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    // Where it cannot be made here, nothing can be made there either.
  }
}
