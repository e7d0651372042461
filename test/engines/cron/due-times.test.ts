import { expect, test, vi } from 'vitest';
import { minute, scheduleApp, setClock, type ScheduleApp } from './schedule-app.ts';

vi.setConfig({ testTimeout: 30_000 });

const hour = 60 * minute;
// However slow the machine is, none is left out because the one before still runs.
const marks = { tool: 'trial_fail', overlap: 'allow' };

/** The app as it is started again after `ms` in which nothing ran. */
async function afterSleep(first: ScheduleApp, ms: number): Promise<ScheduleApp> {
  await first[Symbol.asyncDispose]();
  first.clock.advance(ms);
  return scheduleApp({ home: first.home, clock: first.clock });
}

const counted = async (app: ScheduleApp): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { status, count = 1 } of await app.history()) counts[status] = (counts[status] ?? 0) + count;
  return counts;
};

test.each([
  ['once', { missed: 1_007, ok: 1 }],
  ['all', { missed: 908, ok: 100 }],
  ['skip', { missed: 1_008 }],
])(
  'of a thousand missed firings at most a hundred are rows of their own under %s, and one counts the rest',
  { timeout: 60_000 },
  async (misfire, wanted) => {
    const first = await scheduleApp();
    await first.add({ schedule: '*/10 * * * *', misfire, lateBySeconds: 31_536_000, ...marks });
    const app = await afterSleep(first, 7 * 24 * hour + 5 * minute);
    await expect.poll(() => counted(app), { timeout: 20_000 }).toEqual(wanted);
    const history = await app.history();
    expect(history).toHaveLength(101);
    expect(history[0]).toMatchObject({ status: 'missed', count: 908, note: '908 due times up to this one were missed.' });
  },
);

test('one that is later than allowed is missed', async () => {
  const first = await scheduleApp();
  await first.add({ schedule: 'every 1h', lateBySeconds: 60, ...marks });
  const app = await afterSleep(first, hour + 2 * minute);
  const [firing] = await app.shows(['missed']);
  expect(firing!.note).toBe('120 s late, more than allowed.');
});

test('what is made up for runs one after the other, unless firings may overlap', async () => {
  const first = await scheduleApp();
  await first.add({ schedule: 'every 1h', misfire: 'all', tool: 'trial_wait' });
  const app = await afterSleep(first, 3 * hour);
  await app.shows(['running', 'queued', 'queued']);
});

test('a clock that is put back fires nothing twice, and keeps no job waiting', async () => {
  const app = await scheduleApp();
  await app.add({ schedule: '*/10 * * * *', ...marks });
  await app.pass(20 * minute);
  await app.shows(['ok', 'ok']);
  app.clock.set(Date.UTC(2025, 0, 1, 0, 20));
  await app.pass(minute);
  await app.pass(20 * minute);
  const times = (await app.shows(['ok', 'ok', 'ok', 'ok'])).map(({ dueAt }) => dueAt);
  expect(times).toEqual(['2025-01-01T00:30:00.000Z', '2025-01-01T00:40:00.000Z', '2026-01-01T00:10:00.000Z', '2026-01-01T00:20:00.000Z']);
});

test('a clock that is put back a little fires the same due time once', async () => {
  const app = await scheduleApp();
  await app.add({ schedule: '*/10 * * * *', ...marks });
  await app.pass(10 * minute);
  await app.shows(['ok']);
  app.clock.set(app.clock.now() - 3 * minute);
  await app.pass(14 * minute);
  const times = (await app.shows(['ok', 'ok'])).map(({ dueAt }) => dueAt);
  expect(times).toEqual(['2026-01-01T00:10:00.000Z', '2026-01-01T00:20:00.000Z']);
});

test('while it is paused a job misses nothing, and what came due is not made up for', async () => {
  const app = await scheduleApp();
  const { id } = await app.add({ schedule: '*/10 * * * *', ...marks });
  await app.call('cron_pause', { id });
  await app.pass(25 * minute);
  await app.call('cron_resume', { id });
  await app.pass(10 * minute);
  expect((await app.shows(['ok']))[0]!.dueAt).toBe('2026-01-01T00:30:00.000Z');
});

test('a job for one moment fires once', async () => {
  const app = await scheduleApp();
  const { id } = await app.add({ schedule: 'in 20 minutes', ...marks });
  await app.pass(60 * minute);
  await app.shows(['ok']);
  expect(await app.output('cron_show', { id })).not.toHaveProperty('nextAt');
});

test.each([
  ['30 2 * * *', 'Europe/Berlin', '2026-03-28', ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']],
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24', ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']],
  ['daily at 1:30', 'America/New_York', '2026-10-31T12:00', ['2026-11-01T05:30', '2026-11-02T06:30']],
  ['*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:20', ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30']],
  ['*/30 * * * *', 'Europe/Berlin', '2026-10-25T00:20', ['2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30', '2026-10-25T02:00']],
  ['0 30 8 * * mon-fri', 'Asia/Kolkata', '2026-11-27T12:00', ['2026-11-30T03:00', '2026-12-01T03:00']],
  ['every 12h', 'Europe/Berlin', '2026-03-28T12:00', ['2026-03-29T00:00', '2026-03-29T12:00']],
  ['every other day at 2:30', 'Europe/Berlin', '2026-03-27', ['2026-03-27T01:30', '2026-03-29T01:00', '2026-03-31T00:30']],
  ['every 3 days at 9', 'Europe/Berlin', '2026-10-24T12:00', ['2026-10-25T08:00', '2026-10-28T08:00', '2026-10-31T08:00']],
  ['2026-03-29 02:30', 'Europe/Berlin', '2026-03-28', ['2026-03-29T01:30']],
  ['tomorrow at 7:00', 'Pacific/Auckland', '2026-11-24T12:00', ['2026-11-25T18:00']],
  ['@monthly', 'UTC', '2026-11-24', ['2026-12-01T00:00', '2027-01-01T00:00']],
])('%s in %s after %s is due at %j', async (schedule, timezone, after, times) => {
  const app = await scheduleApp({ clock: setClock(Date.parse(`${after.padEnd(16, 'T00:00')}Z`)) });
  const preview = await app.output<{ items: { at: string }[] }>('cron_preview', { schedule, timezone, count: times.length });
  expect(preview.items.map(({ at }) => at.slice(0, 16))).toEqual(times);
});

test('days that are left out are counted from the day the job was made, whenever it is looked at', async () => {
  const app = await scheduleApp();
  const given = { schedule: 'every other day at 9', timezone: 'UTC', from: '2027-02-28', count: 3 };
  const { items } = await app.output<{ items: { at: string }[] }>('cron_preview', given);
  const days = items.map(({ at }) => Math.round((Date.parse(at) - Date.parse('2026-01-01T09:00:00Z')) / (24 * 60 * minute)));
  expect(days.map((day) => day % 2)).toEqual([0, 0, 0]);
  expect(days).toEqual([days[0], days[0]! + 2, days[0]! + 4]);
});

test('a preview from a later day on shows what a change of daylight saving does then', async () => {
  const app = await scheduleApp();
  const given = { schedule: 'daily at 2:30', timezone: 'Europe/Berlin', from: '2027-03-27', count: 3 };
  const { items } = await app.output<{ items: { local: string }[] }>('cron_preview', given);
  const clocks = items.map(({ local }) => local.split(' at ')[1]);
  expect(clocks).toEqual(['02:30:00 CET', '03:00:00 CEST', '02:30:00 CEST']);
  await expect(app.call('cron_preview', { ...given, from: 'soon' })).rejects.toMatchObject({ code: 'invalid_input' });
});
