import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { IntakeResult } from '../../../src/agents/intake/intake.ts';
import type { Plan } from '../../../src/agents/intake/plan-types.ts';
import { calling, planned, startAgentApp } from '../../support/scripted-agent.ts';

const gist = planned([
  { id: 't1', tool: 'file_read', input: { path: 'page.txt' } },
  { id: 't2', tool: 'open_task', role: 'planner', goal: 'Say the gist in a sentence', input: { page: { $from: 't1' } } },
  { id: 't3', tool: 'file_write', input: { path: 'gist.txt', text: { $from: 't2' } } },
]);
const request = 'put the gist of page.txt into gist.txt';

test('a model plans what the rules are not sure of; the plan runs, is proved, and the words of the model are said to be its words', async () => {
  const { app, server } = await startAgentApp({ plan: gist, work: { text: 'Cats like boxes.' } });
  writeFileSync(path.join(app.files, 'page.txt'), 'A long page about cats and boxes.');
  const result = await app.output<IntakeResult>('intake_run', { request });
  expect(result).toMatchObject({ status: 'done', verified: 3, total: 3, plan: { madeBy: { planner: 'model', model: 'openai/scripted' } } });
  expect(result.tasks.map(({ id, tool }) => `${id} ${tool}`)).toEqual(['t1 file_read', 't3 file_write', 't2 open_task']);
  expect(readFileSync(path.join(app.files, 'gist.txt'), 'utf8')).toBe('Cats like boxes.');
  expect(result.summary).toMatch(/^The model says:[^]*claw's record:\nt1 file_read done[^]*done: 3 of 3 verified$/);
  expect(result.usage.tokens).toBe(27 * server.requests.length);
});

test('intake_plan shows the plan of the model and changes nothing', async () => {
  const { app } = await startAgentApp({ plan: gist });
  const plan = await app.output<Plan>('intake_plan', { request });
  expect(plan).toMatchObject({
    hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    tasks: [{ tool: 'file_read', role: 'planner' }, { tool: 'open_task' }, { tool: 'file_write', role: 'executor', dependsOn: ['t2'] }],
    missing: [],
  });
  expect(existsSync(path.join(app.files, 'gist.txt'))).toBe(false);
});

test('what the rules are sure of costs nothing', async () => {
  const { app, server } = await startAgentApp({});
  expect(await app.output('intake_run', { request: 'list the scheduled jobs' })).toMatchObject({
    status: 'done',
    plan: { madeBy: { planner: 'rules' } },
  });
  expect(server.requests).toHaveLength(0);
});

test('the tools that come near are shown with their schemas, fifteen at most, and none that carries requests out', async () => {
  const { app, server } = await startAgentApp({ plan: gist });
  await app.call('intake_plan', { request });
  const text = JSON.stringify(server.requests[0]!.body);
  const shown = [...text.matchAll(/\\n- (\w+) \((?:reads|may change)\)/g)].map(([, name]) => name);
  expect(shown).toContain('file_write');
  expect(shown.length).toBeLessThanOrEqual(15);
  for (const own of ['intake_run', 'tool_call', 'llm_prompt']) expect(shown).not.toContain(own);
});

test('a plan that cannot be carried out goes back with what is wrong with it', async () => {
  const bad = planned([
    { id: 't1', tool: 'no_such_tool', input: {} },
    { id: 't2', tool: 'file_write', input: { path: { $from: 't1' }, txt: 'x' } },
    { id: 't3', tool: 'file_read', input: { path: 'a' }, dependsOn: ['t4'] },
    { id: 't4', tool: 'open_task', role: 'planner', goal: 'x', tools: ['file_delete'], dependsOn: ['t3'] },
    { id: 't5', tool: 'open_task', role: 'executor', goal: 'x', tools: ['file_read'] },
  ]);
  const { app, server } = await startAgentApp({ plan: [bad, gist] });
  expect(await app.output('intake_plan', { request })).toMatchObject({ madeBy: { planner: 'model' }, missing: [] });
  const told = JSON.stringify(server.requests[1]!.body);
  for (const problem of [
    'is no tool you were given',
    'file_write.path cannot be filled',
    'has no input',
    'only the role executor may',
    'could change anything',
    't3, t4 wait for each other',
  ])
    expect(told).toContain(problem);
});

test.each([
  ['no JSON', { text: 'I would read the file first.' }, /no plan/],
  ['a refusal', { text: 'No.', stop: 'refused' as const }, /refused/],
  ['no reply at all', { status: 401 }, /does not accept the key/],
])('where the model gives %s the rules plan, and it is said', async (_name, turn, reason) => {
  const { app } = await startAgentApp({ plan: turn });
  const result = await app.output<IntakeResult>('intake_run', { request });
  expect(result).toMatchObject({
    status: 'waiting',
    plan: { madeBy: { planner: 'rules', reason: expect.stringMatching(reason) as string } },
  });
  expect(result.question).toMatch(/rules planned/);
});

test('a question of the model waits, and its answer goes into the next plan', async () => {
  const asking = planned([], [{ task: 't1', field: 'path', question: 'Which page do you mean?' }]);
  const { app, server } = await startAgentApp({ plan: [asking, gist], work: { text: 'Cats.' } });
  writeFileSync(path.join(app.files, 'page.txt'), 'cats');
  const asked = await app.output<IntakeResult>('intake_run', { request });
  expect(asked).toMatchObject({ status: 'waiting', question: 'Which page do you mean?' });
  await app.call('run_answer', { id: asked.runId, answer: 'the one about cats' });
  expect(await app.output('run_wait', { id: asked.runId })).toMatchObject({ status: 'done' });
  expect(JSON.stringify(server.of('plan')[1]!.body)).toContain('the one about cats');
});

test('without a model, or for a caller who may only read, nobody is asked', async () => {
  const { app, server } = await startAgentApp({ plan: gist });
  await app.gate.call({ kind: 'mcp', readOnly: true }, 'intake_plan', { request });
  const without = await startAgentApp({ plan: gist }, { env: { CLAW_MODEL: 'none' } });
  expect(await without.app.output<Plan>('intake_plan', { request })).not.toHaveProperty('madeBy');
  expect([...server.requests, ...without.server.requests]).toHaveLength(0);
});

test("the plan's own checks are calls of the run, and can only lower a verdict", async () => {
  const withCheck = (value: string): object[] => [
    {
      id: 't1',
      tool: 'file_write',
      input: { path: `${value}.txt`, text: 'cats' },
      checks: [{ tool: 'file_read', input: { path: `${value}.txt` }, path: 'text', expect: 'contains', value }],
    },
  ];
  const { app } = await startAgentApp({ plan: [planned(withCheck('cats')), planned(withCheck('dogs'))] });
  expect(await app.output('intake_run', { request })).toMatchObject({ status: 'done', tasks: [{ id: 't1' }, { id: 't1-check1' }] });
  const lowered = await app.output<IntakeResult>('intake_run', { request });
  expect(lowered).toMatchObject({ status: 'unverified', verified: 0 });
});

test('a model that chooses a tool in a task has that call made as an agent, in the folder of whoever asked', async () => {
  const open = planned([{ id: 't1', tool: 'open_task', role: 'executor', goal: 'Write it', tools: ['file_write'] }]);
  const { app } = await startAgentApp({
    plan: open,
    work: [calling('file_write', { path: 'gist.txt', text: 'cats' }), { text: 'Written.' }],
  });
  expect(await app.output('intake_run', { request })).toMatchObject({ status: 'done' });
  const { items } = await app.output<{ items: { caller: string }[] }>('audit_search', { tool: 'file_write' });
  expect(new Set(items.map(({ caller }) => caller))).toEqual(new Set(['agent:intake']));
});

test('a check that does not hold is mended in a second round, and looked at again', async () => {
  const check = { tool: 'file_read', input: { path: 'gist.txt' }, path: 'text', expect: 'contains', value: 'cats' };
  const open = { id: 't1', tool: 'open_task', role: 'executor', goal: 'Write it', tools: ['file_write', 'file_edit'], checks: [check] };
  const edit = calling('file_write', { path: 'gist.txt', text: 'cats', mode: 'overwrite' });
  const work = [calling('file_write', { path: 'gist.txt', text: 'dogs' }), { text: 'Written.' }, edit, { text: 'Now.' }];
  const { app, server } = await startAgentApp({ plan: planned([open]), work });
  const result = await app.output<IntakeResult>('intake_run', { request });
  expect(result).toMatchObject({ status: 'done', verified: 1 });
  expect(result.tasks.map(({ id }) => id)).toEqual(expect.arrayContaining(['t1-check1', 't1-repair-check1']));
  expect(JSON.stringify(server.of('work')[2]!.body)).toContain('contains');
});

test('a check that still does not hold leaves the task unverified', async () => {
  const check = { tool: 'file_read', input: { path: 'gist.txt' }, path: 'text', expect: 'contains', value: 'cats' };
  const open = { id: 't1', tool: 'open_task', role: 'executor', goal: 'Write it', tools: ['file_write'], checks: [check] };
  const work = [calling('file_write', { path: 'gist.txt', text: 'dogs' }), { text: 'Written.' }];
  const { app } = await startAgentApp({ plan: planned([open]), work });
  expect(await app.output('intake_run', { request })).toMatchObject({ status: 'unverified', verified: 0 });
});
