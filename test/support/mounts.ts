import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';

/** A folder on a file system of its own, which only processes started through it see. */
export interface Mount {
  folder: string;
  /** Before a command's words: starts it where the mount is seen. */
  through: string[];
  /** The path of the same file as this test sees it. */
  seen(file: string): string;
  /** Runs a shell line where the mount is seen. */
  shell(line: string): void;
}

/** Why mounts cannot be made here, for the one line that a skipped test says; undefined where they can. */
export function whyNoMounts(): string | undefined {
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /tmp && nsenter --version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'mounting a disk needs root and util-linux (unshare, nsenter)';
  }
}

/** A small disk in memory, gone with the test. */
export async function smallDisk(mebibytes: number): Promise<Mount> {
  const folder = temporaryFolder();
  const script = `mount -t tmpfs -o size=${mebibytes}m,mode=700 tmpfs "$0" && echo ready && exec cat`;
  const holder = spawn('unshare', ['-m', 'sh', '-c', script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    holder.stdin.end();
    await once(holder, 'exit');
  });
  await once(holder.stdout, 'data');
  const through = ['nsenter', '-t', String(holder.pid), '-m', '--'];
  return {
    folder,
    through,
    seen: (file) => `/proc/${holder.pid}/root${file}`,
    shell: (line) => void execFileSync(through[0]!, [...through.slice(1), 'sh', '-c', line], { stdio: 'ignore' }),
  };
}
