import { expect, test } from 'vitest';
import type { IntakeResult } from '../../../src/agents/intake/intake.ts';
import { manualClock } from '../../../src/core/clock.ts';
import { startApp } from '../../support/app.ts';

const request = 'every weekday at 8:30 check the disk of this machine and remember it';

test('a request with a time becomes a job, which is proved and can be undone', async () => {
  const app = await startApp();
  const result = await app.output<IntakeResult>('intake_run', { request });
  expect(result).toMatchObject({ status: 'done', verified: 1, total: 1 });
  const { items } = await app.output<{ items: { id: string; schedule: string; steps: unknown[]; nextAt: string }[] }>('cron_list');
  expect(items).toMatchObject([
    {
      schedule: 'every weekday at 8:30',
      steps: [
        { id: 't1', tool: 'machine_status' },
        { id: 't2', tool: 'memory_remember', input: { text: { $from: 't1' } } },
      ],
    },
  ]);
  expect(result.tasks[0]!.evidence).toMatchObject([{ ok: true, found: `${items[0]!.id} fires next ${items[0]!.nextAt}` }]);
  await app.call('run_undo', { id: result.runId });
  expect(await app.output('cron_list')).toEqual({ items: [] });
});

test('the job does at its time what was asked for', async () => {
  const clock = manualClock(Date.UTC(2026, 10, 24));
  const app = await startApp({ clock, recover: true });
  await app.call('intake_run', { request });
  const { items } = await app.output<{ items: { nextAt: string }[] }>('cron_list');
  clock.advance(Date.parse(items[0]!.nextAt) - clock.now());
  await expect.poll(() => app.output('cron_history'), { timeout: 10_000 }).toMatchObject({ items: [{ status: 'ok' }] });
  expect(await app.output('memory_list')).toMatchObject({ items: [{ text: expect.stringContaining('Disk') as string }] });
});

test('where no time of day is said, it is asked for', async () => {
  const app = await startApp();
  const asked = await app.output<IntakeResult>('intake_run', { request: 'every monday check the disk of this machine' });
  expect(asked).toMatchObject({ status: 'waiting', question: 'At what time, for "every monday"?' });
  await app.call('run_answer', { id: asked.runId, answer: '8:30' });
  await app.call('run_wait', { id: asked.runId });
  expect(await app.output('cron_list')).toMatchObject({ items: [{ schedule: 'every monday at 8:30' }] });
});

test('what the rest of the request leaves open is asked as usual, and nothing is scheduled before', async () => {
  const app = await startApp();
  const asked = await app.output<IntakeResult>('intake_run', { request: 'every monday at 9 defragment the flux' });
  expect(asked.status).toBe('waiting');
  expect(await app.output('cron_list')).toEqual({ items: [] });
});

test.each([
  ['every 2 hours check the disk of this machine', 'every 2 hours'],
  ['check the disk of this machine daily at 9', 'daily at 9'],
  ['on the first of each month at 9 check the disk of this machine', 'on the first of each month at 9'],
  ['on the first of each month check the disk of this machine at 9', 'on the first of each month at 9'],
  ['hourly check the disk of this machine', 'hourly'],
  ['every other day at 9 check the disk of this machine', 'every other day at 9'],
])('%s becomes a job, %s', async (wanted, schedule) => {
  const app = await startApp();
  expect(await app.output<IntakeResult>('intake_run', { request: wanted })).toMatchObject({ status: 'done', verified: 1, total: 1 });
  expect(await app.output('cron_list')).toMatchObject({ items: [{ schedule, steps: [{ tool: 'machine_status' }] }] });
});

test("a timezone that is said with the time is the job's", async () => {
  const app = await startApp();
  await app.call('intake_run', { request: 'weekdays at 8:30 Europe/Berlin check the disk of this machine' });
  const { items } = await app.output<{ items: { nextAt: string }[] }>('cron_list');
  expect(items).toMatchObject([{ schedule: 'weekdays at 8:30', timezone: 'Europe/Berlin' }]);
  expect(items[0]!.nextAt).toMatch(/T0[67]:30/);
});

test.each(['every other week at 9', 'twice a day', 'in the morning'])('what "%s" means is asked, and nothing is done now', async (when) => {
  const app = await startApp();
  const asked = await app.output<IntakeResult>('intake_run', { request: `${when} check the disk of this machine` });
  expect(asked).toMatchObject({ status: 'waiting', question: `When is "${when}"? As in "weekdays at 8:30" or "every 2 hours".` });
  await app.call('run_answer', { id: asked.runId, answer: 'daily at 9 and 21' });
  await app.call('run_wait', { id: asked.runId });
  expect(await app.output('cron_list')).toMatchObject({ items: [{ schedule: 'daily at 9 and 21' }] });
});

test('a reminder says that there is no way yet to send it, and becomes a note where that will do', async () => {
  const app = await startApp();
  const asked = await app.output<IntakeResult>('intake_run', { request: 'tomorrow at 7 remind me to call the bank' });
  expect(asked).toMatchObject({ status: 'waiting', question: expect.stringContaining('cannot send you a message yet') as string });
  await app.call('run_answer', { id: asked.runId, answer: 'yes' });
  await app.call('run_wait', { id: asked.runId });
  const step = { tool: 'memory_remember', input: { text: 'Reminder: call the bank' } };
  expect(await app.output('cron_list')).toMatchObject({ items: [{ name: 'remind me to call the bank', steps: [step] }] });
  await app.call('run_undo', { id: asked.runId });
  expect(await app.output('cron_list')).toEqual({ items: [] });
});
