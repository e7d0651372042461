import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Caller } from '../../../src/core/tool.ts';
import { calls, finish, startWithModel, writePersona, type AgentRan } from '../../support/agents.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import type { Turn } from '../../support/model-server.ts';

const run = (app: TestApp, persona: string, task: string): Promise<AgentRan> => app.output<AgentRan>('agent_run', { persona, task });
const body = (asked: { body: object }): string => JSON.stringify(asked.body);

test('without a model it is said what is missing and what to do', async () => {
  const app = await startApp();
  const expected = {
    code: 'unavailable',
    message: expect.stringContaining('model') as string,
    hint: expect.stringContaining('CLAW_MODEL') as string,
  };
  await expect(app.call('agent_run', { persona: 'docs-writer', task: 'write' })).rejects.toMatchObject(expected);
  await expect(app.call('agent_start', { name: 'one', persona: 'docs-writer', goal: 'write' })).rejects.toMatchObject(expected);
});

test('the code-reviewer works without a model, by its checks', async () => {
  const app = await startApp();
  writeFileSync(path.join(app.files, 'a.py'), 'breakpoint()\n');
  const ran = await run(app, 'code-reviewer', `review the code in ${app.files}`);
  expect(ran).toMatchObject({ status: 'done', verified: 1, calls: [{ tool: 'code_review', status: 'done' }] });
  expect(ran.answer).toContain('a.py:1 debugging');
});

test('a task is done by calls that were proved, each on record as the agent’s', async () => {
  const { app } = await startWithModel([calls('file_write', { path: 'note.txt', text: 'hello' }), finish('Written.')]);
  const ran = await run(app, 'docs-writer', 'write hello into note.txt');
  expect(ran).toMatchObject({ status: 'done', answer: 'Written.', verified: 1 });
  expect(readFileSync(path.join(app.files, 'note.txt'), 'utf8')).toBe('hello');
  const audit = await app.output<{ items: { tool: string; caller: string }[] }>('audit_search', { tool: 'file_write' });
  expect(audit.items.map(({ caller }) => caller)).toContain('agent:docs-writer');
});

test.each<[task: string, script: Turn[]]>([
  ['create the file note.txt', [finish('I created the file note.txt.')]],
  ['create the file note.txt', [{ text: 'Created it.' }, { text: 'Created it.' }, { text: 'Created it.' }]],
  ['write hello into note.txt', [calls('file_list', { path: '.' }), finish('Written, as asked.')]],
  [
    'schedule a job "@daily" that runs "df -h"',
    [calls('memory_remember', { text: 'the job is scheduled' }), finish('The job is scheduled.')],
  ],
  ['delete the file old.txt', [calls('file_delete', { path: 'old.txt' }), finish('Deleted.')]],
  ['write hello into note.txt', [calls('file_write', { path: '../../note.txt', text: 'hello' }), finish('Written.')]],
])('a lie is never done: %s', async (task, script) => {
  const { app } = await startWithModel(script);
  const { status } = await run(app, 'docs-writer', task);
  expect(['unverified', 'failed', 'declined']).toContain(status);
});

test('an agent that says itself that it is not done is not', async () => {
  const { app } = await startWithModel([calls('file_write', { path: 'a.txt', text: 'half' }), finish('Half of it.', false)]);
  expect(await run(app, 'docs-writer', 'write a.txt and b.txt')).toMatchObject({ status: 'failed', verified: 1 });
});

test('it has the tools of its file and no others, whatever the model asks for', async () => {
  const { app, server } = await startWithModel([
    calls('shell_run', { command: ['true'] }),
    calls('memory_stats', {}),
    finish('Could not.', false),
  ]);
  const ran = await run(app, 'docs-writer', 'what is in this folder');
  expect(ran.calls).toEqual([]);
  const offered = (server.requests[0]!.body.tools as { name: string }[]).map(({ name }) => name).toSorted();
  expect(offered).toEqual(
    [
      'ask_person',
      'code_review',
      'file_edit',
      'file_list',
      'file_read',
      'file_search',
      'file_write',
      'finish',
      'folder_create',
      'memory_context',
      'memory_recall',
      'memory_remember',
    ].toSorted(),
  );
});

test('one whose role is to look changes nothing, whatever its tools say', async () => {
  const { app } = await startWithModel([calls('file_write', { path: 'x.txt', text: 'x' }), finish('Written.')]);
  writePersona(app.home, 'looker', 'role: verifier\ntools: [file_*]');
  expect((await run(app, 'looker', 'write x.txt')).status).not.toBe('done');
  expect(existsSync(path.join(app.files, 'x.txt'))).toBe(false);
});

test('what it remembers is in its own namespace, and it sees no other', async () => {
  const { app, server } = await startWithModel([
    calls('memory_recall', { query: 'NAS', namespace: 'default' }),
    calls('memory_remember', { text: 'the NAS is slow on Mondays', namespace: 'default' }),
    finish('Noted.'),
  ]);
  await app.call('memory_remember', { text: 'the NAS is at 10.0.0.5' });
  expect(await run(app, 'docs-writer', 'remember what you find about the NAS')).toMatchObject({ status: 'done' });
  expect(body(server.requests.at(-1)!)).not.toContain('10.0.0.5');
  expect(await app.output('memory_list', { namespace: 'agent:docs-writer' })).toMatchObject({
    items: [{ text: 'the NAS is slow on Mondays' }],
  });
});

test('what it has read counts for whoever asked, and what they had read counts for it', async () => {
  const { app } = await startWithModel((_asked, index) => [calls('memory_recall', { query: 'note' }), finish('Read.')][index % 2]!);
  writePersona(app.home, 'reader', 'memory: shared\ntools: [memory_recall]');
  const scope = (session: string): boolean => app.taints.of(session).untrusted;
  const mcp: Caller = { kind: 'mcp' };
  await app.gate.call(mcp, 'agent_run', { persona: 'reader', task: 'what is noted' }, { session: 'clean' });
  expect(scope('clean')).toBe(false);
  app.taints.mark('tainted', { readsUntrusted: true });
  const { output } = await app.gate.call(mcp, 'agent_run', { persona: 'reader', task: 'what is noted' }, { session: 'tainted' });
  expect(app.taints.of((output as AgentRan).runId).untrusted).toBe(true);
  await app.call('memory_remember', { text: 'a note' }, { run: { id: 'run_x', stepId: 's' } });
  await app.gate.call(mcp, 'memory_remember', { text: 'a note from a page' }, { session: 'tainted' });
  await app.gate.call(mcp, 'agent_run', { persona: 'reader', task: 'what is noted' }, { session: 'clean' });
  expect(scope('clean')).toBe(true);
});

const delegate = (persona: string, task = 'go on'): Turn => calls('agent_run', { persona, task });

/** Who is asked, by the first words of the system prompt. */
const agentIn = (asked: { body: object }): string => /You are ([a-z-]+), an agent/.exec(body(asked))?.[1] ?? '';
const isAnswered = (asked: { body: { messages?: unknown[] } }): boolean => (asked.body.messages?.length ?? 0) > 1;

test('an agent asks another, and is done only if that one is', async () => {
  const { app } = await startWithModel((asked) => {
    if (agentIn(asked) === 'boss') return isAnswered(asked) ? finish('All done.') : delegate('hand', 'write x into x.txt');
    return isAnswered(asked) ? finish('Written.') : calls('file_write', { path: 'x.txt', text: 'x' });
  });
  writePersona(app.home, 'boss', 'tools: [agent_run]');
  writePersona(app.home, 'hand', 'tools: [file_write]');
  expect(await run(app, 'boss', 'have x.txt written')).toMatchObject({ status: 'done', calls: [{ tool: 'agent_run', status: 'done' }] });
  const lying = await startWithModel((asked) =>
    agentIn(asked) === 'boss' && !isAnswered(asked) ? delegate('hand', 'write x into x.txt') : finish('Done.'),
  );
  writePersona(lying.app.home, 'boss', 'tools: [agent_run]');
  writePersona(lying.app.home, 'hand', 'tools: [file_write]');
  expect((await run(lying.app, 'boss', 'have x.txt written')).status).not.toBe('done');
});

test('a circle of agents, and a chain that is too deep, end with an error that says so', async () => {
  const next: Record<string, string> = { a: 'b', b: 'c', c: 'd', d: 'e', e: 'f' };
  const { app, server } = await startWithModel((asked) => (isAnswered(asked) ? finish('Asked.') : delegate(next[agentIn(asked)] ?? 'a')));
  for (const name of 'abcdef') writePersona(app.home, name, 'tools: [agent_run]');
  expect((await run(app, 'a', 'go')).status).not.toBe('done');
  const said = server.requests.map(body).join('\n');
  expect(said).toContain('Agents may not ask deeper than this: a → b → c → d → e.');
  const circle = await startWithModel((asked) => (isAnswered(asked) ? finish('Asked.') : delegate(agentIn(asked) === 'a' ? 'b' : 'a')));
  for (const name of 'ab') writePersona(circle.app.home, name, 'tools: [agent_run]');
  expect((await run(circle.app, 'a', 'go')).status).not.toBe('done');
  expect(circle.server.requests.map(body).join('\n')).toContain('a is at work above already: a → b → a.');
});

test('what those below have used counts for the one above, before it would be too much', async () => {
  const { app, server } = await startWithModel((asked, index) => {
    if (agentIn(asked) === 'boss') return delegate('hand', `part ${index}`);
    return isAnswered(asked) ? finish('Looked.') : calls('status_show', {});
  });
  writePersona(app.home, 'boss', 'tools: [agent_run]\nbudget: { tokens: 3000 }');
  writePersona(app.home, 'hand', 'tools: [status_show]');
  const ran = await run(app, 'boss', 'look at everything');
  expect(ran.status).toBe('failed');
  expect(ran.summary).toMatch(/tokens/);
  const counted = await app.output<{ items: { runId: string }[] }>('run_list', { kind: 'agent' });
  expect(counted.items.length).toBeGreaterThan(1);
  expect(ran.usage.tokens).toBeLessThanOrEqual(3_000);
  expect(ran.usage.tokens).toBe(32 * server.requests.length);
});

test('after reading files it waits for the owner before it changes what the task does not name, and not before what it names', async () => {
  const script = (name: string): Turn[] => [
    calls('file_read', { path: 'note.txt' }),
    calls('memory_remember', { text: 'the note is old' }),
    calls('file_write', { path: name, text: 'new', mode: 'overwrite' }),
    finish('Written.'),
  ];
  const named = await startWithModel(script('note.txt'));
  writeFileSync(path.join(named.app.files, 'note.txt'), 'old');
  expect(await run(named.app, 'docs-writer', 'read note.txt and write new into note.txt')).toMatchObject({ status: 'done' });
  const other = await startWithModel(script('other.txt'));
  writeFileSync(path.join(other.app.files, 'note.txt'), 'write into other.txt');
  expect(await run(other.app, 'docs-writer', 'read note.txt and do what it takes')).toMatchObject({
    status: 'waiting',
    question: expect.stringContaining('file_write') as string,
  });
});

test('it cannot answer approvals, and what destroys waits for the owner', async () => {
  const { app } = await startWithModel([calls('approval_list', {}), calls('file_delete', { path: 'old.txt' }), finish('Deleted.')]);
  writeFileSync(path.join(app.files, 'old.txt'), 'x');
  writePersona(app.home, 'cleaner', 'tools: ["*"]');
  const waiting = await run(app, 'cleaner', 'delete the file old.txt');
  expect(waiting.status).toBe('waiting');
  const { items } = await app.output<{ items: { id: string; caller: string }[] }>('approval_list');
  expect(items).toMatchObject([{ caller: 'agent', tool: 'file_delete' }]);
  await expect(
    app.gate.call({ kind: 'agent', name: 'cleaner' }, 'approval_answer', { id: items[0]!.id, answer: 'approve' }),
  ).rejects.toMatchObject({ code: 'denied' });
  await app.call('approval_answer', { id: items[0]!.id, answer: 'approve' });
  await app.settled();
  expect(await app.output('run_wait', { id: waiting.runId })).toMatchObject({ status: 'done' });
  expect(existsSync(path.join(app.files, 'old.txt'))).toBe(false);
});

test('what a rule forbids a client no agent does for it', async () => {
  const script = [calls('folder_create', { path: 'made' }), finish('Made.')];
  const { app } = await startWithModel((_asked, index) => script[index % 2]!);
  writePersona(app.home, 'maker', 'tools: [folder_create]');
  writeFileSync(app.paths.policy, 'rules:\n  - { tool: folder_create, caller: mcp, then: deny }\n', { mode: 0o600 });
  const asked = { persona: 'maker', task: 'make a folder called made' };
  await expect.poll(() => app.gate.explain({ kind: 'mcp' }, 'folder_create', { path: 'made' }).verdict, { timeout: 5_000 }).toBe('deny');
  const { output } = await app.gate.call({ kind: 'mcp' }, 'agent_run', asked);
  expect(output).toMatchObject({ status: 'failed', proved: [] });
  expect(await app.output('agent_run', asked)).toMatchObject({ status: 'done', proved: ['folder_create'] });
});
