import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { realPath } from '../../core/ground.ts';

/** Runs a command where claw's own data cannot be seen, with bubblewrap. Everything else of the machine is as it is. */
export interface Sandbox {
  /** Whether one can start here; tried once, when first asked. */
  available(): boolean;
  /**
   * The command line that runs `argv` inside. `env` is set inside only, so that it cannot reach bubblewrap itself, and goes in by
   * a pipe: a command line can be read by everyone.
   */
  wrap(argv: string[], env: Record<string, string>): Wrapped;
}

/** `settings`, where there are any, are to be written to descriptor 3. */
export interface Wrapped {
  argv: string[];
  settings?: string;
}

export interface SandboxParts {
  /** Folders and files to hide: real paths. */
  hidden: string[];
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

export function createSandbox({ hidden, folders = systemFolders }: SandboxParts): Sandbox {
  const program = folders.map((folder) => path.join(folder, 'bwrap')).find((file) => existsSync(file));
  const wrap: Sandbox['wrap'] = (argv, env) => {
    const set = Object.entries(env).map(([name, value]) => `--setenv\0${name}\0${value}\0`);
    const own = [program ?? 'bwrap', ...confinement(hidden)];
    return set.length === 0 ? { argv: [...own, '--', ...argv] } : { argv: [...own, '--args', '3', '--', ...argv], settings: set.join('') };
  };
  let works: boolean | undefined;
  return {
    wrap,
    available: () => (works ??= program !== undefined && starts(wrap(['true'], {}))),
  };
}

const starts = ({ argv: [program = '', ...args] }: Wrapped): boolean =>
  spawnSync(program, args, { timeout: probeMs, stdio: 'ignore' }).status === 0;

/**
 * The whole file system with claw's part of it covered; devices that are no files (disks) out of reach; its own
 * processes, so that claw's memory, environment and descriptors are not in /proc; ends whole with its first process.
 */
function confinement(hidden: string[]): string[] {
  const isRoot = process.getuid?.() === 0;
  const rights = isRoot ? ['--cap-drop', 'ALL', ...rootKeeps.flatMap((name) => ['--cap-add', `CAP_${name}`])] : [];
  return [
    '--bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    ...[...new Set(hidden.map(realPath))].flatMap(covered),
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
