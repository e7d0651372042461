import { expect, test } from 'vitest';
import type { Caller } from '../../src/core/tool.ts';
import { meansTool } from '../../src/core/tool-pattern.ts';
import { startApp } from '../support/app.ts';

const bounded = (tools: string[], memory?: string): Caller => ({
  kind: 'agent',
  name: 'tester',
  reach: { tools, ...(memory && { memory }) },
});
const denied = { code: 'denied' };

test.each([
  [['cron_list'], 'cron_list', true],
  [['cron_*'], 'cron_add', true],
  [['cron_list'], 'cron_add', false],
  [['*'], 'vault_set', true],
  [[], 'status_show', false],
])('%j means %s: %s', (patterns, name, expected) => {
  expect(meansTool(patterns, name)).toBe(expected);
});

test('an agent sees and calls its own tools only, also through those that pass calls on or keep them for later', async () => {
  const { gate } = await startApp();
  const caller = bounded(['status_show', 'tool_*', 'cron_*', 'workflow_run', 'intake_plan']);
  expect(gate.list(caller).map(({ name }) => name)).not.toContain('shell_run');
  await gate.call(caller, 'status_show', {});
  await gate.call(caller, 'tool_call', { tool: 'status_show', input: {} });
  await expect(gate.call(caller, 'shell_run', { command: ['true'] })).rejects.toMatchObject(denied);
  await expect(gate.call(caller, 'tool_call', { tool: 'shell_run', input: { command: ['true'] } })).rejects.toMatchObject(denied);
  const schedule = '@daily';
  const jobs = [
    { tool: 'file_delete', input: { path: 'x' } },
    { steps: [{ tool: 'status_show' }, { tool: 'file_delete', input: { path: 'x' } }] },
    { shell: ['true'] },
    { script: 'true' },
    { webhook: 'http://127.0.0.1:9/' },
    { claude: 'hello' },
  ];
  for (const job of jobs)
    await expect(gate.call(caller, 'cron_add', { schedule, ...job }), JSON.stringify(job)).rejects.toMatchObject(denied);
  const watching = bounded(['watcher_*']);
  for (const action of [{ shell: ['true'] }, { script: 'true' }, { workflow: 'backup' }, { tool: 'file_delete', input: { path: 'x' } }])
    await expect(gate.call(watching, 'watcher_add', { path: '.', ...action }), JSON.stringify(action)).rejects.toMatchObject(denied);
  const found = await gate.call(caller, 'tool_search', { query: 'run a program' });
  expect(JSON.stringify(found.output)).not.toContain('shell_run');
});

test('a workflow that an agent starts has no more tools than the agent', async () => {
  const app = await startApp();
  await app.call('workflow_save', { name: 'reach', text: 'name: reach\nsteps:\n  - { tool: folder_create, input: { path: made } }\n' });
  const { output } = await app.gate.call(bounded(['workflow_run']), 'workflow_run', { name: 'reach' });
  expect(output).toMatchObject({ status: 'failed' });
  await expect(app.call('file_list', { path: 'made' })).rejects.toBeDefined();
});

test('memories of another namespace are as if they were not there, by name and by id', async () => {
  const app = await startApp();
  const caller = bounded(['memory_*'], 'agent:tester');
  const call = async (tool: string, input: object): Promise<unknown> => (await app.gate.call(caller, tool, input)).output;
  const { id } = await app.output<{ id: string }>('memory_remember', { text: 'the NAS is at 10.0.0.5' });
  const own = (await call('memory_remember', { text: 'the NAS was slow today', namespace: 'default' })) as { id: string };
  expect(await app.output('memory_show', { id: own.id })).toMatchObject({ namespace: 'agent:tester' });
  expect(await call('memory_recall', { query: 'NAS', namespace: 'default' })).toMatchObject({ items: [{ id: own.id }] });
  expect(await call('memory_list', {})).toMatchObject({ items: [{ id: own.id }] });
  expect(JSON.stringify(await call('memory_context', { request: 'where is the NAS' }))).not.toContain('10.0.0.5');
  for (const tool of ['memory_show', 'memory_get', 'memory_history', 'memory_forget'])
    await expect(call(tool, { id }), tool).rejects.toMatchObject({ code: 'not_found' });
  await expect(call('memory_update', { id, text: 'elsewhere' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(call('memory_forget', { query: 'NAS 10.0.0.5' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(call('memory_stats', {})).rejects.toMatchObject(denied);
  expect(await app.output('memory_show', { id })).toMatchObject({ text: 'the NAS is at 10.0.0.5' });
});
