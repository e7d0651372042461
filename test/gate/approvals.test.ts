import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { watchExpiry } from '../../src/gate/approvals/approval-expiry.ts';
import { openDatabase } from '../../src/core/database.ts';
import { defineTool, type Caller, type Tool } from '../../src/core/tool.ts';
import type { CallOptions } from '../../src/gate/gate-types.ts';
import { approvalSchema, createApprovals, type Approval, type Approvals } from '../../src/gate/approvals/approvals.ts';
import { ruleRefusal } from '../../src/gate/approvals/rule-command.ts';
import { tools } from '../../src/tools/index.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';

const mcp: Caller = { kind: 'mcp', name: 'client' };
const anna: Caller = { kind: 'owner', name: 'anna' };
const bert: Caller = { kind: 'owner', name: 'bert' };

function desk(): { approvals: Approvals; clock: ReturnType<typeof manualClock>; told: Approval[] } {
  const clock = manualClock();
  const told: Approval[] = [];
  const db = openDatabase(path.join(temporaryFolder(), 'claw.db'), [approvalSchema]);
  onTestFinished(() => db.close());
  return { approvals: createApprovals({ db, clock, onAnswer: (approval) => void told.push(approval) }), clock, told };
}

const base = { tool: 'demo_do', input: { a: 1 }, hash: 'h1', caller: mcp, run: undefined, risk: 'destructive', reason: 'because' } as const;

test('two persons must say yes where the policy wants two, and one of them twice is one', () => {
  const { approvals, told } = desk();
  const request = { ...base, quorum: 2 };
  const id = approvals.request(request);
  expect(approvals.answer(id, 'approve', anna).status).toBe('waiting');
  expect(approvals.use(request)).toBeUndefined();
  expect(() => approvals.answer(id, 'approve', anna)).toThrow(expect.objectContaining({ code: 'conflict' }));
  expect(told).toEqual([]);
  expect(approvals.answer(id, 'approve', bert)).toMatchObject({
    status: 'approved',
    votes: [{ voter: 'owner:anna' }, { voter: 'owner:bert' }],
  });
  expect(told).toHaveLength(1);
  expect(approvals.use(request)).toBe(id);
});

test('one no decides, whatever the quorum', () => {
  const { approvals } = desk();
  const id = approvals.request({ ...base, quorum: 3 });
  approvals.answer(id, 'approve', anna);
  expect(approvals.answer(id, 'deny', bert).status).toBe('denied');
  expect(() => approvals.answer(id, 'approve', { kind: 'owner', name: 'carl' })).toThrow(expect.objectContaining({ code: 'conflict' }));
});

test('an approval by fewer persons than the policy wants now opens nothing', () => {
  const { approvals } = desk();
  const id = approvals.request(base);
  approvals.answer(id, 'approve', anna);
  expect(approvals.use({ ...base, quorum: 2 })).toBeUndefined();
  expect(approvals.use({ ...base, notSelf: true })).toBeUndefined();
  expect(approvals.use(base)).toBe(id);
});

test('where another person must answer, whoever asked does not, nor the person at the client that asked', () => {
  const { approvals } = desk();
  const own = approvals.request({ ...base, caller: anna, notSelf: true });
  expect(() => approvals.answer(own, 'approve', anna)).toThrow(expect.objectContaining({ code: 'denied' }));
  expect(approvals.answer(own, 'approve', bert).status).toBe('approved');
  const clients = approvals.request({ ...base, notSelf: true });
  const elicited: Caller = { kind: 'owner', name: 'mcp-elicitation' };
  expect(() => approvals.answer(clients, 'approve', elicited)).toThrow(expect.objectContaining({ code: 'denied' }));
});

test('the owner is one person on every surface', () => {
  const { approvals } = desk();
  const plain: Caller = { kind: 'owner' };
  const elicited: Caller = { kind: 'owner', name: 'mcp-elicitation' };
  for (const [first, second] of [
    [plain, elicited],
    [elicited, plain],
  ] as const) {
    const id = approvals.request({ ...base, hash: `h${first.name}`, quorum: 2 });
    approvals.answer(id, 'approve', first);
    expect(() => approvals.answer(id, 'approve', second)).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(approvals.get(id)).toMatchObject({ status: 'waiting' });
  }
  const own = approvals.request({ ...base, caller: plain, notSelf: true });
  expect(() => approvals.answer(own, 'approve', elicited)).toThrow(expect.objectContaining({ code: 'denied' }));
});

test.for(['mcp', 'agent', 'cron', 'workflow', 'watcher', 'skill', 'hook'] as const)('%s never answers', (kind) => {
  const { approvals } = desk();
  const id = approvals.request(base);
  expect(() => approvals.answer(id, 'approve', { kind })).toThrow(expect.objectContaining({ code: 'denied' }));
});

test('an approval covers no more taint than it showed', () => {
  const { approvals } = desk();
  const run = { id: 'run_1', stepId: 's' };
  const id = approvals.request({ ...base, run });
  approvals.answer(id, 'approve', anna);
  const tainted = { ...base, run, taint: { untrusted: true, private: false } };
  expect(approvals.use(tainted)).toBeUndefined();
  const second = approvals.request(tainted);
  expect(second).not.toBe(id);
  approvals.answer(second, 'approve', anna);
  expect(approvals.use(tainted)).toBe(second);
});

test('another client, by its name, does not use what was approved for the first', () => {
  const { approvals } = desk();
  approvals.answer(approvals.request(base), 'approve', anna);
  expect(approvals.use({ ...base, caller: { kind: 'mcp', name: 'other' } })).toBeUndefined();
});

test('a run that waits hears that its question has expired', () => {
  const { approvals, clock, told } = desk();
  const id = approvals.request({ ...base, run: { id: 'run_1', stepId: 's' } });
  clock.advance(25 * 3_600_000);
  approvals.list({ limit: 10 });
  expect(told).toMatchObject([{ id, status: 'expired', runId: 'run_1' }]);
});

test('questions lapse although nobody looks, until the process ends', async () => {
  const { approvals, clock, told } = desk();
  const end = watchExpiry({ approvals, clock, log: silentLog });
  approvals.request({ ...base, run: { id: 'run_1', stepId: 's' } });
  clock.advance(25 * 3_600_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toMatchObject([{ status: 'expired' }]);
  end();
});

let wiped: string[];
const wipe = defineTool({
  name: 'shelf_wipe',
  title: 'Wipe',
  description: 'For tests.',
  examples: [],
  risk: 'destructive',
  dataFields: ['note'],
  input: z.object({ key: z.string(), note: z.string().default('') }),
  output: z.object({ key: z.string() }),
  run: (_ctx, { key }) => {
    wiped.push(key);
    return { key };
  },
  dryRun: (_ctx, { key }) => [{ action: 'delete', target: key, before: 'the old text' }],
});

const start = (home?: string): Promise<TestApp> => {
  wiped = [];
  return startApp({ tools: [...tools, wipe] as Tool[], ...(home !== undefined && { home }) });
};
const inRun: CallOptions = { run: { id: 'run_1', stepId: 's1' } };

async function ask(
  app: TestApp,
  input: unknown,
  { caller = mcp, options = {} }: { caller?: Caller; options?: CallOptions } = {},
  tool = 'shelf_wipe',
) {
  const error = (await app.gate.call(caller, tool, input, options).catch((thrown: unknown) => thrown)) as {
    code: string;
    approvalId: string;
  };
  expect(error.code).toBe('approval_required');
  return error.approvalId;
}

test('a question shows the exact call, what it would change, risk, taint, who asks and until when', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' });
  const { output, summary } = await app.call('approval_show', { id });
  expect(output).toMatchObject({
    input: { key: 'a', note: '' },
    changes: [{ action: 'delete', target: 'a', before: 'the old text' }],
    risk: 'destructive',
    taint: { untrusted: false, private: false },
    caller: 'mcp',
    callerName: 'client',
    quorum: 1,
  });
  for (const part of ['shelf_wipe {"key":"a","note":""}', 'delete a', '- the old text', 'destructive', 'mcp client', 'waits until'])
    expect(summary).toContain(part);
});

test('what a file holds is shown to the owner, and to nobody else who asks to change it', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' });
  for (const [tool, input] of [
    ['approval_show', { id }],
    ['approval_list', {}],
  ] as const) {
    const { output, summary } = await app.gate.call(mcp, tool, input);
    expect(JSON.stringify(output) + summary).not.toContain('the old text');
    expect(JSON.stringify(output)).toContain('"target":"a"');
  }
});

test('what a tool says it would change is shown without secrets', async () => {
  const app = await start();
  app.redactor.add('the old text');
  const id = await ask(app, { key: 'a' });
  expect(JSON.stringify((await app.call('approval_show', { id })).output)).not.toContain('the old text');
});

test('one changed byte, a second use, another run: each asks again', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' });
  await app.call('approval_answer', { id, answer: 'approve' });
  await ask(app, { key: 'a ' });
  await ask(app, { key: 'a' }, { options: inRun });
  await app.gate.call(mcp, 'shelf_wipe', { key: 'a' });
  await ask(app, { key: 'a' });
  expect(wiped).toEqual(['a']);
});

test('of several calls at once one uses the approval, and the others ask again', async () => {
  const app = await start();
  await app.call('approval_answer', { id: await ask(app, { key: 'a' }), answer: 'approve' });
  const calls = await Promise.allSettled(Array.from({ length: 8 }, () => app.gate.call(mcp, 'shelf_wipe', { key: 'a' })));
  expect(calls.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(wiped).toEqual(['a']);
});

test('neither a client nor an agent answers by way of another tool', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' });
  const answer = { tool: 'approval_answer', input: { id, answer: 'approve' } };
  for (const caller of [mcp, { kind: 'agent' }, { kind: 'skill' }] as Caller[])
    await expect(app.gate.call(caller, 'tool_call', answer)).rejects.toMatchObject({ code: 'denied' });
  await app.gate.call(mcp, 'intake_run', { request: `approve ${id}` }).catch(() => {});
  await expect(app.output('approval_show', { id })).resolves.toMatchObject({ status: 'waiting', votes: [] });
});

test('allowed for this run: the same call again, in this run only', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' }, { options: inRun });
  await app.call('approval_answer', { id, answer: 'approve', scope: 'run' });
  for (let i = 0; i < 3; i += 1) await app.gate.call(mcp, 'shelf_wipe', { key: 'a' }, inRun);
  await ask(app, { key: 'b' }, { options: inRun });
  await ask(app, { key: 'a' }, { options: { run: { id: 'run_2', stepId: 's1' } } });
  expect(wiped).toEqual(['a', 'a', 'a']);
});

test('allowed always: the exact call of this caller, over a restart, until it is revoked', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' });
  const { output } = await app.call('approval_answer', { id, answer: 'approve', scope: 'always' });
  const { rule } = output as { rule: { id: string } };
  await app.gate.call(mcp, 'shelf_wipe', { key: 'a' });
  await app[Symbol.asyncDispose]();
  const again = await start(app.home);
  await again.gate.call(mcp, 'shelf_wipe', { key: 'a' });
  await ask(again, { key: 'a' }, { caller: { kind: 'mcp', name: 'other' } });
  await ask(again, { key: 'a' }, { caller: { kind: 'agent' } });
  await expect(again.output('approval_rules')).resolves.toMatchObject({ items: [{ id: rule.id, uses: 1, covers: 'exactly this call' }] });
  await again.call('approval_revoke', { id: rule.id });
  await ask(again, { key: 'a' });
  await expect(again.output('approval_rules')).resolves.toEqual({ items: [] });
  await expect(again.call('approval_revoke', { id: rule.id })).rejects.toMatchObject({ code: 'not_found' });
});

test('a rule may leave data fields free, and no other', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a', note: 'one' });
  const always = { id, answer: 'approve', scope: 'always' };
  await expect(app.call('approval_answer', { ...always, free: ['key'] })).rejects.toMatchObject({ code: 'denied' });
  await app.call('approval_answer', { ...always, free: ['note'] });
  await app.gate.call(mcp, 'shelf_wipe', { key: 'a', note: 'two' });
  await ask(app, { key: 'b', note: 'two' });
});

test('undoing a yes takes back what no call has used, and its rule', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' });
  const { callId } = await app.call('approval_answer', { id, answer: 'approve', scope: 'always' });
  await expect(app.output('run_undo', { id: callId })).resolves.toMatchObject({ status: 'done', undone: 1 });
  await ask(app, { key: 'a' });
});

test('a rule made in a clean run does not cover one that has read untrusted text', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' }, { options: inRun });
  await app.call('approval_answer', { id, answer: 'approve', scope: 'run' });
  const untrusted: Tool = { ...wipe, name: 'page_read', risk: 'read', effects: { readsUntrusted: true } };
  await app[Symbol.asyncDispose]();
  const again = await startApp({ home: app.home, tools: [...tools, wipe, untrusted] as Tool[] });
  await again.gate.call(mcp, 'shelf_wipe', { key: 'a' }, inRun);
  await again.gate.call(mcp, 'page_read', { key: 'x' }, inRun);
  const tainted = await ask(again, { key: 'a' }, { options: inRun });
  await expect(again.call('approval_answer', { id: tainted, answer: 'approve', scope: 'always' })).rejects.toMatchObject({
    code: 'denied',
  });
  await again.call('approval_answer', { id: tainted, answer: 'approve', scope: 'run' });
  await again.gate.call(mcp, 'shelf_wipe', { key: 'a' }, inRun);
});

test('the owner answers in plain words, as a step that the request fixed', async () => {
  const app = await start();
  const id = await ask(app, { key: 'a' });
  await expect(app.output('intake_run', { request: `approve ${id}` })).resolves.toMatchObject({ status: 'done' });
  await app.gate.call(mcp, 'shelf_wipe', { key: 'a' });
  expect(wiped).toEqual(['a']);
});

test('a run does not answer itself, though it speaks for the owner', async () => {
  const app = await start();
  const owner: Caller = { kind: 'owner' };
  const id = await ask(app, { key: 'a' }, { caller: owner, options: inRun });
  await expect(app.call('approval_answer', { id, answer: 'approve' }, inRun)).rejects.toMatchObject({ code: 'denied' });
  await expect(app.call('approval_answer', { id, answer: 'approve' }, { run: { id: 'run_2', stepId: 's' } })).rejects.toMatchObject({
    code: 'denied',
  });
});

const commands: [string, string[], number | undefined, 'rule' | 'none'][] = [
  ['an exact command', ['rm', '/tmp/none/a'], undefined, 'rule'],
  ['a program with its verb', ['systemctl', 'disable', 'nginx'], 2, 'rule'],
  ['the program alone', ['systemctl', 'disable', 'nginx'], 1, 'none'],
  ['the first word of what deletes', ['rm', '/tmp/none/a'], 1, 'none'],
  ['a shell', ['sh', '-c', 'rm /tmp/none/a'], undefined, 'none'],
  ['an interpreter', ['python3', '-c', 'print(1)'], undefined, 'none'],
  ['an interpreter behind a wrapper', ['env', 'X=1', 'bash', '-c', 'rm a'], undefined, 'none'],
  ['a wrapper', ['sudo', 'rm', '/tmp/none/a'], undefined, 'none'],
  ['a command that runs commands', ['docker', 'exec', 'web', 'rm', 'a'], undefined, 'none'],
  ['an option before the verb', ['systemctl', '--root=/x', 'disable', 'web'], 4, 'none'],
  ['a program of that name elsewhere', ['/tmp/rm', '/tmp/none/a'], undefined, 'none'],
  ['what kubectl deletes, exactly', ['kubectl', 'delete', 'pod', 'a'], undefined, 'rule'],
  ['whatever kubectl deletes', ['kubectl', 'delete', 'pod', 'a'], 2, 'none'],
  ['whatever kubectl deletes of a kind', ['kubectl', 'delete', 'pod', 'a'], 3, 'none'],
  ['whatever zfs destroys', ['zfs', 'destroy', 'tank/a'], 2, 'none'],
  ['whatever docker removes', ['docker', 'rm', 'a'], 2, 'none'],
  ['a container', ['docker', 'run', '-d', 'alpine'], undefined, 'none'],
  ['any container', ['docker', 'run', 'alpine'], 2, 'none'],
  ['a copy onto what others execute', ['cp', '/tmp/none/a', '/root/.bashrc'], undefined, 'none'],
  ['any firewall rule', ['ufw', 'allow', '22'], 2, 'none'],
];

test.for(commands)('allow always for a command: %s', async ([, command, words, expected]) => {
  const app = await start();
  const id = await ask(app, { command }, {}, 'shell_run');
  const answer = app.call('approval_answer', { id, answer: 'approve', scope: 'always', ...(words && { words }) });
  if (expected === 'rule') await expect(answer).resolves.toMatchObject({ output: { rule: { status: 'active' } } });
  else await expect(answer).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('No standing rule') as string });
});

test.for([
  ['a package from a file', ['apt', 'install', './a.deb'], 3],
  ['whatever package after one from a file', ['apt', 'install', '/tmp/a.deb', 'b'], 3],
  ['whatever is enabled', ['systemctl', 'enable', 'a'], 2],
  ['a property of every program', ['constructor', 'a'], 2],
] as [string, string[], number][])('there is no standing rule for %s', ([, command, words]) => {
  expect(ruleRefusal(command, words)).toBeDefined();
});

test('a script has no rule', async () => {
  const app = await start();
  const id = await ask(app, { script: 'rm /tmp/none/a' }, {}, 'shell_run');
  await expect(app.call('approval_answer', { id, answer: 'approve', scope: 'always' })).rejects.toMatchObject({ code: 'denied' });
});

test("a command's rule covers further names, never further options, and nothing else changed", async () => {
  const app = await start();
  const id = await ask(app, { command: ['systemctl', 'disable', 'a'] }, {}, 'shell_run');
  await app.call('approval_answer', { id, answer: 'approve', scope: 'always', words: 2 });
  const run = (input: object): Promise<unknown> => app.gate.call(mcp, 'shell_run', input).catch((error: unknown) => error);
  for (const command of [
    ['systemctl', 'disable', 'a'],
    ['systemctl', 'disable', 'b'],
    ['systemctl', 'disable'],
  ])
    await expect(run({ command })).resolves.not.toMatchObject({ code: 'approval_required' });
  for (const input of [
    { command: ['systemctl', 'disable', '--root=/x', 'a'] },
    { command: ['systemctl', 'stop', 'a'] },
    { command: ['systemctl', 'disable', 'a'], env: { PATH: '/tmp' } },
    { command: ['systemctl', 'disable', 'a'], cwd: '/tmp' },
    { script: 'systemctl disable a' },
  ])
    await expect(run(input)).resolves.toMatchObject({ code: 'approval_required' });
});

test.for([
  [
    ['apt', 'install', 'htop'],
    ['./evil.deb', '/tmp/evil.deb', 'htop/testing', 'openssh-server-', 'https://evil.example/x.deb', '*'],
  ],
  [
    ['systemctl', 'disable', 'a'],
    ['/tmp/evil.service', 'poweroff.target', '*.service', ''],
  ],
] as [string[], string[]][])(
  'an open rule for %j covers names, and nothing that is more than a name',
  async ([[program, verb, name], others]) => {
    const app = await start();
    const id = await ask(app, { command: [program, verb, name], env: { LANG: 'C', PAGER: 'cat' } }, {}, 'shell_run');
    await app.call('approval_answer', { id, answer: 'approve', scope: 'always', words: 2 });
    for (const other of others)
      await expect(
        app.gate.call(mcp, 'shell_run', { command: [program, verb, other], env: { LANG: 'C', PAGER: 'cat' } }),
      ).rejects.toMatchObject({ code: 'approval_required' });
  },
);

test('no rule lifts a denial', async () => {
  const app = await start();
  const id = await ask(app, { command: ['rm', '-r', '/tmp/none'] }, {}, 'shell_run');
  await app.call('approval_answer', { id, answer: 'approve', scope: 'always' });
  await expect(app.gate.call(mcp, 'shell_run', { command: ['rm', '-r', '/'] })).rejects.toMatchObject({ code: 'denied' });
});
