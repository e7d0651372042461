import { z } from 'zod';
import { classify, type CommandVerdict } from '../core/command-class.ts';
import { ownDataTouched } from '../core/commands/own-data.ts';
import { ToolError } from '../core/errors.ts';
import { carriesMark, markReason } from '../core/redaction/mark.ts';
import { isSecret, secretText, useBy } from '../core/secret.ts';
import { defineTool } from '../core/tool.ts';

const input = z
  .object({
    host: z.string().min(1).max(2_000).describe('Alias, group or tag; several with commas'),
    command: z.array(z.string().max(100_000)).min(1).max(1_000).optional().describe('Program and arguments, no shell'),
    script: z.string().min(1).max(100_000).optional().describe('A line for sh -c instead; asks more often'),
    cwd: z.string().min(1).max(4_096).optional().describe('Folder there'),
    sudo: z.boolean().default(false),
    stdin: secretText(10_000_000).optional(),
    timeoutMs: z.number().int().min(1).max(3_600_000).default(60_000).describe('For each host'),
    parallel: z.number().int().min(1).max(100).default(10),
    canary: z.number().int().min(0).max(100).default(0).describe('So many hosts first; the others only if these succeed'),
    maxFailures: z.number().int().min(1).max(1_000).default(1_000).describe('After so many begin no other'),
  })
  .refine(({ command, script }) => (command === undefined) !== (script === undefined), 'give either command or script');

type Input = z.output<typeof input>;

const line = ({ command, script, sudo }: Pick<Input, 'command' | 'script' | 'sudo'>): string =>
  `${sudo ? 'sudo ' : ''}${script ?? (command ?? []).map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')}`;

/** As it is judged; what a secret holds nobody knows, so it counts as something computed. */
const given = ({ command, script, sudo, stdin }: Input) => ({
  ...(command && { command: sudo ? ['sudo', ...command] : command }),
  ...(script !== undefined && (sudo ? { command: ['sudo', 'sh', '-c', script] } : { script })),
  ...(stdin !== undefined && { stdin: isSecret(stdin) ? '$secret' : stdin }),
});

const verdictOf = (call: Input): CommandVerdict => classify(given(call));

const marked = ({ command = [], script = '', stdin = '' }: Input): string | undefined =>
  [...command, script, stdin].some((text) => !isSecret(text) && carriesMark(text)) ? markReason('The command') : undefined;

const namesIn = (hosts: string): string[] =>
  hosts
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);

const hostResult = z.object({
  host: z.string(),
  status: z.enum(['ok', 'failed', 'unreachable', 'refused', 'unknown', 'timeout', 'not begun']),
  exitCode: z.number().nullable(),
  endedBy: z.string().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  durationMs: z.number(),
  file: z.string().optional().describe('All of the output'),
  error: z.string().optional(),
});

export const sshRun = defineTool({
  name: 'ssh_run',
  title: 'Run a command on another machine',
  description: 'Run a program on hosts of hosts.yaml, over SSH, and return what each printed. Reading runs at once, destroying asks.',
  input,
  output: z.object({ ok: z.boolean().describe('Exit code 0 on every host'), items: z.array(hostResult) }),
  risk: (call) => verdictOf(call).risk,
  why: (call) => verdictOf(call).why,
  effects: (call) => {
    const { persists, sends, hears, isUnseen, risk } = verdictOf(call);
    return {
      persists: persists || isUnseen,
      sends: sends || isUnseen,
      readsPrivate: risk === 'read' || isSecret(call.stdin),
      readsUntrusted: hears,
    };
  },
  // A host of hosts.yaml may be this machine.
  forbid: (call, ground) => verdictOf(call).forbidden ?? ownDataTouched(given(call), ground) ?? marked(call),
  openWorld: true,
  timeoutMs: ({ timeoutMs, host }) => Math.min(timeoutMs * (host.includes(',') ? 4 : 2) + 30_000, 7_200_000),
  slots: { host: 'target', command: 'command', script: 'script' },
  words: { sudo: { true: ['sudo', 'as root'] } },
  examples: [
    'run "df -h" on nas over ssh',
    'run uptime on the host web1',
    'execute `systemctl status nginx` on web1',
    'on all hosts of the group docker run "docker ps"',
    'ssh to nas and run "zpool status"',
    'what does uname -a say on proxmox',
    'check the free memory on the remote host web2 with "free -m"',
    'run apt list --upgradable on the servers',
    'restart nginx on web1 with sudo: "systemctl restart nginx"',
    'log in to nas and look at "ls /mnt"',
  ],
  run: async (ctx, call) => {
    const hosts = namesIn(call.host);
    const results = await ctx.ssh.run({
      ...call,
      hosts,
      use: useBy('ssh_run', ctx),
      signal: ctx.signal,
      onLine: (host, text) => ctx.progress({ message: `${host}: ${text.slice(0, 200)}` }),
    });
    const [first] = results;
    // One host alone: what kept it from running, or from telling, is the result of the call.
    if (results.length === 1 && first?.error) throw first.error;
    const items = results.map(({ error, ...rest }) => ({ ...rest, ...(error && { error: `${error.message} ${error.hint}`.trim() }) }));
    return { ok: items.every(({ status }) => status === 'ok'), items };
  },
  verify: (_ctx, _call, { items }) =>
    items.map(({ host, status, exitCode, endedBy }) => ({
      check: `it ended on ${host} with exit code 0`,
      ok: status === 'ok',
      found: exitCode !== null ? `exit code ${exitCode}` : (endedBy ?? status),
    })),
  dryRun: (ctx, call) => ctx.ssh.targets(namesIn(call.host)).map(({ alias }) => ({ action: 'run', target: `${alias}: ${line(call)}` })),
  content: ({ items }) => {
    if (items.length === 1 && items[0]!.file === undefined) return items[0]!.stdout;
    if (items.every(({ file }) => file === undefined)) return items.map(({ host, stdout }) => `${host}:\n${stdout}`).join('\n');
    throw new ToolError('too_large', 'The output is too long to be passed on.', { hint: 'output_read shows it, page by page.' });
  },
  summary: ({ items }, call) =>
    items
      .map(({ host, status, exitCode, stdout, stderr, error }) => {
        const text = (stdout.trim() || stderr.trim()).slice(0, Math.max(200, 2_000 / items.length));
        return status === 'ok'
          ? `${host}: ${text || `${line(call)} ended well, without output.`}`
          : `${host}: ${status}${exitCode === null ? '' : ` (exit code ${exitCode})`}. ${error ?? text}`;
      })
      .join('\n'),
});
