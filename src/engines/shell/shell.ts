import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Sandbox } from './sandbox.ts';

export interface ShellRequest {
  argv: string[];
  cwd?: string;
  stdin?: string;
  /** Added to a minimal environment; nothing of the server's own is passed on. */
  env?: Record<string, string>;
  /** Where claw's own data cannot be seen, if a sandbox can start. */
  confined?: boolean;
  signal: AbortSignal;
  /** Each piece of output as it comes. */
  onOutput: (text: string) => void;
  /** Names the file of an output that is too long to return. */
  callId: string;
}

export interface ShellResult {
  exitCode: number | null;
  /** The signal that ended it, as SIGTERM. */
  endedBy: string | null;
  stdout: string;
  stderr: string;
  /** Where all of the output is, when it was longer than what is returned. */
  file?: string;
  durationMs: number;
}

/** Runs programs on this machine, each in its own process group, which ends whole. */
export interface Shell {
  run(request: ShellRequest): Promise<ShellResult>;
}

/** Characters of each stream that are returned: the beginning and the end. The gate cuts what goes to the caller. */
const keptCharacters = 1_000_000;
const graceMs = 1_500;
const passedOn = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LOGNAME', 'TMPDIR', 'TERM', 'SHELL'];

export interface ShellParts {
  env: Record<string, string | undefined>;
  /** Folder for outputs that are too long. */
  outputs: string;
  sandbox: Sandbox;
}

export function createShell({ env, outputs, sandbox }: ShellParts): Shell {
  const base = Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return {
    run: async (request) => {
      const started = performance.now();
      const isConfined = request.confined === true && sandbox.available();
      const child = isConfined
        ? await start({ ...request, argv: sandbox.wrap(request.argv, request.env ?? {}) }, base)
        : await start(request, { ...base, ...request.env });
      const stdout = keep(path.join(outputs, `${request.callId}.stdout.txt`));
      const stderr = keep(path.join(outputs, `${request.callId}.stderr.txt`));
      child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout.add(text), request.onOutput(text)));
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr.add(text), request.onOutput(text)));
      // A program may end without reading what it is given.
      child.stdin!.on('error', () => {}).end(request.stdin ?? '');
      const end = await ended(child, request.signal);
      const file = (await stdout.close()) ?? (await stderr.close());
      request.signal.throwIfAborted();
      if (isConfined && end.exitCode === 1 && stderr.text().startsWith('bwrap: execvp')) throw cannotStart(request.argv[0]!);
      return {
        ...end,
        stdout: stdout.text(),
        stderr: stderr.text(),
        durationMs: Math.round(performance.now() - started),
        ...(file !== undefined && { file }),
      };
    },
  };
}

function start({ argv, cwd }: ShellRequest, env: Record<string, string | undefined>): Promise<ChildProcess> {
  const [program, ...args] = argv as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    child.once('spawn', () => resolve(child));
    child.once('error', (error) => reject(notStarted(error, { program, cwd })));
  });
}

function notStarted(error: Error, { program, cwd }: { program: string; cwd?: string }): ToolError {
  const code = systemCode(error);
  const where = cwd === undefined ? '' : ` in ${cwd}`;
  if (code === 'ENOENT') return cannotStart(program, { where, cause: error });
  return new ToolError('failed', `${program} cannot be started${where} (${code}).`, { hint: 'Check its permissions.', cause: error });
}

const cannotStart = (program: string, { where = '', cause }: { where?: string; cause?: Error } = {}): ToolError =>
  new ToolError('not_found', `${program} cannot be started${where}.`, { hint: 'Check the program name and the folder.', cause });

/** Resolves when the program and its pipes are done. On abort the whole group gets TERM, then KILL. */
function ended(child: ChildProcess, signal: AbortSignal): Promise<Pick<ShellResult, 'exitCode' | 'endedBy'>> {
  const group = -child.pid!;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    kill(group, 'SIGTERM');
    timer = setTimeout(() => kill(group, 'SIGKILL'), graceMs);
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve) => {
    child.once('close', (exitCode, endedBy) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (signal.aborted) kill(group, 'SIGKILL');
      resolve({ exitCode, endedBy });
    });
    // A background child may hold the pipes open after the program has ended.
    child.once('exit', () => setTimeout(() => child.stdout!.destroy() && child.stderr!.destroy(), graceMs).unref());
  });
}

function kill(group: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(group, name);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

interface Kept {
  add(text: string): void;
  text(): string;
  /** The file, where the output did not fit. */
  close(): Promise<string | undefined>;
}

function keep(file: string): Kept {
  let head = '';
  let tail = '';
  let length = 0;
  let stream: WriteStream | undefined;
  const half = keptCharacters / 2;
  return {
    add: (text) => {
      length += text.length;
      if (length > keptCharacters && !stream) {
        mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
        stream = createWriteStream(file, { mode: 0o600 });
        stream.write(head + tail);
      }
      stream?.write(text);
      const free = Math.max(0, half - head.length);
      head += text.slice(0, free);
      tail = (tail + text.slice(free)).slice(stream ? -half : undefined);
    },
    text: () => (stream ? `${head}\n… [${length - head.length - tail.length} more characters in ${file}] …\n${tail}` : head + tail),
    close: () => new Promise((resolve) => (stream ? stream.end(() => resolve(file)) : resolve(undefined))),
  };
}
