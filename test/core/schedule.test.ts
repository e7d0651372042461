import { expect, test } from 'vitest';
import { timezoneIn } from '../../src/core/schedule-timezone.ts';
import { lacksTime, readSchedule, settledSchedule } from '../../src/core/schedule.ts';

/** A Tuesday, 11:30 in Berlin. */
const now = Date.UTC(2026, 10, 24, 10, 30);

test.each([
  ['daily at 09:00', '0 9 * * *'],
  ['Every Day at 9', '0 9 * * *'],
  ['at 9 every day', '0 9 * * *'],
  ['weekdays at 8:30', '30 8 * * 1-5'],
  ['every working day at 17h05', '5 17 * * 1-5'],
  ['every weekend at noon', '0 12 * * 6,0'],
  ['mondays at 9', '0 9 * * 1'],
  ['every mon, wed and fri at 9am', '0 9 * * 1,3,5'],
  ['mondays and thursdays at 17:05', '5 17 * * 1,4'],
  ['monday to friday at 9', '0 9 * * 1,2,3,4,5'],
  ['fri-mon at 9', '0 9 * * 5,6,0,1'],
  ['daily at 9 and 17', '0 9,17 * * *'],
  ['every morning at 7', '0 7 * * *'],
  ['every evening at 8', '0 20 * * *'],
  ['every night at 11', '0 23 * * *'],
  ['nightly at 2', '0 2 * * *'],
  ['every day at 7 in the evening', '0 19 * * *'],
  ['daily at 12am', '0 0 * * *'],
  ['daily at 12 pm', '0 12 * * *'],
  ['monthly on the 1st at 9', '0 9 1 * *'],
  ['on the last day of every month at 18:00', '0 18 L * *'],
  ['on the first of each month at 9', '0 9 1 * *'],
  ['every 15th of the month at 9', '0 9 15 * *'],
  ['monthly on the 1st and 15th at 9', '0 9 1,15 * *'],
  ['every first monday of the month at 9', '0 9 * * 1#1'],
  ['on the last friday of each month at 18:00', '0 18 * * 5#L'],
  ['every monday morning at 7', '0 7 * * 1'],
  ['sunday nights at 11', '0 23 * * 0'],
  ['weekly on friday at 17:00', '0 17 * * 5'],
  ['every week on friday at 5pm', '0 17 * * 5'],
  ['once a day at 9', '0 9 * * *'],
  ['hourly', '0 * * * *'],
  ['weekdays at 8:30 Europe/Berlin', '30 8 * * 1-5'],
  ['0 9 * * 1 America/New_York', '0 9 * * 1'],
  ['*/5 * * * *', '*/5 * * * *'],
  ['0 30 8 * * mon-fri', '0 30 8 * * mon-fri'],
  ['@daily', '@daily'],
])('%s is the pattern %s', (text, pattern) => {
  expect(readSchedule(text)).toEqual({ kind: 'cron', pattern });
});

test.each([
  ['every 2h30m', 9_000],
  ['every 2 hours and 30 minutes', 9_000],
  ['every 5 minutes', 300],
  ['every hour', 3_600],
  ['every half hour', 1_800],
  ['every half an hour', 1_800],
  ['each 90 seconds', 90],
  ['every 1d', 86_400],
  ['every two hours', 7_200],
  ['every other hour', 7_200],
  ['every quarter hour', 900],
])('%s is every %i seconds', (text, seconds) => {
  expect(readSchedule(text)).toEqual({ kind: 'every', ms: seconds * 1_000 });
});

test.each([
  ['every other day at 9', 2, 9],
  ['every second day at 9am', 2, 9],
  ['at 9 every other day', 2, 9],
  ['every 3 days at 18:00', 3, 18],
  ['every third day at 18:00', 3, 18],
  ['every two days at noon', 2, 12],
  ['every other evening at 8', 2, 20],
])('%s is each %i days at %i', (text, days, hour) => {
  expect(readSchedule(text)).toEqual({ kind: 'days', days, time: { hour, minute: 0 } });
});

test.each(['every 0 days at 9', 'every 1.5 days at 9', 'every 400 days at 9', 'every few days at 9', 'every other week at 9'])(
  '%s is no schedule',
  (text) => {
    expect(readSchedule(text)).toBeUndefined();
  },
);

test.each([
  ['tomorrow at 7:00', '2026-11-25T07:00:00'],
  ['today at 18:00', '2026-11-24T18:00:00'],
  ['tonight at 10', '2026-11-24T22:00:00'],
  ['at 18:30', '2026-11-24T18:30:00'],
  ['at 10:00', '2026-11-25T10:00:00'],
  ['next monday at 9', '2026-11-30T09:00:00'],
  ['on tuesday at 12', '2026-11-24T12:00:00'],
  ['tuesday at 9', '2026-12-01T09:00:00'],
  ['in 20 minutes', '2026-11-24T10:50:00.000Z'],
  ['in an hour', '2026-11-24T11:30:00.000Z'],
  ['2026-12-24 18:00', '2026-12-24T18:00:00'],
  ['on 2026-12-24 at 8:00', '2026-12-24T08:00:00'],
  ['on 24 December at 18:00', '2026-12-24T18:00:00'],
  ['november 24th at 11am', '2027-11-24T11:00:00'],
  ['tomorrow at 7 Europe/Berlin', '2026-11-25T07:00:00'],
  ['2026-12-24T18:00:00+02:00', '2026-12-24T18:00:00+02:00'],
])('%s, said on that Tuesday, is %s', (text, moment) => {
  expect(settledSchedule(text, { now, timezone: 'Europe/Berlin' })).toBe(moment);
});

test.each([
  ['weekdays at 8:30 Europe/Berlin', 'Europe/Berlin'],
  ['weekdays at 8:30 (America/Argentina/Salta)', 'America/Argentina/Salta'],
  ['daily at 9 Berlin time', 'Europe/Berlin'],
  ['daily at 9, New York time', 'America/New_York'],
  ['daily at 9 UTC', 'UTC'],
  ['daily at 9', undefined],
  ['daily at 9 some time', undefined],
])('%s names the timezone %s', (text, timezone) => {
  expect(timezoneIn(text)).toBe(timezone);
});

test.each([
  'every day',
  'every other day',
  'every monday',
  'weekdays',
  'tomorrow',
  'every night',
  'on the first of each month',
  'once a day',
  'weekdays UTC',
])('%s says no time of day', (text) => {
  expect(lacksTime(text)).toBe(true);
});

test.each(['every file', 'every 5', '', 'now', 'daily at 25', 'the 1st', 'on 30 february', 'every 3 days', 'every day at 9'])(
  '%j is not just short of a time of day',
  (text) => {
    expect(lacksTime(text)).toBe(false);
  },
);
