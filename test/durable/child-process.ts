import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Home } from './backend-home.ts';
import type { ChildOrder } from './journal-child.ts';

type Line = Record<string, unknown>;

export interface Child {
  pid: number;
  /** Every line so far. */
  lines: Line[];
  /** The first line that fits, said before or after. Rejects when the child ends without it. */
  said(fits: (line: Line) => boolean): Promise<Line>;
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  exited: Promise<number | null>;
}

const program = path.join(import.meta.dirname, 'journal-child.ts');

/** One more real process on the same journal. */
export function startChild(home: Home, order: Omit<ChildOrder, 'module' | 'where'>): Child {
  const argument = JSON.stringify({ ...order, module: home.module, where: home.where });
  const child = spawn(process.execPath, [program, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Line[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    for (const listener of listeners) listener();
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const said: Child['said'] = (fits) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = lines.find(fits);
        if (!line) return;
        listeners.delete(look);
        resolve(line);
      };
      listeners.add(look);
      look();
      void exited.then(() => setTimeout(() => reject(new Error(`the child ended; it had said ${JSON.stringify(lines)}`)), 50));
    });
  return { pid: child.pid!, lines, said, exited, kill: (signal) => void child.kill(signal) };
}
