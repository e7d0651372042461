import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';
import { openText, type OpenSecret, type SecretText, type SecretUse } from '../../core/secret.ts';
import { keepOutput, lastLine } from '../output/kept-output.ts';
import { offspringOf, startedBy, sweep } from './offspring.ts';
import type { Sandbox } from './sandbox.ts';
import type { Guard } from './startup-guard.ts';

export interface ShellRequest {
  argv: string[];
  cwd?: string;
  stdin?: SecretText;
  /** Added to a minimal environment; nothing of the server's own is passed on. */
  env?: Record<string, SecretText>;
  /** For the secrets in `stdin` and `env`. */
  use: SecretUse;
  /** Where claw's own data cannot be seen, if a sandbox can start, and what is guarded there. */
  confined?: Guard;
  signal: AbortSignal;
  /** The last whole line of the output so far. */
  onLine: (line: string) => void;
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

const graceMs = 1_500;
const passedOn = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LOGNAME', 'TMPDIR', 'TERM', 'SHELL'];

export interface ShellParts {
  env: Record<string, string | undefined>;
  /** Folder for outputs that are too long. */
  outputs: string;
  /** What is kept, in memory and in files, has no secrets. */
  redactor: Pick<Redactor, 'text' | 'stream'>;
  secret: OpenSecret;
  sandbox: Sandbox;
}

export function createShell({ env, outputs, redactor, secret, sandbox }: ShellParts): Shell {
  const base = Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return {
    run: async (request) => {
      const started = performance.now();
      const open = (text: SecretText): Promise<string> => openText(text, secret, request.use);
      const stdin = await open(request.stdin ?? '');
      const given = await openEach(request.env ?? {}, open);
      const guard = request.confined !== undefined && sandbox.available() ? request.confined : undefined;
      const child =
        guard === undefined
          ? await start(request, { ...base, ...given, [startedBy]: request.callId })
          : await start({ ...request, ...sandbox.wrap(request.argv, given, { guard, cwd: request.cwd }) }, base);
      const stdout = keepOutput(path.join(outputs, `${request.callId}.stdout.txt`), redactor.stream());
      const stderr = keepOutput(path.join(outputs, `${request.callId}.stderr.txt`), redactor.stream());
      const tell = lastLine((line) => request.onLine(redactor.text(line)));
      child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout.add(text), tell(text)));
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr.add(text), tell(text)));
      // A program may end without reading what it is given.
      child.stdin!.on('error', () => {}).end(stdin);
      const end = await ended(child, request);
      const [whole, errors] = await Promise.all([stdout.close(), stderr.close()]);
      const file = whole ?? errors;
      request.signal.throwIfAborted();
      if (guard !== undefined && end.exitCode === 1 && stderr.text().startsWith('bwrap: execvp')) throw cannotStart(request.argv[0]!);
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

async function openEach(texts: Record<string, SecretText>, open: (text: SecretText) => Promise<string>): Promise<Record<string, string>> {
  const opened: Record<string, string> = {};
  for (const [name, text] of Object.entries(texts)) opened[name] = await open(text);
  return opened;
}

function start(
  { argv, cwd, settings }: Pick<ShellRequest, 'argv' | 'cwd'> & { settings?: string },
  env: Record<string, string | undefined>,
): Promise<ChildProcess> {
  const [program, ...args] = argv as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(notStarted(error, { program, cwd }));
    try {
      const child = spawn(program, args, {
        cwd,
        env,
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', ...(settings === undefined ? [] : ['pipe' as const])],
      });
      (child.stdio[3] as Writable | undefined)?.on('error', () => {}).end(settings);
      child.once('spawn', () => resolve(child));
      child.once('error', failed);
    } catch (error) {
      // Some arguments are refused before there is a process.
      failed(error as Error);
    }
  });
}

function notStarted(error: Error, { program, cwd }: { program: string; cwd?: string }): ToolError {
  const code = systemCode(error);
  const where = cwd === undefined ? '' : ` in ${cwd}`;
  if (code === 'ERR_INVALID_ARG_VALUE')
    return new ToolError('invalid_input', 'A program has a name, and nothing in a command has a NUL character.', {
      hint: 'Give plain words.',
      cause: error,
    });
  if (code === 'ENOENT') return cannotStart(program, { where, cause: error });
  return new ToolError('failed', `${program} cannot be started${where} (${code}).`, { hint: 'Check its permissions.', cause: error });
}

const cannotStart = (program: string, { where = '', cause }: { where?: string; cause?: Error } = {}): ToolError =>
  new ToolError('not_found', `${program} cannot be started${where}.`, { hint: 'Check the program name and the folder.', cause });

/** Resolves when the program and its pipes are done. On abort all that it has started gets TERM, then KILL. */
function ended(
  child: ChildProcess,
  { signal, callId }: Pick<ShellRequest, 'signal' | 'callId'>,
): Promise<Pick<ShellResult, 'exitCode' | 'endedBy'>> {
  const kill = offspringOf(child.pid!, callId);
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    kill('SIGTERM');
    timer = setTimeout(() => kill('SIGKILL'), graceMs);
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve) => {
    child.once('close', (exitCode, endedBy) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      const swept = signal.aborted ? sweep(kill) : Promise.resolve();
      void swept.then(() => resolve({ exitCode, endedBy }));
    });
    // A background child may hold the pipes open after the program has ended.
    child.once('exit', () => setTimeout(() => child.stdout!.destroy() && child.stderr!.destroy(), graceMs).unref());
  });
}
