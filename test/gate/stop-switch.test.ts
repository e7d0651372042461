import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Caller } from '../../src/core/tool.ts';
import { owner, startApp } from '../support/app.ts';

const mcp: Caller = { kind: 'mcp', name: 'client' };
const agent: Caller = { kind: 'agent', name: 'helper' };
const allOf = { status: 'any' };

test('while stopped only the owner looks; everyone else is told who stopped it and how it goes on', async () => {
  const app = await startApp();
  await app.gate.call(mcp, 'stop_all', { reason: 'it went wrong' });
  for (const caller of [mcp, agent, { kind: 'cron', name: 'job' }] as Caller[]) {
    await expect(app.gate.call(caller, 'status_show', {})).rejects.toMatchObject({
      code: 'denied',
      message: 'Everything is stopped, by mcp:client.',
      hint: expect.stringContaining('claw stop --release') as string,
    });
  }
  await expect(app.call('memory_remember', { text: 'a fact' })).rejects.toMatchObject({ code: 'denied' });
  await expect(app.call('shell_run', { command: ['uptime'] })).rejects.toMatchObject({ code: 'denied' });
  await expect(app.call('tool_call', { tool: 'memory_remember', input: { text: 'a fact' } })).rejects.toMatchObject({ code: 'denied' });
  await expect(app.output('approval_list', allOf)).resolves.toEqual({ items: [] });
  await expect(app.output('status_show')).resolves.toMatchObject({ stopped: { by: 'mcp:client', reason: 'it went wrong' } });
});

test('only the owner releases, and not out of a run that nobody asked to', async () => {
  const app = await startApp();
  await app.call('stop_all');
  for (const caller of [mcp, agent]) await expect(app.gate.call(caller, 'stop_release', {})).rejects.toMatchObject({ code: 'denied' });
  const inRun = { run: { id: 'run_1', stepId: 's1' } };
  await expect(app.call('stop_release', {}, inRun)).rejects.toMatchObject({ code: 'denied' });
  await expect(app.output('stop_release')).resolves.toMatchObject({ released: true, stopped: { by: 'owner' } });
  await expect(app.call('memory_remember', { text: 'a fact' })).resolves.toBeDefined();
  await expect(app.output('stop_release')).resolves.toEqual({ released: false });
});

test('a call under way is ended, and the state says which', async () => {
  const app = await startApp();
  const sleeping = app.gate.call(mcp, 'shell_run', { command: ['sleep', '60'] }).catch((error: unknown) => error);
  await wait(100);
  const { calls, ended } = await app.output<{ calls: number; ended: object[] }>('stop_all');
  expect(calls).toBe(1);
  expect(ended).toEqual([{ id: expect.stringMatching(/^call_/) as string, what: 'shell_run', caller: 'mcp:client' }]);
  await expect(sleeping).resolves.toMatchObject({ code: 'cancelled', message: 'It was ended: owner stopped everything.' });
});

test('a run that waits for a person is stopped with the rest, and stays so', async () => {
  const app = await startApp();
  const { runId } = await app.output<{ runId: string }>('intake_run', { request: 'delete the file /tmp/none-such' });
  await app.call('stop_all');
  await app.settled();
  await expect(app.output('run_show', { id: runId })).resolves.toMatchObject({ status: 'stopped' });
  await app.call('stop_release');
  await expect(app.output('run_show', { id: runId })).resolves.toMatchObject({ status: 'stopped' });
});

test('stopping twice keeps who was first, and a restart changes nothing', async () => {
  const app = await startApp();
  await app.gate.call(mcp, 'stop_all', { reason: 'first' });
  await app.call('stop_all', { reason: 'second' });
  await app[Symbol.asyncDispose]();
  const again = await startApp({ home: app.home });
  await expect(again.output('status_show')).resolves.toMatchObject({ stopped: { by: 'mcp:client', reason: 'first' } });
  await expect(again.gate.call(owner, 'memory_remember', { text: 'a fact' })).rejects.toMatchObject({ code: 'denied' });
});
