import { expect, test } from 'vitest';
import { manualClock } from '../../../src/core/clock.ts';
import { startApp, type TestApp } from '../../support/app.ts';

const minute = 60_000;
type Items = { items: { status: string; dueAt: string; note?: string }[] };

const history = async (app: TestApp): Promise<Items['items']> => (await app.output<Items>('cron_history')).items;
const fired = (app: TestApp, count: number): Promise<unknown> =>
  expect.poll(async () => (await history(app)).filter(({ status }) => status === 'ok').length, { timeout: 10_000 }).toBe(count);

const remember = { tool: 'memory_remember', input: { text: 'the cron job was here' } };

test('a job fires at its time, once, and says so', async () => {
  const clock = manualClock();
  const app = await startApp({ clock, recover: true });
  await app.call('cron_add', { schedule: 'every 5m', ...remember });
  clock.advance(4 * minute);
  expect(await history(app)).toEqual([]);
  clock.advance(minute);
  await fired(app, 1);
  expect(await app.output('memory_list')).toMatchObject({ items: [{ text: 'the cron job was here' }] });
});

test.each([
  { misfire: 'once', ok: 1, missed: 3 },
  { misfire: 'all', ok: 4, missed: 0 },
  { misfire: 'skip', ok: 0, missed: 4 },
])('firings missed while nothing ran are rows, as policy $misfire says', async ({ misfire, ok, missed }) => {
  const clock = manualClock();
  const first = await startApp({ clock });
  await first.call('cron_add', { schedule: 'every 10m', misfire, ...remember });
  await first[Symbol.asyncDispose]();
  clock.advance(41 * minute);
  const app = await startApp({ clock, recover: true, home: first.home });
  await expect.poll(async () => (await history(app)).length, { timeout: 10_000 }).toBe(4);
  await fired(app, ok);
  expect((await history(app)).filter(({ status }) => status === 'missed')).toHaveLength(missed);
});

test('while everything is stopped a firing is skipped, and says why', async () => {
  const clock = manualClock();
  const app = await startApp({ clock, recover: true });
  await app.call('cron_add', { schedule: 'every 5m', ...remember });
  await app.call('stop_all', {});
  clock.advance(5 * minute);
  await expect.poll(() => history(app), { timeout: 10_000 }).toMatchObject([{ status: 'skipped', note: 'Everything is stopped.' }]);
});

test('what one step found goes into a data field of the next', async () => {
  const clock = manualClock();
  const app = await startApp({ clock, recover: true });
  const steps = [
    { id: 'look', tool: 'machine_status', input: {} },
    { tool: 'memory_remember', input: { text: { $from: 'look' } } },
  ];
  await app.call('cron_add', { schedule: 'weekdays at 8:30', steps });
  clock.advance(510 * minute);
  await fired(app, 1);
});

test('a preview keeps the clock time over a change of daylight saving', async () => {
  const app = await startApp({ clock: manualClock(Date.UTC(2026, 2, 28)) });
  const { items } = await app.output<{ items: { at: string }[] }>('cron_preview', {
    schedule: 'daily at 09:00',
    timezone: 'Europe/Berlin',
    count: 2,
  });
  expect(items.map(({ at }) => at)).toEqual(['2026-03-28T08:00:00.000Z', '2026-03-29T07:00:00.000Z']);
});

test.each([
  [{ schedule: 'now and then', ...remember }, 'schedule'],
  [{ schedule: '99 * * * *', ...remember }, 'schedule'],
  [{ schedule: '@daily', timezone: 'Mars/Base', ...remember }, 'timezone'],
  [{ schedule: '@daily', tool: 'no_such_tool' }, 'no_such_tool'],
  [{ schedule: '@daily', tool: 'file_read', input: { path: 5 } }, 'path'],
])('%j is refused, naming %s, and nothing is stored', async (input, named) => {
  const app = await startApp();
  await expect(app.call('cron_add', input)).rejects.toThrow(named);
  expect(await app.output('cron_list')).toEqual({ items: [] });
});

test('undo of a new job takes it off the schedule', async () => {
  const app = await startApp();
  const { callId } = await app.call('cron_add', { schedule: '@daily', ...remember });
  await app.call('run_undo', { id: callId });
  expect(await app.output('cron_list')).toEqual({ items: [] });
});
