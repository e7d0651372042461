import { spawn } from 'node:child_process';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { Sandbox } from '../shell/sandbox.ts';

/** Asks git about a folder. What it answers is kept as it is: whoever shows it takes secrets out. */
export interface Git {
  /** Throws `too_large`, `unavailable` where there is no git, and `invalid_input` where git refuses. */
  ask(folder: string, args: string[], signal: AbortSignal): Promise<string>;
}

export interface GitParts {
  sandbox: Pick<Sandbox, 'available' | 'wrap'>;
  env: Record<string, string | undefined>;
}

/** Bytes of an answer. */
const mostBytes = 20 * 1_048_576;

/**
 * A repository says in its own settings which programs git is to start, and it may come from anyone. These start none:
 * git-config(1): core.fsmonitor, core.hooksPath, filter.*; git(1): GIT_NO_LAZY_FETCH, GIT_OPTIONAL_LOCKS, protocol.allow.
 */
const quiet = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'core.pager=cat', 'protocol.allow=never', 'core.quotePath=true'];
const quietEnvironment = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

export function createGit({ sandbox, env }: GitParts): Git {
  const base = { PATH: env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent', LC_ALL: 'C', ...quietEnvironment };
  const run = (folder: string, args: string[], signal: AbortSignal): Promise<string> => {
    const argv = ['git', '-C', folder, '--no-pager', ...quiet.flatMap((setting) => ['-c', setting]), ...args];
    const confined = sandbox.available() ? sandbox.wrap(argv, {}, { guard: 'everything', cwd: folder }).argv : argv;
    return answerOf(confined, { env: base, signal });
  };
  return {
    ask: async (folder, args, signal) => {
      const named = await run(folder, ['config', '--list', '--name-only', '-z'], signal);
      const filters = new Set(named.split('\0').flatMap((name) => /^filter\.(.+)\.[^.]+$/s.exec(name)?.[1] ?? []));
      const off = [...filters].flatMap((filter) =>
        ['clean=', 'smudge=', 'process=', 'required=false'].map((set) => `filter.${filter}.${set}`),
      );
      return run(folder, [...off.flatMap((setting) => ['-c', setting]), ...args], signal);
    },
  };
}

function answerOf(argv: string[], { env, signal }: { env: Record<string, string>; signal: AbortSignal }): Promise<string> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, signal, stdio: ['ignore', 'pipe', 'pipe'], detached: false });
    const parts: Buffer[] = [];
    let bytes = 0;
    let errors = '';
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= mostBytes) parts.push(part);
      else child.kill('SIGKILL');
    });
    child.stderr.on('data', (part: Buffer) => (errors = (errors + part.toString()).slice(0, 4_000)));
    child.once('error', (error) => reject(signal.aborted ? (signal.reason as Error) : notStarted(error)));
    child.once('close', (code) => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (bytes > mostBytes) reject(tooLarge());
      else if (code === 0) resolve(Buffer.concat(parts).toString('utf8'));
      else reject(refused(errors));
    });
  });
}

const tooLarge = (): ToolError =>
  new ToolError('too_large', `The change is larger than ${mostBytes / 1_048_576} MiB.`, {
    hint: 'Name a smaller range, or a folder below.',
  });

const notStarted = (error: Error): ToolError =>
  new ToolError('unavailable', `git cannot be started (${systemCode(error) ?? 'unknown'}).`, {
    hint: 'Install git, or give the diff as text.',
    cause: error,
  });

/** What git writes may quote from the repository, so only what kind of refusal it is gets out. */
function refused(errors: string): ToolError {
  if (/not a git repository/i.test(errors))
    return new ToolError('not_found', 'The folder is in no git repository.', {
      hint: 'Leave range and staged out to look at all its files.',
    });
  if (/dubious ownership/i.test(errors))
    return new ToolError('denied', 'The repository belongs to another user.', { hint: 'Give the diff as text, or copy the repository.' });
  return new ToolError('invalid_input', 'git does not know that range.', {
    hint: 'As in main..HEAD, HEAD~3..HEAD, or a single commit; git log shows them.',
    cause: new Error(errors),
  });
}
