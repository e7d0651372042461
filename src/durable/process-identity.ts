import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../core/errors.ts';

/** Enough to tell later whether a process still lives. Empty where the system does not say. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to its start: field 22 of /proc/<pid>/stat, see proc_pid_stat(5). */
  started: string;
  bootId: string;
  pidNamespace: string;
  hostname: string;
}

export const thisProcess = (): ProcessIdentity => ({
  pid: process.pid,
  started: procStat(process.pid)?.started ?? '',
  bootId: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  pidNamespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  hostname: hostname(),
});

/**
 * Whether `other` is provably dead, as `self` sees it. A pid says something only within the same boot and
 * pid namespace; outside of them, and where the system does not tell, the answer is false.
 */
export function isGone(other: ProcessIdentity, self: ProcessIdentity): boolean {
  if (self.bootId === '' || self.bootId !== other.bootId) return false;
  if (self.pidNamespace === '' || self.pidNamespace !== other.pidNamespace) return false;
  if (!pidExists(other.pid)) return true;
  const stat = procStat(other.pid);
  if (!stat) return false;
  if (stat.state === 'Z' || stat.state === 'X') return true;
  return other.started !== '' && stat.started !== other.started;
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

function procStat(pid: number): { state: string; started: string } | undefined {
  const text = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the program's name in parentheses, and it may hold spaces and parentheses.
  const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const started = rest[18];
  return state && started !== undefined ? { state, started } : undefined;
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
