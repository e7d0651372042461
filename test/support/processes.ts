import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const root = path.dirname(path.dirname(import.meta.dirname));
export const launcher = path.join(root, 'bin', 'claw.js');

/** A Node that cannot run claw itself, as on machines whose system has an older one. */
export const olderNode = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (node) => existsSync(node) && Number(execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.')[0]) < 22,
);

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  home: string;
  stdin?: string;
  env?: Record<string, string>;
  cwd?: string;
  /** Which Node starts the launcher. */
  node?: string;
  /** A command that starts this one, as `nsenter …` does. */
  through?: string[];
}

const environment = ({ home, env }: Pick<RunOptions, 'home' | 'env'>): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: path.dirname(home),
  CLAW_HOME: home,
  ...env,
});

/** Runs `claw …` as a person would, and waits for it. */
export function claw(args: string[], options: RunOptions): Promise<Finished> {
  const { stdin = '', cwd = path.dirname(options.home), node = process.execPath, through = [] } = options;
  const [program = node, ...words] = [...through, node, launcher, ...args];
  const child = spawn(program, words, { cwd, env: environment(options) });
  return finished(child, stdin);
}

/** Resolves when it has ended. Without `stdin` that stays open. */
export function finished(child: ChildProcess, stdin?: string): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr!.on('data', (text: Buffer) => (stderr += text.toString()));
  child.stdin!.on('error', () => {});
  if (stdin !== undefined) child.stdin!.end(stdin);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

export interface Served extends AsyncDisposable {
  url: string;
  home: string;
  child: ChildProcess;
}

/** `claw serve` on a free port, in a folder of its own unless one is given; ready when this resolves. */
export async function startServe(
  args: string[] = ['--port', '0'],
  given: { home?: string; env?: Record<string, string>; through?: string[] } = {},
): Promise<Served> {
  const base = mkdtempSync(path.join(tmpdir(), 'claw-serve-'));
  const home = given.home ?? path.join(base, 'home');
  const [program = '', ...words] = [...(given.through ?? []), process.execPath, launcher, 'serve', '--json', ...args];
  const child = spawn(program, words, {
    env: environment({ home, env: given.env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await firstLine(child).then((line) => (JSON.parse(line) as { url: string }).url);
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    url,
    home,
    child,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(base, { recursive: true, force: true });
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  let out = '';
  let errors = '';
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (text: Buffer) => {
      out += text.toString();
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')));
    });
    child.stderr!.on('data', (text: Buffer) => (errors += text.toString()));
    child.once('close', () => reject(new Error(`claw serve ended: ${errors}`)));
  });
}
