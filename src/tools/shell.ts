import { z } from 'zod';
import { classify } from '../core/command-class.ts';
import { ToolError } from '../core/errors.ts';
import { fillsUnnamed, unpacks } from '../core/commands/fills.ts';
import { runsHooks } from '../core/commands/git-hooks.ts';
import { ledToTrusted } from '../core/commands/led-to-trusted.ts';
import { runsAtHome, startsOutside } from '../core/commands/outside.ts';
import { ownDataTouched } from '../core/commands/own-data.ts';
import { ownDataIncluded } from '../core/commands/walks.ts';
import { carriesMark, markReason } from '../core/redaction/mark.ts';
import { isSecret, secretText, useBy, type SecretText } from '../core/secret.ts';
import { defineTool, type Caller } from '../core/tool.ts';

const input = z
  .object({
    command: z.array(z.string().max(100_000)).min(1).max(1_000).optional().describe('Program and arguments, no shell'),
    script: z.string().min(1).max(100_000).optional().describe('A line for sh -c instead; asks more often'),
    cwd: z.string().max(4_096).optional().describe('Folder to run it in; where you are by default'),
    stdin: secretText(10_000_000).optional(),
    env: z.record(z.string(), secretText(100_000)).optional().describe('A value may be {"$secret":name}'),
    timeoutMs: z.number().int().min(1).max(3_600_000).default(60_000),
  })
  .refine(({ command, script }) => (command === undefined) !== (script === undefined), 'give either command or script');

type Input = z.output<typeof input>;

const line = ({ command, script }: Input): string =>
  script ?? (command ?? []).map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

/** A file could be rewritten from what was shown of it. */
const markedIn = ({ command = [], script = '', stdin = '', env = {} }: Input): string | undefined =>
  [...command, script, stdin, ...Object.values(env)].some((text) => !isSecret(text) && carriesMark(text))
    ? markReason('The command')
    : undefined;

/** As it is judged: nobody knows what a secret holds, so it counts as something computed. */
function plain(call: Input): Omit<Input, 'stdin' | 'env'> & { stdin?: string; env?: Record<string, string> } {
  const text = (value: SecretText): string => (isSecret(value) ? '$secret' : value);
  const { stdin, env } = call;
  return {
    ...call,
    stdin: stdin === undefined ? undefined : text(stdin),
    env: env && Object.fromEntries(Object.entries(env).map(([name, value]) => [name, text(value)])),
  };
}

const usesSecret = ({ stdin, env }: Input): boolean => [stdin, ...Object.values(env ?? {})].some(isSecret);

/** For whoever reads the error: why, and the way on. */
const heldBack =
  '[claw: programs that nobody has looked into, and what unpacks or copies whole folders, cannot change what starts by itself, or add to the home folder. Work in a project folder, or let the owner run it.]';

/** What a person was asked about, and said yes to, may do what it does. */
function guardFor({ readOnly }: Caller, call: Input): 'nothing' | 'present' | 'absent' | 'everything' {
  if (readOnly) return 'everything';
  const { risk, isUnseen } = classify(plain(call));
  if (risk === 'destructive') return 'nothing';
  return isUnseen || runsHooks(plain(call)) || fillsUnnamed(plain(call)) ? 'absent' : 'present';
}

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
  risk: (call) => classify(plain(call)).risk,
  why: (call) => classify(plain(call)).why,
  effects: (call) => {
    const { persists, sends, hears, isUnseen: isUnknown, risk } = classify(plain(call));
    const isUnseen = isUnknown || runsHooks(plain(call));
    const readsPrivate = risk === 'read' || usesSecret(call);
    return { persists: persists || isUnseen || unpacks(plain(call)), sends: sends || isUnseen, readsPrivate, readsUntrusted: hears };
  },
  forbid: (call, ground) => classify(plain(call)).forbidden ?? ownDataTouched(plain(call), ground) ?? markedIn(call),
  concern: (call, { ground, isConfined }) =>
    isConfined
      ? (startsOutside(plain(call)) ?? runsAtHome(plain(call), ground) ?? ledToTrusted(plain(call), ground))
      : ownDataIncluded(plain(call), ground),
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
    const onLine = (text: string): void => ctx.progress({ message: text.slice(0, 200) });
    if (ctx.origins.isNamedIn(line(call), call.cwd!)) ctx.touched({ readsUntrusted: true });
    const since = Date.now() - 1_000;
    const { cwd, stdin, env } = call;
    const confined = ctx.caller.kind === 'owner' ? undefined : guardFor(ctx.caller, call);
    const use = useBy('shell_run', ctx);
    const result = await ctx.shell.run({ argv, cwd, stdin, env, confined, use, signal: ctx.signal, onLine, callId: ctx.callId });
    if (ctx.taint.untrusted) await ctx.origins.changedBy(line(call), { cwd: call.cwd!, since });
    const isHeldBack = confined !== undefined && result.exitCode !== 0 && /Read-only file system|EROFS/.test(result.stderr);
    return { ok: result.exitCode === 0, ...result, ...(isHeldBack && { stderr: `${result.stderr.trimEnd()}\n${heldBack}\n` }) };
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
