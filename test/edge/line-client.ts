import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { root } from '../support/processes.ts';
import type { RpcAnswer } from './answers.ts';

/** A client of `claw mcp` that sends bytes, whatever they are, and keeps what comes back. */
export interface LineClient extends AsyncDisposable {
  pid: number;
  answers: RpcAnswer[];
  /** What came without being asked for, as it came. */
  notices: string[];
  send(bytes: Uint8Array | string): Promise<void>;
  /** Resolves when so many answers are there. Rejects when the process ends or a minute passes before. */
  count(expected: number): Promise<void>;
  /** What it wrote on stderr. */
  errors(): string;
}

export function startLineClient(args: string[], env: Record<string, string>): LineClient {
  const child = spawn(process.execPath, [`${root}/src/main.ts`, 'mcp', ...args], { env: { PATH: process.env.PATH ?? '', ...env } });
  const answers: RpcAnswer[] = [];
  const notices: string[] = [];
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as RpcAnswer & { method?: string };
    if (message.method === undefined) answers.push(message);
    else notices.push(line);
  });
  const ended = once(child, 'exit');
  return {
    pid: child.pid!,
    answers,
    notices,
    errors: () => errors,
    send: async (bytes) => {
      if (!child.stdin.write(bytes)) await Promise.race([once(child.stdin, 'drain'), ended]);
    },
    count: async (expected) => {
      const tooLate = Date.now() + 60_000;
      while (answers.length < expected) {
        if (child.exitCode !== null) throw new Error(`claw mcp ended after ${answers.length} answers: ${errors.slice(-2_000)}`);
        if (Date.now() > tooLate) throw new Error(`${answers.length} of ${expected} answers after a minute`);
        await Promise.race([once(lines, 'line'), ended, new Promise((resolve) => setTimeout(resolve, 1_000))]);
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

export const initialize = (id: string | number): string =>
  `${JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'edge', version: '1' } },
  })}\n`;
