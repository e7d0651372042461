import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { JSONRPCMessage, ReadBuffer, Transport } from '@modelcontextprotocol/client';
import { offspringOf, startedBy, sweep } from '../shell/offspring.ts';

export interface ChildSpec {
  /** Program and arguments. */
  argv: string[];
  /** The whole environment. */
  env: Record<string, string>;
  cwd: string;
  /** For bubblewrap, on descriptor 3. */
  settings?: string;
  /** By which everything that the server starts is known. */
  mark: string;
  /** A piece of what it writes to its standard error. */
  onNote: (text: string) => void;
}

const goodbyeMs = 1_000;
const graceMs = 1_500;
/** Lines between two answers: notes of progress, and lines that are none. A server that says more than that babbles. */
const mostStrays = 20_000;

/**
 * MCP over the standard streams of a program that runs in a process group of its own, with no environment but the one it is
 * given. Its end is the end of everything that it has started. A line that is no message is passed over; one that is longer than
 * `buffer` allows ends it.
 */
export class ChildTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  private readonly spec: ChildSpec;
  private readonly buffer: ReadBuffer;
  private child: ChildProcess | undefined;
  private strays = 0;

  constructor(spec: ChildSpec, buffer: ReadBuffer) {
    this.spec = spec;
    this.buffer = buffer;
  }

  // By these two the SDK tells standard streams from HTTP: a server that is silent when probed is an older one.
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  get stderr(): Readable | null {
    return this.child?.stderr ?? null;
  }

  async start(): Promise<void> {
    const { argv, env, cwd, settings, mark, onNote } = this.spec;
    const [program = '', ...args] = argv;
    const child = spawn(program, args, {
      cwd,
      env: { ...env, [startedBy]: mark },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', ...(settings === undefined ? [] : ['pipe' as const])],
    });
    this.child = child;
    child.once('close', () => this.ended());
    child.stdin.on('error', (error) => this.onerror?.(error));
    child.stdout.on('data', (piece: Buffer) => this.take(piece));
    child.stderr.setEncoding('utf8').on('data', onNote);
    (child.stdio[3] as Writable | undefined)?.on('error', () => {}).end(settings);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.child?.stdin;
    if (!stdin?.writable) return Promise.reject(new Error('The server has ended.'));
    return new Promise((resolve) => {
      if (stdin.write(`${JSON.stringify(message)}\n`)) resolve();
      else stdin.once('drain', resolve).once('close', resolve);
    });
  }

  /** The end of its input is the server's sign to go (MCP 2025-11-25, lifecycle); then come the signals. */
  async close(): Promise<void> {
    const { child } = this;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const kill = offspringOf(child.pid, this.spec.mark);
    child.stdin!.end();
    if (!(await within(gone, goodbyeMs))) {
      kill('SIGTERM');
      await within(gone, graceMs);
    }
    await sweep(kill);
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    await within(gone, graceMs);
  }

  private take(piece: Buffer): void {
    try {
      this.buffer.append(piece);
    } catch (error) {
      this.onerror?.(error as Error);
      void this.close();
      return;
    }
    for (let more = true; more && this.strays <= mostStrays;) {
      this.strays += 1;
      try {
        const message = this.buffer.readMessage();
        if (message && ('result' in message || 'error' in message)) this.strays = 0;
        if (message) this.onmessage?.(message);
        more = message !== null;
      } catch (error) {
        this.onerror?.(error as Error);
      }
    }
    if (this.strays > mostStrays) void this.close();
  }

  private ended(): void {
    this.child = undefined;
    this.buffer.clear();
    this.onclose?.();
  }
}

const within = (event: Promise<void>, ms: number): Promise<boolean> =>
  Promise.race([event.then(() => true), wait(ms, false, { ref: false })]);
