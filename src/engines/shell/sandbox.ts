import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';
import { realPath } from '../../core/ground.ts';
import { guardMounts, type Guard } from './startup-guard.ts';

/** Runs a command where claw's own data cannot be seen, with bubblewrap. Everything else of the machine is as it is. */
export interface Sandbox {
  /** Whether one can start here; tried once, when first asked. */
  available(): boolean;
  /**
   * The command line that runs `argv` inside. `env` is set inside only, so that it cannot reach bubblewrap itself, and goes in by
   * a pipe: a command line can be read by everyone.
   */
  wrap(argv: string[], env: Record<string, string>, where?: Confined): Wrapped;
}

/** How much of the machine is as it is; without a folder, that of this process. */
export interface Confined {
  guard: Guard;
  cwd?: string;
}

/** `settings`, where there are any, are to be written to descriptor 3. */
export interface Wrapped {
  argv: string[];
  settings?: string;
}

export interface SandboxParts {
  /** Folders and files to hide: real paths. */
  hidden: string[];
  /** claw's own folder: hidden, and without it there is nothing to hide yet, so no sandbox. */
  data?: string;
  /** What even a command that was approved does not change: claw's program. */
  program?: string[];
  /** The user's home folder. */
  userHome?: string;
  /** Where bubblewrap is looked for; never through a PATH that a call could have touched. */
  folders?: string[];
}

const systemFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin'];
const probeMs = 10_000;

/** What root keeps: enough for files of any owner, changing users and low ports; not mounting, tracing, modules or raw devices. */
const rootKeeps = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SYS_NICE',
  'AUDIT_WRITE',
];

/** A folder that only looks like a repository has no say in what git runs there (git-config(1), safe.bareRepository). */
const gitSettings = [
  ['GIT_CONFIG_COUNT', '1'],
  ['GIT_CONFIG_KEY_0', 'safe.bareRepository'],
  ['GIT_CONFIG_VALUE_0', 'explicit'],
] as const;

export function createSandbox(parts: SandboxParts): Sandbox {
  const { data, userHome, folders = systemFolders } = parts;
  const hidden = [...parts.hidden, ...(data === undefined ? [] : [data])];
  const program = folders.map((folder) => path.join(folder, 'bwrap')).find((file) => existsSync(file));
  const isThere = (): boolean => data === undefined || statSync(data, { throwIfNoEntry: false }) !== undefined;
  const wrap: Sandbox['wrap'] = (argv, env, { guard, cwd = process.cwd() } = { guard: 'nothing' }) => {
    if (!isThere()) throw nothingToHide();
    const guarded = userHome === undefined ? [] : guardMounts(guard, { home: userHome, cwd });
    const kept = (parts.program ?? []).flatMap((file) => ['--ro-bind-try', file, file]);
    const set = Object.entries(env).map(([name, value]) => `--setenv\0${name}\0${value}\0`);
    const own = [
      program ?? 'bwrap',
      ...confinement({ root: guard === 'everything' ? '--ro-bind' : '--bind', hidden, mounts: [...guarded, ...kept] }),
    ];
    return set.length === 0 ? { argv: [...own, '--', ...argv] } : { argv: [...own, '--args', '3', '--', ...argv], settings: set.join('') };
  };
  let works: boolean | undefined;
  return {
    wrap,
    available: () => isThere() && (works ??= program !== undefined && starts(wrap(['true'], {}))),
  };
}

const starts = ({ argv: [program = '', ...args] }: Wrapped): boolean =>
  spawnSync(program, args, { timeout: probeMs, stdio: 'ignore' }).status === 0;

const nothingToHide = (): ToolError =>
  new ToolError('unavailable', "claw's own folder is not there, so it cannot be hidden from a command.", {
    hint: 'Start claw again; it makes its folder anew.',
  });

/**
 * The whole file system with claw's part of it covered; devices that are no files (disks) out of reach; its own
 * processes, so that claw's memory, environment and descriptors are not in /proc; ends whole with its first process.
 */
function confinement({ root, hidden, mounts }: { root: '--bind' | '--ro-bind'; hidden: string[]; mounts: string[] }): string[] {
  const isRoot = process.getuid?.() === 0;
  const rights = isRoot ? ['--cap-drop', 'ALL', ...rootKeeps.flatMap((name) => ['--cap-add', `CAP_${name}`])] : [];
  return [
    root,
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    ...mounts,
    ...[...new Set(hidden.map(realPath))].flatMap(covered),
    ...gitSettings.flatMap(([name, value]) => ['--setenv', name, value]),
    '--unshare-pid',
    '--unshare-ipc',
    '--die-with-parent',
    '--new-session',
    ...rights,
  ];
}

function covered(file: string): string[] {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return [];
  return found.isDirectory() ? ['--perms', '0700', '--tmpfs', file, '--remount-ro', file] : ['--ro-bind', '/dev/null', file];
}
