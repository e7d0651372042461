import { ToolError } from '../../core/errors.ts';
import type { Asked } from './pool.ts';
import { quoted } from './remote-line.ts';
import type { Ssh } from './ssh.ts';

export interface RemoteJob {
  id: string;
  host: string;
  status: 'running' | 'ended' | 'lost';
  exitCode?: number;
  /** The last characters of each stream, and the size of all. */
  stdout?: string;
  stderr?: string;
  stdoutBytes?: number;
  stderrBytes?: number;
}

/** Commands that outlive the connection: what they are is kept on the host itself, in ~/.claw-jobs/ID. */
export interface RemoteJobs {
  /** The same id again starts nothing a second time. */
  start(job: { host: string; id: string; command: string[] } & Asked): Promise<void>;
  /** Of one, or of all. Throws `not_found`. */
  show(job: { host: string; id?: string | undefined; tail: number } & Asked): Promise<RemoteJob[]>;
  /** Ends it with all that it has started. False where it had ended. */
  stop(job: { host: string; id: string } & Asked): Promise<boolean>;
}

/** Makes its folder first: who comes second finds it there. Group, output and exit code are files in it. */
const starter = `d="$HOME/.claw-jobs/$1"; shift; mkdir -p "$HOME/.claw-jobs" && chmod 700 "$HOME/.claw-jobs" && mkdir "$d" 2>/dev/null || exit 0
setsid sh -c 'd=$0; echo $$ > "$d/group"; "$@" > "$d/out" 2> "$d/err" < /dev/null; echo $? > "$d/code.new"; mv "$d/code.new" "$d/code"' "$d" "$@" > /dev/null 2>&1 < /dev/null &
for t in 1 2 3 4 5 6 7 8 9 10; do [ -s "$d/group" ] && exit 0; sleep 0.1; done; exit 1`;

const shower = `cd "$HOME/.claw-jobs" 2>/dev/null || exit 0
for id in $1; do [ -d "$id" ] || continue
  if [ -f "$id/code" ]; then s="ended $(cat "$id/code")"; elif kill -0 "-$(cat "$id/group" 2>/dev/null)" 2>/dev/null; then s=running; else s=lost; fi
  echo "$id $s"; for f in out err; do wc -c < "$id/$f" 2>/dev/null || echo 0; tail -c "$2" "$id/$f" 2>/dev/null | base64 | tr -d '\\n'; echo; done; done`;

/** 143 is what a shell says of a program that TERM has ended. */
const stopper = `d="$HOME/.claw-jobs/$1"; g=$(cat "$d/group" 2>/dev/null) || exit 3
kill -0 "-$g" 2>/dev/null || exit 4
kill -TERM "-$g"; for t in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do kill -0 "-$g" 2>/dev/null || break; sleep 0.1; done
kill -KILL "-$g" 2>/dev/null; [ -f "$d/code" ] || echo 143 > "$d/code"; exit 0`;

export function createRemoteJobs(ssh: Pick<Ssh, 'run'>): RemoteJobs {
  const ask = async (script: string, words: string[], { host, ...asked }: { host: string } & Asked) => {
    const command = ['sh', '-c', script, 'claw', ...words];
    const [result] = await ssh.run({ hosts: [host], command, timeoutMs: 30_000, parallel: 1, canary: 0, maxFailures: 1, ...asked });
    if (result!.error) throw result!.error;
    return result!;
  };
  return {
    start: async ({ id, command, ...asked }) => {
      const { exitCode } = await ask(starter, [id, ...command], asked);
      if (exitCode !== 0)
        throw new ToolError('failed', `The job could not be started on ${asked.host}.`, {
          hint: `It needs setsid, and a home folder that one may write to; look with ssh_run ${quoted('id')}.`,
        });
    },
    show: async ({ id, tail, ...asked }) => {
      const { stdout } = await ask(shower, [id ?? '*', String(tail)], asked);
      const jobs = readJobs(stdout, asked.host);
      if (id !== undefined && jobs.length === 0) throw notFound(id, asked.host);
      return jobs;
    },
    stop: async ({ id, ...asked }) => {
      const { exitCode } = await ask(stopper, [id], asked);
      if (exitCode === 3) throw notFound(id, asked.host);
      return exitCode === 0;
    },
  };
}

function readJobs(text: string, host: string): RemoteJob[] {
  const lines = text.split('\n');
  const decoded = (line = ''): string => Buffer.from(line, 'base64').toString();
  return lines.flatMap((line, index) => {
    const [, id, status, code] = /^(\S+) (running|ended|lost) ?(\d+)?$/.exec(line) ?? [];
    if (id === undefined || index % 5 !== 0) return [];
    const [outBytes, out, errBytes, err] = lines.slice(index + 1, index + 5);
    return [
      {
        id,
        host,
        status: status as RemoteJob['status'],
        ...(code !== undefined && { exitCode: Number(code) }),
        stdout: decoded(out),
        stderr: decoded(err),
        stdoutBytes: Number(outBytes),
        stderrBytes: Number(errBytes),
      },
    ];
  });
}

const notFound = (id: string, host: string): ToolError =>
  new ToolError('not_found', `${host} has no job ${id}.`, { hint: 'ssh_job_show with the host alone lists them.' });
