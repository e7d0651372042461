import { z } from 'zod';
import { classify, type CommandVerdict } from '../core/command-class.ts';
import { ownDataTouched } from '../core/commands/own-data.ts';
import { carriesMark, markReason } from '../core/redaction/mark.ts';
import { useBy } from '../core/secret.ts';
import { aliasPattern } from '../core/ssh-host.ts';
import { defineTool } from '../core/tool.ts';
import { sha256 } from '../core/json.ts';

const host = z.string().regex(aliasPattern, 'is an alias, as ssh_hosts shows').describe('As shown by ssh_hosts');
const id = z
  .string()
  .regex(/^sjob_[a-z0-9]{4,40}$/, 'is an id such as sjob_…')
  .describe('As ssh_job_start gave it');

const job = z.object({
  id: z.string(),
  host: z.string(),
  status: z.enum(['running', 'ended', 'lost']).describe('lost: it is gone and left no exit code, as after a restart'),
  exitCode: z.number().optional(),
  stdout: z.string().optional().describe('Its end'),
  stderr: z.string().optional(),
  stdoutBytes: z.number().optional(),
  stderrBytes: z.number().optional(),
});

const verdictOf = ({ command }: { command: string[] }): CommandVerdict => classify({ command });

export const sshJobStart = defineTool({
  name: 'ssh_job_start',
  title: 'Start a long command on another machine',
  description: 'Start a program on a host that goes on when the connection ends. ssh_job_show tells how it is, ssh_job_stop ends it.',
  input: z.object({ host, command: z.array(z.string().max(100_000)).min(1).max(1_000).describe('Program and arguments, no shell') }),
  output: z.object({ id: z.string(), host: z.string() }),
  risk: (call) => verdictOf(call).risk,
  why: (call) => verdictOf(call).why,
  effects: (call) => {
    const { persists, sends, hears, isUnseen } = verdictOf(call);
    return { persists: persists || isUnseen, sends: sends || isUnseen, readsUntrusted: hears };
  },
  forbid: (call, ground) =>
    verdictOf(call).forbidden ??
    ownDataTouched({ command: call.command }, ground) ??
    (call.command.some(carriesMark) ? markReason('The command') : undefined),
  // The id comes from the step's key, and the host refuses a second start of it.
  idempotent: true,
  openWorld: true,
  slots: { host: 'target', command: 'command' },
  examples: [
    'start "rsync -a /srv /backup" on nas as a background job',
    'run the long job "apt-get upgrade -y" on web1 in the background',
    'begin a scrub on the host nas that goes on by itself: "zpool scrub tank"',
    'start `make world` on builder and let it run',
    'kick off "./import.sh" on the server db1 and do not wait',
  ],
  run: async (ctx, { host: alias, command }) => {
    const name = `sjob_${sha256(ctx.key).slice(0, 20)}`;
    await ctx.ssh.jobs.start({ host: alias, id: name, command, use: useBy('ssh_job_start', ctx), signal: ctx.signal });
    return { id: name, host: alias };
  },
  verify: async (ctx, _input, started) => {
    const [found] = await ctx.ssh.jobs.show({ ...started, tail: 0, use: useBy('ssh_job_start', ctx), signal: ctx.signal });
    const ok = found?.status === 'running' || found?.exitCode === 0;
    return [
      { check: `${started.id} runs on ${started.host}`, ok, found: found ? `${found.status} ${found.exitCode ?? ''}`.trim() : 'no job' },
    ];
  },
  undo: (_input, { id: started, host: alias }) => ({ tool: 'ssh_job_stop', input: { host: alias, id: started } }),
  dryRun: (_ctx, { host: alias, command }) => [{ action: 'run', target: `${alias}: ${command.join(' ')}` }],
  summary: ({ id: started, host: alias }) => `${started} runs on ${alias}. claw ssh job-show ${alias} ${started}`,
});

export const sshJobShow = defineTool({
  name: 'ssh_job_show',
  title: 'Show a job on another machine',
  description:
    'How a job that ssh_job_start began is: running, ended with which exit code, the end of its output. Without an id: all of the host.',
  risk: 'read',
  effects: { readsPrivate: true },
  openWorld: true,
  timeoutMs: 60_000,
  input: z.object({ host, id: id.optional(), tail: z.number().int().min(0).max(4_000).default(2_000).describe('Bytes of each stream') }),
  output: z.object({ items: z.array(job) }),
  slots: { host: 'target' },
  examples: [
    'how is the background job on nas',
    'show the ssh jobs of web1',
    'is the job on builder still running',
    'did the long job on db1 end',
    'what has the remote job on nas printed',
  ],
  run: async (ctx, { host: alias, id: wanted, tail }) => ({
    items: await ctx.ssh.jobs.show({ host: alias, id: wanted, tail, use: useBy('ssh_job_show', ctx), signal: ctx.signal }),
  }),
  summary: ({ items }) =>
    items.length === 0
      ? 'There are no jobs.'
      : items
          .map(({ id: one, status, exitCode, stdout, stderr }) =>
            `${one}: ${status}${exitCode === undefined ? '' : ` with exit code ${exitCode}`}\n${(stdout || stderr || '').trim().slice(-1_000)}`.trim(),
          )
          .join('\n'),
});

export const sshJobStop = defineTool({
  name: 'ssh_job_stop',
  title: 'Stop a job on another machine',
  description: 'End a job that ssh_job_start began, with all that it has started.',
  risk: 'destructive',
  idempotent: true,
  openWorld: true,
  timeoutMs: 60_000,
  input: z.object({ host, id }),
  output: z.object({ id: z.string(), host: z.string(), stopped: z.boolean().describe('False where it had ended before') }),
  slots: { host: 'target' },
  examples: [
    'stop the background job on nas',
    'kill the ssh job on web1',
    'end the remote job that runs on builder',
    'cancel the long job on db1',
    'abort the rsync job on nas',
  ],
  run: async (ctx, { host: alias, id: wanted }) => ({
    id: wanted,
    host: alias,
    stopped: await ctx.ssh.jobs.stop({ host: alias, id: wanted, use: useBy('ssh_job_stop', ctx), signal: ctx.signal }),
  }),
  verify: async (ctx, _input, { id: wanted, host: alias }) => {
    const [found] = await ctx.ssh.jobs.show({ host: alias, id: wanted, tail: 0, use: useBy('ssh_job_stop', ctx), signal: ctx.signal });
    return [{ check: `${wanted} no longer runs`, ok: found?.status !== 'running', found: found?.status ?? 'no job' }];
  },
  dryRun: (_ctx, { host: alias, id: wanted }) => [{ action: 'delete', target: `${alias}: job ${wanted}` }],
  summary: ({ id: wanted, stopped }) => (stopped ? `${wanted} was stopped.` : `${wanted} had ended before.`),
});
