import { z } from 'zod';
import { classify } from '../core/command-class.ts';
import { ToolError } from '../core/errors.ts';
import { ownDataIncluded, ownDataTouched, startsOutside } from '../core/commands/own-data.ts';
import { defineTool } from '../core/tool.ts';

const input = z
  .object({
    command: z.array(z.string().max(100_000)).min(1).max(1_000).optional().describe('Program and arguments, no shell'),
    script: z.string().min(1).max(100_000).optional().describe('A line for sh -c instead; asks more often'),
    cwd: z.string().max(4_096).optional().describe('Folder to run it in; where you are by default'),
    stdin: z.string().optional(),
    env: z.record(z.string(), z.string()).optional(),
    timeoutMs: z.number().int().min(1).max(3_600_000).default(60_000),
  })
  .refine(({ command, script }) => (command === undefined) !== (script === undefined), 'give either command or script');

type Input = z.output<typeof input>;

const line = ({ command, script }: Input): string =>
  script ?? (command ?? []).map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

export const shellRun = defineTool({
  name: 'shell_run',
  title: 'Run a command',
  description: 'Run a program on this machine and return its output. Reading runs at once, destroying asks.',
  input,
  output: z.object({
    ok: z.boolean().describe('Exit code 0'),
    exitCode: z.number().nullable(),
    endedBy: z.string().nullable(),
    stdout: z.string(),
    stderr: z.string(),
    durationMs: z.number(),
    file: z.string().optional().describe('All of the output'),
  }),
  risk: (call) => classify(call).risk,
  why: (call) => classify(call).why,
  effects: (call) => {
    const { persists, sends, risk } = classify(call);
    return { persists, sends, readsPrivate: risk === 'read', readsUntrusted: sends };
  },
  forbid: (call, ground) => classify(call).forbidden ?? ownDataTouched(call, ground),
  concern: (call, { ground, isConfined }) => (isConfined ? startsOutside(call) : ownDataIncluded(call, ground)),
  sandboxed: true,
  openWorld: true,
  timeoutMs: ({ timeoutMs }) => timeoutMs,
  paths: ['cwd'],
  slots: { command: 'command', script: 'script' },
  examples: [
    'run "df -h"',
    'run uptime',
    'execute `ls -la /tmp`',
    'run the command "git status"',
    'run the script backup.sh',
    'execute ps aux',
    'use the shell to run "du -sh /var"',
    'call "uname -a" on this machine',
    'what does `whoami` print',
    'run free -m in a shell',
    'start the program "make build"',
    'type "date" in the terminal',
  ],
  run: async (ctx, call) => {
    const argv = call.script === undefined ? call.command! : ['/bin/sh', '-c', call.script];
    const onOutput = (text: string): void => ctx.progress({ message: text.trimEnd().split('\n').at(-1)!.slice(0, 200) });
    const result = await ctx.shell.run({
      argv,
      cwd: call.cwd,
      stdin: call.stdin,
      env: call.env,
      confined: ctx.caller.kind !== 'owner',
      signal: ctx.signal,
      onOutput,
      callId: ctx.callId,
    });
    return { ok: result.exitCode === 0, ...result };
  },
  verify: (_ctx, _call, { ok, exitCode, endedBy }) => [
    { check: 'it ended with exit code 0', ok, found: endedBy ?? `exit code ${exitCode}` },
  ],
  dryRun: (_ctx, call) => [{ action: 'run', target: line(call) }],
  content: ({ stdout, file }) => {
    if (file === undefined) return stdout;
    throw new ToolError('too_large', 'The output is too long to be passed on.', { hint: `All of it is in ${file}.` });
  },
  summary: ({ ok, exitCode, endedBy, stdout, stderr }, call) => {
    const text = (stdout.trim() || stderr.trim()).slice(0, 2_000);
    return ok
      ? text || `${line(call)} ended well, without output.`
      : `${line(call)} failed (${endedBy ?? `exit code ${exitCode}`}). ${text}`;
  },
});
