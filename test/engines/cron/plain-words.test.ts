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
