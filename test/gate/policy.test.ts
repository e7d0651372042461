import { chmodSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { globMatcher, regexMatcher } from '../../src/core/pattern.ts';
import { silentLog } from '../../src/core/log.ts';
import { defineTool } from '../../src/core/tool.ts';
import { callFacts } from '../../src/gate/policy/call-facts.ts';
import { createPolicyFile, readPolicy } from '../../src/gate/policy/policy-file.ts';
import { policySchema, policySchemaFile } from '../../src/gate/policy/policy-schema.ts';
import { owner, startApp, type TestApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';
import { root } from '../support/processes.ts';
import { plainGround } from '../support/ground.ts';

function write(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
}

async function withPolicy(text: string): Promise<TestApp> {
  const app = await startApp();
  write(path.join(app.home, 'policy.yaml'), text);
  return app;
}

const explain = (app: TestApp, tool: string, input: unknown, kind: 'owner' | 'agent' | 'mcp' | 'cron' = 'owner') => {
  const { verdict, decidedBy } = app.gate.explain({ kind }, tool, input);
  return [verdict, decidedBy.replace(/ of policy.yaml/, '')];
};

test('the first rule that fits decides, and the answer names it', async () => {
  const app = await withPolicy(`
rules:
  - { then: allow, name: restarts, tool: shell_run, command: [docker rm web, systemctl stop nginx] }
  - { then: ask, tool: "file_*", caller: [agent, cron], why: Files are asked for. }
  - { then: deny, tool: file_read }
`);
  expect(explain(app, 'shell_run', { command: ['docker', 'rm', 'web'] })).toEqual(['allow', 'rule 1 (restarts)']);
  expect(explain(app, 'shell_run', { script: 'docker rm web && systemctl stop nginx' })).toEqual(['allow', 'rule 1 (restarts)']);
  expect(explain(app, 'shell_run', { script: 'docker rm web && docker rm db' })).toEqual(['ask', 'built in']);
  expect(explain(app, 'shell_run', { script: 'docker rm web $(docker ps -q)' })).toEqual(['ask', 'built in']);
  expect(explain(app, 'file_read', { path: 'a' }, 'agent')).toEqual(['ask', 'rule 2']);
  expect(explain(app, 'file_read', { path: 'a' })).toEqual(['deny', 'rule 3']);
  expect(app.gate.explain({ kind: 'agent' }, 'file_read', { path: 'a' }).reason).toBe('Files are asked for.');
});

test('no rule loosens what is built in', async () => {
  const app = await withPolicy('rules: [{ then: allow }]');
  expect(explain(app, 'file_delete', { path: 'a.txt' }, 'agent')).toEqual(['allow', 'rule 1']);
  expect(explain(app, 'shell_run', { script: 'rm -rf /' })).toEqual(['deny', 'built in']);
  expect(explain(app, 'shell_run', { command: ['cat', path.join(app.home, 'token')] })).toEqual(['deny', 'built in']);
  expect(explain(app, 'approval_answer', { id: 'apr_1', answer: 'approve' }, 'agent')).toEqual(['deny', 'built in']);
  await expect(app.call('file_write', { path: path.join(app.home, 'policy.yaml'), text: 'x' })).rejects.toMatchObject({ code: 'denied' });
  await expect(app.gate.call({ kind: 'mcp', readOnly: true }, 'file_write', { path: 'a', text: 'x' })).rejects.toMatchObject({
    code: 'denied',
  });
});

test('what the sandbox cannot reach asks, except the owner', async () => {
  const app = await withPolicy('rules: [{ then: allow }]');
  const start = { script: 'docker compose up -d' };
  expect(explain(app, 'shell_run', start, 'agent')).toEqual(['ask', 'built in']);
  expect(explain(app, 'shell_run', start)).toEqual(['allow', 'rule 1']);
});

test('a rule that denies or asks holds in the gate, and how many must agree goes with the verdict', async () => {
  const app = await withPolicy(
    'rules: [{ then: ask, tool: memory_remember, approvals: 2, notSelf: true }, { then: deny, tool: memory_recall }]',
  );
  await expect(app.call('memory_remember', { text: 'x' })).rejects.toMatchObject({ code: 'approval_required' });
  await expect(app.call('memory_recall', { query: 'x' })).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining('rule 2'),
  });
  expect(app.gate.explain(owner, 'memory_remember', { text: 'x' })).toMatchObject({ verdict: 'ask', quorum: 2, notSelf: true });
});

const here = plainGround;
const sender = defineTool({
  name: 'message_send',
  title: 'Send',
  description: 'Send.',
  risk: 'write',
  input: z.object({}),
  output: z.object({}),
  examples: [],
  slots: {},
  run: () => ({}),
});

function fits(rule: string, input: object, now = Date.UTC(2026, 5, 1, 12)): boolean {
  const file = path.join(temporaryFolder(), 'policy.yaml');
  write(file, `rules: [${rule}]`);
  const [only] = readPolicy(file).rules;
  return only!.fits({ tool: 'message_send', caller: owner, risk: 'write', facts: callFacts(sender, input, here), now });
}

test.for([
  ['{ then: ask, arguments: { to: "*@example.org" } }', { to: 'a@example.org' }, true],
  ['{ then: ask, arguments: { to: "*@example.org" } }', { to: 'a@example.com' }, false],
  ['{ then: ask, arguments: { "head.kind": "/^(a|b)$/i" } }', { head: { kind: 'B' } }, true],
  ['{ then: ask, arguments: { "__proto__.x": "*" } }', {}, true],
  ['{ then: ask, host: "*.example.org" }', { url: 'https://www.EXAMPLE.org/x' }, true],
  ['{ then: ask, host: "*.example.org" }', { url: 'https://example.org.evil/x' }, false],
  ['{ then: deny, host: nas }', { script: 'ls; ssh pi@nas uptime' }, true],
  ['{ then: deny, host: nas }', { command: ['rsync', '-a', 'x', 'nas:/y'] }, true],
  ['{ then: ask, path: "/srv/photos/**" }', { path: '/srv/photos/2026/../../photos/a.jpg' }, true],
  ['{ then: ask, path: "/srv/photos/*" }', { path: '/srv/photos/2026/a.jpg' }, false],
  ['{ then: deny, path: "/srv/**" }', { command: ['cp', 'a', 'b'], cwd: '/srv/x' }, true],
  ['{ then: allow, path: "/srv/**" }', { command: ['cat', '/srv/a'] }, true],
  ['{ then: allow, path: "/srv/**" }', { command: ['cat', '/srv/a', '/etc/shadow'] }, false],
  ['{ then: allow, path: "/srv/**" }', { script: 'python3 -c 1', cwd: '/srv/a' }, false],
  ['{ then: deny, command: rm }', { script: 'ls | sudo xargs -n1 rm' }, true],
  ['{ then: deny, command: rm }', { script: 'ls; sudo env A=1 rm x' }, true],
  ['{ then: deny, command: "docker re*" }', { command: ['docker', 'restart', 'web'] }, true],
  ['{ then: ask, between: "22:00-06:00", timezone: Europe/Berlin }', {}, false],
  ['{ then: ask, between: "13:00-15:00", timezone: Europe/Berlin }', {}, true],
  ['{ then: ask, between: "13:00-15:00", timezone: Asia/Tokyo }', {}, false],
  ['{ then: ask, days: mon }', {}, true],
  ['{ then: ask, days: [sat, sun] }', {}, false],
] as [string, object, boolean][])('%s on %j: %s', ([rule, input, expected]) => {
  expect(fits(rule, input)).toBe(expected);
});

test('a time over midnight holds on both sides of it', () => {
  const night = '{ then: ask, between: "22:00-06:00", timezone: UTC }';
  const at = (hour: number): boolean => fits(night, {}, Date.UTC(2026, 0, 5, hour, 30));
  expect([21, 22, 23, 0, 5, 6].map(at)).toEqual([false, true, true, true, true, false]);
});

test.for([
  ['02:00-03:00', '2026-03-29T00:59:59Z', false, 'the hour that is skipped in spring, before it'],
  ['02:00-03:00', '2026-03-29T01:00:00Z', false, 'and after it'],
  ['02:00-03:00', '2026-10-25T00:30:00Z', true, 'the hour that comes twice in autumn, the first time'],
  ['02:00-03:00', '2026-10-25T01:30:00Z', true, 'and the second'],
  ['23:00-00:00', '2026-06-01T21:30:00Z', true, 'up to midnight'],
  ['23:00-00:00', '2026-06-01T22:00:00Z', false, 'not at midnight'],
  ['00:00-06:00', '2026-05-31T22:00:00Z', true, 'from midnight on'],
] as const)('time of day is that of the wall clock, %s at %s: %s, %s', ([between, at, expected]) => {
  expect(fits(`{ then: ask, between: "${between}", timezone: Europe/Berlin }`, {}, Date.parse(at))).toBe(expected);
});

test.for([
  ['rules:\n  - then: allow\n    tol: x\n', 'line 3, column 5', 'tol'],
  ['rules:\n  - then: perhaps\n', 'line 2, column 11', 'rules.0.then'],
  ['rules:\n  - { then: allow, approvals: 2 }\n', 'line 2, column 13', 'approvals and notSelf need then: ask'],
  ['rules:\n  - { then: ask, arguments: { a: "/(/" } }\n', 'line 2, column 34', 'no regular expression'],
  ['rules:\n  - { then: ask, timezone: Mars/Base }\n', 'line 2, column 28', 'IANA'],
  ['rules: [\n', 'line 2, column 1', ''],
  ['- a\n', 'line 1, column 1', 'the file'],
  ['a: &x [*x, *x]\n', 'line 1', ''],
  ['rules: *nothing\n', 'line 1', 'aliases'],
] as const)('a broken file is refused at first start, with its place: %j', async ([text, place, what]) => {
  const home = path.join(temporaryFolder(), 'home');
  const first = await startApp({ home });
  await first[Symbol.asyncDispose]();
  write(path.join(home, 'policy.yaml'), text);
  const error = (await startApp({ home }).catch((thrown: unknown) => thrown)) as { code: string; message: string; hint: string };
  expect(error).toMatchObject({ code: 'bad_config', hint: expect.stringContaining(policySchemaFile) });
  expect(error.message).toContain(place);
  expect(error.message).toContain(what);
  expect(error.message).toContain('policy.yaml');
});

test('an edited file holds at the next call; a broken one leaves the last good rules in force and is said', async () => {
  const app = await withPolicy('rules: [{ then: deny, tool: memory_stats }]');
  const file = path.join(app.home, 'policy.yaml');
  await expect(app.call('memory_stats')).rejects.toMatchObject({ code: 'denied' });
  write(file, 'rules: [{ then: deny, tool: memory_list }]');
  await expect(app.call('memory_stats')).resolves.toBeDefined();
  write(file, 'rules: [{ then: allow, tool: }]  # broken');
  await expect(app.call('memory_list')).rejects.toMatchObject({ code: 'denied' });
  await expect(app.output('policy_show')).resolves.toMatchObject({
    state: 'kept',
    error: expect.stringContaining('line 1'),
    rules: [{ number: 1 }],
  });
  await expect(app.output('status_show')).resolves.toMatchObject({ warnings: [expect.stringContaining('policy.yaml is broken')] });
  rmSync(file);
  await expect(app.output('policy_show')).resolves.toMatchObject({ state: 'absent', rules: [] });
});

test('a file that others could write is not believed', () => {
  const file = path.join(temporaryFolder(), 'policy.yaml');
  write(file, 'rules: []');
  chmodSync(file, 0o622);
  expect(() => createPolicyFile({ file, log: silentLog, tools: [] })).toThrow(
    expect.objectContaining({ code: 'bad_config', hint: expect.stringContaining('chmod 600') }),
  );
});

test('an edit that keeps the size and the time of the file is still seen', async () => {
  const app = await withPolicy('rules: [{ then: deny, tool: memory_stats }]');
  const file = path.join(app.home, 'policy.yaml');
  await expect(app.call('memory_stats')).rejects.toMatchObject({ code: 'denied' });
  const { atime, mtime } = statSync(file);
  rmSync(file);
  write(file, 'rules: [{ then: deny, tool: memory_lists}]');
  utimesSync(file, atime, mtime);
  await expect(app.call('memory_stats')).resolves.toBeDefined();
});

test('policy_test explains a call without making it, for any caller', async () => {
  const app = await withPolicy('rules: [{ then: deny, name: no agents, caller: agent, tool: file_write }]');
  const call = 'file_write {"path":"a.txt","text":"x"}';
  await expect(app.output('policy_test', { call, caller: 'agent' })).resolves.toMatchObject({
    verdict: 'deny',
    decidedBy: 'rule 1 (no agents) of policy.yaml',
    risk: 'write',
  });
  await expect(app.output('policy_test', { call })).resolves.toMatchObject({ verdict: 'allow', decidedBy: 'built in' });
  await expect(app.output('policy_test', { tool: 'shell_run', input: { script: 'ls; rm x' } })).resolves.toMatchObject({
    verdict: 'ask',
    reason: expect.stringContaining('rm'),
    command: { risk: 'destructive' },
  });
  await expect(app.call('policy_test', { call: 'file_write {' })).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(app.call('policy_test', { call: 'nothing_here {}' })).rejects.toMatchObject({ code: 'unknown_tool' });
});

test('patterns of any shape end in time', () => {
  const text = `${'a'.repeat(9_000)}!`;
  const started = performance.now();
  expect(regexMatcher('^(a+)+$', '', true)(text)).toBe(true);
  expect(regexMatcher('^(a+)+$', '', false)(text)).toBe(false);
  expect(globMatcher(`${'*a'.repeat(50)}*b`)(text)).toBe(false);
  expect(globMatcher('a?c/**/*.ts', '/')('abc/d/e/f.ts')).toBe(true);
  expect(globMatcher('*', '/')('a/b')).toBe(false);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('the example in the guide is a sound policy, and the published schema is that of the loader', () => {
  const example = /```yaml\n([^]*?)```/.exec(readFileSync(path.join(root, 'docs', 'policy.md'), 'utf8'))![1]!;
  const file = path.join(temporaryFolder(), 'policy.yaml');
  write(file, example);
  expect(readPolicy(file).rules.length).toBeGreaterThan(5);
  const published = JSON.parse(readFileSync(path.join(root, policySchemaFile), 'utf8')) as object;
  expect(z.toJSONSchema(policySchema(), { io: 'input' })).toEqual(published);
});

test.for([
  ['{ then: deny, tool: file_delte }', 'no tool is called "file_delte"'],
  ['{ then: deny, tool: [file_read, "vualt_*"] }', 'no tool is called "vualt_*"'],
  ['{ then: deny, host: "https://example.org/x" }', 'has no scheme'],
  ['{ then: deny, host: "nas:8080" }', 'has no scheme, user, port'],
  ['{ then: deny, path: photos/** }', 'begin it with /'],
  ['{ then: deny, path: ~pi/photos }', 'begin it with /'],
  ['{ then: deny, tool: file_read, risk: destructive }', 'is ever destructive'],
  ['{ then: ask, tool: approval_answer, caller: agent }', 'may be called by agent'],
  ['{ then: deny, tool: memory_remember, arguments: { txt: "*" } }', 'has the argument "txt"'],
  ['{ then: allow, command: sudo docker restart }', 'wrappers are taken off'],
  ['{ then: deny, between: "08:00-08:00" }', 'no time is between'],
  ['{ then: ask, tool: file_delete, approvals: 2 }', '2 persons must say yes'],
  ['{ then: ask, tool: file_delete, notSelf: true }', 'may not answer'],
  ['{ then: deny, risk: write }', 'no question can be answered'],
] as const)('a rule that has no effect is loaded and said, with its line: %s', async ([rule, what]) => {
  const app = await withPolicy(`rules:\n  - { then: deny, tool: memory_stats }\n  - ${rule}\n`);
  const { warnings } = await app.output<{ warnings: string[] }>('policy_show');
  expect(warnings).toEqual([expect.stringMatching(/^line 3, rule 2: /)]);
  expect(warnings[0]).toContain(what);
  await expect(app.output('status_show')).resolves.toMatchObject({ warnings: [`policy.yaml, ${warnings[0]}`] });
});

test('a rule behind one that fits every call is said to be never reached; sound rules are not spoken of', async () => {
  const app = await withPolicy('rules: [{ then: allow, why: x }, { then: deny, tool: file_read }]');
  await expect(app.output('policy_show')).resolves.toMatchObject({
    warnings: ['line 1, rule 2: is never reached: rule 1 fits every call'],
  });
  const guide = /```yaml\n([^]*?)```/.exec(readFileSync(path.join(root, 'docs', 'policy.md'), 'utf8'))![1]!;
  write(path.join(app.home, 'policy.yaml'), guide);
  await expect(app.output('policy_show')).resolves.toMatchObject({ state: 'loaded', warnings: [] });
});

test('a question that needs more persons than there are says so', async () => {
  const app = await withPolicy('rules: [{ then: ask, tool: memory_remember, why: Two look., approvals: 2 }]');
  const asked = (await app.call('memory_remember', { text: 'x' }).catch((error: unknown) => error)) as {
    message: string;
    approvalId: string;
  };
  expect(asked.message).toContain('Two look. 2 persons must say yes, and the command line');
  await app.call('approval_answer', { id: asked.approvalId, answer: 'approve' });
  for (const name of [undefined, 'mcp-elicitation'])
    await expect(
      app.gate.call({ kind: 'owner', ...(name && { name }) }, 'approval_answer', { id: asked.approvalId, answer: 'approve' }),
    ).rejects.toMatchObject({ code: 'conflict', hint: expect.stringContaining('all speak for the one owner') });
});

test('where every call asks, the owner still sees, answers and stops, and nobody else does', async () => {
  const app = await withPolicy('rules: [{ then: ask }]\n');
  const { approvalId: id } = await app.call('memory_stats').then(
    () => ({ approvalId: '' }),
    (error: { approvalId: string }) => error,
  );
  await expect(app.output('approval_list')).resolves.toMatchObject({ items: [{ id }] });
  await expect(app.output('approval_show', { id })).resolves.toMatchObject({ id });
  await app.call('approval_answer', { id, answer: 'approve' });
  await app.call('memory_stats');
  expect(app.gate.explain({ kind: 'mcp' }, 'approval_list', {}).verdict).toBe('ask');
  for (const tool of ['stop_all', 'stop_release']) expect([tool, app.gate.explain(owner, tool, {}).verdict]).toEqual([tool, 'allow']);
});
