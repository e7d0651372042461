import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { systemCode } from '../../core/errors.ts';

/** The environment variable by which a process, and what it starts in a session of its own, is known as a call's. */
export const startedBy = 'STARTED_BY_CLAW';

interface Process {
  pid: number;
  parent: number;
  /** With the pid, which process it is: in ticks since the machine has started. */
  startedAt: string;
  isMarked: boolean;
}

/** Sends a signal to everything that a call has started. */
type SignalOffspring = (name: 'SIGTERM' | 'SIGKILL') => void;

/**
 * Reaches the call's process group, and what has left it: every process that carries the call's mark or descends from one
 * that belongs to the call, and whatever an earlier signal went to. Nothing else is touched. Without /proc only the group is
 * reached; and what has left is not where it has both dropped its environment and lost its parent before the first signal.
 */
export function offspringOf(leader: number, call: string): SignalOffspring {
  let known: Process[] = [];
  return (name) => {
    known = belonging(known, { leader, mark: `${startedBy}=${call}` });
    kill(-leader, name);
    for (const { pid } of known) kill(pid, name);
  };
}

const sweeps = 3;
const sweepEveryMs = 30;

/** KILL to all, more than once: a process that is just becoming another program cannot be told at that moment. */
export async function sweep(signal: SignalOffspring): Promise<void> {
  for (let done = 1; done <= sweeps; done += 1) {
    signal('SIGKILL');
    if (done < sweeps) await setTimeout(sweepEveryMs);
  }
}

function belonging(known: Process[], { leader, mark }: { leader: number; mark: string }): Process[] {
  const all = processes(mark);
  const isKnown = (one: Process): boolean => known.some(({ pid, startedAt }) => pid === one.pid && startedAt === one.startedAt);
  const isLeader = ({ pid, parent }: Process): boolean => pid === leader && parent === process.pid;
  const own = new Set(all.filter((one) => one.isMarked || isLeader(one) || isKnown(one)).map(({ pid }) => pid));
  for (let before = 0; before < own.size;) {
    before = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(({ pid }) => own.has(pid) && pid !== process.pid);
}

function processes(mark: string): Process[] {
  return entriesOfProc()
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = contentOf(`/proc/${name}/stat`);
      if (stat === undefined) return [];
      // The name of the program, in parentheses, may have blanks and parentheses of its own; after it: state, parent, …
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const isMarked = contentOf(`/proc/${name}/environ`)?.split('\0').includes(mark) === true;
      return [{ pid: Number(name), parent: Number(fields[1]), startedAt: fields[19] ?? '', isMarked }];
    });
}

function entriesOfProc(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

/** Undefined for a process of another user, and for one that has ended. */
function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

function kill(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
  }
}
