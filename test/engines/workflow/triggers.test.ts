import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { expect, test } from 'vitest';
import type { IntakeResult } from '../../../src/agents/intake/intake.ts';
import { manualClock } from '../../../src/core/clock.ts';
import { defineTool } from '../../../src/core/tool.ts';
import { tools } from '../../../src/tools/index.ts';
import { owner, startApp } from '../../support/app.ts';
import { runText } from './run-text.ts';

const note =
  'inputs: {file: {type: string, default: none}}\nsteps: [{id: note, tool: memory_remember, input: {text: "${{ inputs.file }} came"}}]';

test('a scheduled job runs a workflow to its end, and is as good as that', async () => {
  const clock = manualClock(Date.UTC(2026, 10, 24));
  const app = await startApp({ clock, recover: true });
  await app.call('workflow_save', { name: 'note', text: note });
  await app.call('workflow_save', { name: 'bad', text: `steps: [{tool: file_read, input: {path: ${app.files}/none}}]` });
  for (const name of ['note', 'bad']) await app.call('cron_add', { schedule: '@hourly', name, tool: 'workflow_run', input: { name } });
  clock.advance(3_600_000);
  const statuses = async (): Promise<string[]> =>
    (await app.output<{ items: { status: string }[] }>('cron_history')).items.map(({ status }) => status).toSorted();
  await expect.poll(statuses, { timeout: 10_000 }).toEqual(['failed', 'ok']);
  expect(await app.output('memory_list')).toMatchObject({ items: [{ text: 'none came' }] });
});

test("stopping a job's firing stops the workflow that it has started, and the one that this has started", async () => {
  const hold = defineTool({
    name: 'trial_hold',
    title: 'Hold',
    description: 'Goes on until it is told to end.',
    risk: 'write',
    input: z.object({}),
    output: z.object({}),
    examples: ['a b', 'b c', 'c d', 'd e', 'e f'],
    run: ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  });
  const app = await startApp({ tools: [...tools, hold], recover: true });
  await app.call('workflow_save', { name: 'holds', text: 'steps: [{tool: trial_hold}]' });
  await app.call('workflow_save', { name: 'outer', text: 'steps: [{tool: workflow_run, input: {name: holds}}]' });
  const { id } = await app.output<{ id: string }>('cron_add', { schedule: '@yearly', tool: 'workflow_run', input: { name: 'outer' } });
  const { runId } = await app.output<{ runId: string }>('cron_run', { id });
  const statuses = async (): Promise<string[]> =>
    (await app.backend.list({ kind: 'workflow', limit: 9 })).items.map(({ status }) => status);
  await expect.poll(statuses, { timeout: 10_000 }).toEqual(['running', 'running']);
  await app.call('run_stop', { id: runId });
  expect(await statuses()).toEqual(['stopped', 'stopped']);
});

test('a watched folder runs a workflow for each file', async () => {
  const app = await startApp({ recover: true });
  await app.call('workflow_save', { name: 'note', text: note });
  const rule = { path: app.files, glob: '*.pdf', settleMs: 50, workflow: 'note', input: { file: '${{ file.name }}' } };
  await app.call('watcher_add', rule);
  await expect.poll(() => app.output('watcher_list'), { timeout: 10_000 }).toMatchObject({ watching: true });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  writeFileSync(path.join(app.files, 'scan.pdf'), 'pages');
  await expect
    .poll(() => app.output('memory_list'), { timeout: 15_000 })
    .toMatchObject({ items: [{ text: expect.stringContaining('scan.pdf came') as string }] });
});

test('in plain words: a workflow is run, and proved to have been', async () => {
  const app = await startApp();
  const done = await app.output<IntakeResult>('intake_run', { request: 'run the workflow health-check' });
  expect(done).toMatchObject({ status: 'done', verified: 1, tasks: [{ tool: 'workflow_run' }] });
});

test('in plain words: a workflow is scheduled', async () => {
  const app = await startApp();
  await app.output<IntakeResult>('intake_run', { request: 'every day at 7:00 run the workflow health-check' });
  expect(await app.output('cron_list')).toMatchObject({
    items: [{ schedule: 'every day at 7:00', steps: [{ tool: 'workflow_run', input: { name: 'health-check' } }] }],
  });
});

test('the summary goes to a profile, once, and whether it arrives does not change how the run ended', async () => {
  const sent: string[] = [];
  const notify = defineTool({
    name: 'message_notify',
    title: 'Notify',
    description: 'Send a text to a profile.',
    risk: 'write',
    input: z.object({ profile: z.string(), text: z.string() }),
    output: z.object({ sent: z.boolean() }),
    examples: ['a b', 'b c', 'c d', 'd e', 'e f'],
    run: (ctx, { profile, text }) => {
      sent.push(`${ctx.caller.kind} ${ctx.caller.name} to ${profile}: ${text}`);
      return { sent: true };
    },
  });
  const app = await startApp({ tools: [...tools, notify], recover: true });
  const ran = await runText(app, 'notify: admins\nsteps: [{id: a, tool: status_show}]');
  await expect.poll(() => sent, { timeout: 10_000 }).toEqual(['workflow one to admins: one is done: 1 of 1 steps ok.']);
  expect(ran.status).toBe('done');
  const without = await startApp({ recover: true });
  expect((await runText(without, 'notify: admins\nsteps: [{id: a, tool: status_show}]')).status).toBe('done');
});

test('what a workflow fixes before it reads from outside goes on without asking; what it does not, asks', async () => {
  const page = defineTool({
    name: 'trial_page',
    title: 'Page',
    description: 'Read a page.',
    risk: 'read',
    effects: { readsUntrusted: true },
    input: z.object({}),
    output: z.object({ body: z.string() }),
    examples: ['a b', 'b c', 'c d', 'd e', 'e f'],
    run: () => ({ body: 'a stranger' }),
  });
  const send = defineTool({
    name: 'trial_send',
    title: 'Send',
    description: 'Send a text.',
    risk: 'write',
    effects: { sends: true },
    input: z.object({ to: z.string(), text: z.string() }),
    output: z.object({ to: z.string() }),
    dataFields: ['text'],
    examples: ['a b', 'b c', 'c d', 'd e', 'e f'],
    run: (_ctx, { to }) => ({ to }),
  });
  const app = await startApp({ tools: [...tools, page, send] });
  const text = (to: string): string =>
    `inputs: {to: {type: string, default: me}}\nsteps:\n  - {id: page, tool: trial_page}\n  - {id: safe, tool: status_show}\n  - {id: send, tool: trial_send, input: {to: "${to}", text: "\${{ steps.page.output.body }}"}}`;
  expect((await runText(app, text('${{ inputs.to }}'))).status).toBe('done');
  const asks = await runText(app, text('${{ steps.safe.output.version }}'));
  expect([asks.status, app.approvals.list({ runId: asks.runId, limit: 1 })[0]?.tool]).toEqual(['waiting', 'trial_send']);
  expect(owner.kind).toBe('owner');
});
