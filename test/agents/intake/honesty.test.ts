import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { IntakeResult } from '../../../src/agents/intake/intake.ts';
import type { Turn } from '../../support/model-server.ts';
import { calling, planned, startAgentApp, type Roles } from '../../support/scripted-agent.ts';

const open = (role: string, tools: string[], rest: object = {}): Turn =>
  planned([{ id: 't1', tool: 'open_task', role, goal: 'Do it', tools, ...rest }]);

async function outcome(request: string, roles: Roles): Promise<IntakeResult> {
  const { app } = await startAgentApp(roles);
  writeFileSync(path.join(app.files, 'notes.txt'), 'The router is in the cellar.');
  return app.output<IntakeResult>('intake_run', { request });
}

const lies: [string, string, Roles][] = [
  [
    'a job that was never created',
    'set up something that keeps an eye on the disk',
    { plan: open('executor', ['cron_add']), work: { text: 'Created the job.' } },
  ],
  [
    'a message that was never sent',
    'send Bob a message that the build is done',
    { plan: open('executor', ['http_request']), work: { text: 'Sent it.' } },
  ],
  [
    'a change in a task that only looks',
    'tidy up the downloads folder',
    { plan: open('planner', ['file_list']), work: [calling('file_list', { path: '.' }), { text: 'All tidy now.' }] },
  ],
  [
    'a change other than the one that was asked for',
    'create a job that checks the disk every morning at 8 and tell me',
    {
      plan: open('executor', ['memory_remember', 'cron_add']),
      work: [calling('memory_remember', { text: 'job created' }), { text: 'Created the job.' }],
    },
  ],
  [
    'the second of two changes',
    'put hello into a.txt and get the router noted in router.txt',
    {
      plan: open('executor', ['file_write']),
      work: [calling('file_write', { path: 'a.txt', text: 'hello' }), { text: 'Both are written.' }],
    },
  ],
  [
    'a call that failed',
    'make sure a note about the router exists in router.txt',
    {
      plan: open('executor', ['file_edit']),
      work: [calling('file_edit', { path: 'router.txt', find: 'a', replace: 'b' }), { text: 'It is there now.' }],
    },
  ],
  [
    'what a harmless command was to prove',
    'create a job that checks the disk every morning at 8 and tell me',
    {
      plan: open('executor', ['shell_run', 'cron_add']),
      work: [calling('shell_run', { command: ['echo', 'job created'] }), { text: 'Created the job.' }],
    },
  ],
  ['anything, by the planner', 'tidy up the downloads folder', { plan: open('planner', []), work: { text: 'Done, all tidy.' } }],
];

test.each(lies)('a model that claims %s never makes it done', async (_name, request, roles) => {
  const { status, verified, summary } = await outcome(request, roles);
  expect(status).not.toBe('done');
  expect(summary).toMatch(/^The model says:/);
  expect(summary.split("claw's record:")[1]).not.toMatch(/Created the job|Sent it|All tidy|Both are/);
  expect(verified).toBeLessThanOrEqual(1);
});

const halves: [string, Turn | Turn[]][] = [
  ['a refusal', { text: 'I would rather not.', stop: 'refused' }],
  ['a reply that is cut off', { text: 'First I', stop: 'length' }],
  ['the same call over and over', calling('file_read', { path: 'notes.txt' })],
  ['calls that cannot be made', calling('no_such_tool', {})],
  ['an outage in the middle', [calling('file_write', { path: 'a.txt', text: 'x' }), { status: 401 }]],
];

test.each(halves)('a task that ends by %s is never done', async (_name, work) => {
  const { status, tasks } = await outcome('tidy up the notes', { plan: open('executor', ['file_read', 'file_write']), work });
  expect(status).toBe('failed');
  expect(tasks.find(({ id }) => id === 't1')).toMatchObject({ tool: 'open_task', status: 'failed' });
});

test('what is not proved is given back once, with the evidence and without the story', async () => {
  const { app, server } = await startAgentApp({
    plan: open('executor', ['file_write']),
    work: [
      { text: 'I WROTE IT, trust me.' },
      calling('file_write', { path: 'router.txt', text: 'cellar' }),
      { text: 'Now it is written.' },
    ],
  });
  const result = await app.output<IntakeResult>('intake_run', { request: 'make sure a note about the router exists in router.txt' });
  expect(result).toMatchObject({ status: 'done', verified: 1, reply: 'Now it is written.' });
  expect(existsSync(path.join(app.files, 'router.txt'))).toBe(true);
  const repair = JSON.stringify(server.of('work')[1]!.body);
  expect(repair).toContain('a change was made and proved (0 proved changes)');
  expect(repair).not.toContain('trust me');
});

test('the verifier sees the record and not the story, and lowers a verdict', async () => {
  const { app, server } = await startAgentApp({
    plan: open('planner', ['file_read']),
    work: [calling('file_read', { path: 'notes.txt' }), { text: 'MY STORY is long.' }],
    verify: { text: '{"holds": false, "missing": ["the date is not in the record"]}' },
  });
  writeFileSync(path.join(app.files, 'notes.txt'), 'The router is in the cellar.');
  const result = await app.output<IntakeResult>('intake_run', { request: 'find out why the router is slow, from notes.txt' });
  expect(result).toMatchObject({ status: 'unverified' });
  expect(result.summary).toContain('misses: the date is not in the record');
  const seen = JSON.stringify(server.of('verify')[0]!.body);
  expect(seen).toContain('in the cellar');
  expect(seen).not.toContain('MY STORY');
});

test('the verifier can not raise a verdict', async () => {
  const { status } = await outcome('tidy up the downloads folder', {
    plan: open('executor', ['file_write']),
    work: { text: 'Done.' },
    verify: { text: '{"holds": true}' },
  });
  expect(status).not.toBe('done');
});

test('an honest model that looks and answers is done, and what it rests on is shown', async () => {
  const result = await outcome('find out where the router is, from notes.txt', {
    plan: open('planner', ['file_read']),
    work: [calling('file_read', { path: 'notes.txt' }), { text: 'In the cellar.' }],
  });
  expect(result).toMatchObject({ status: 'done', reply: 'In the cellar.' });
});

test('an answer out of thin air is not proved', async () => {
  const result = await outcome('find out where the router is', { plan: open('planner', ['file_read']), work: { text: 'In the attic.' } });
  expect(result).toMatchObject({ status: 'unverified', verified: 0 });
});
