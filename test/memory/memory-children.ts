import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { MemoryOrder } from './memory-child.ts';

/** What a child said: the id of a write that is acknowledged, or whether a search found it. */
export interface Line {
  id?: string;
  text?: string;
  found?: boolean;
}

export interface Child {
  kill(): void;
  /** Its exit code, what it said, and what it said on stderr. */
  ended: Promise<{ code: number | null; lines: Line[]; errors: string }>;
  ready: Promise<unknown>;
}

export function startChild(order: MemoryOrder): Child {
  const program = path.join(import.meta.dirname, 'memory-child.ts');
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    // A line that the kill cut off was not acknowledged.
    lines: out
      .slice(0, out.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line),
    errors,
  }));
  return { kill: () => void child.kill('SIGKILL'), ended, ready: once(child.stdout, 'data') };
}
