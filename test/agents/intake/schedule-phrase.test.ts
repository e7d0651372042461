import { expect, test } from 'vitest';
import { segmentsOf } from '../../../src/agents/intake/schedule-phrase.ts';

test.each([
  [
    'every weekday at 8:30 check the disk of this machine and remember it',
    'every weekday at 8:30',
    'check the disk of this machine and remember it',
  ],
  ['check the disk of this machine every monday at 9', 'every monday at 9', 'check the disk of this machine'],
  ['Every 5 minutes, please check the disk.', 'Every 5 minutes', 'check the disk.'],
  ['fetch http://127.0.0.1:8080/at/9 daily at 9', 'daily at 9', 'fetch http://127.0.0.1:8080/at/9'],
  ['in 20 minutes check the disk', 'in 20 minutes', 'check the disk'],
  ['tomorrow at 7:00 list /srv/data', 'tomorrow at 7:00', 'list /srv/data'],
  ['at 9 every day check the disk', 'at 9 every day', 'check the disk'],
  ['every night check the disk', 'every night', 'check the disk'],
  ['run `df -h` every 10 minutes', 'every 10 minutes', 'run `df -h`'],
  ['set up a job that checks the disk every day at 9', 'every day at 9', 'checks the disk'],
  ['every monday check the disk at 9', 'every monday at 9', 'check the disk'],
  ['on the first of each month check the disk at 9', 'on the first of each month at 9', 'check the disk'],
  ['remind me tomorrow at 7 to call the bank', 'tomorrow at 7', 'remind me to call the bank'],
  ['tomorrow at 7 remind me to call the bank', 'tomorrow at 7', 'remind me to call the bank'],
  ['check the disk weekdays at 8:30 Europe/Berlin', 'weekdays at 8:30 Europe/Berlin', 'check the disk'],
  ['weekdays at 8:30 Berlin time check the disk', 'weekdays at 8:30 Berlin time', 'check the disk'],
  ['schedule a disk check every weekday at 8:30', 'every weekday at 8:30', 'disk check'],
  ['check the disk at 9', 'at 9', 'check the disk'],
  ['check the disk tomorrow', 'tomorrow', 'check the disk'],
  ['every other day at 9 check the disk', 'every other day at 9', 'check the disk'],
  ['every 3 days at 9 check the disk', 'every 3 days at 9', 'check the disk'],
  ['check the disk twice a day', 'twice a day', 'check the disk'],
  ['in the morning, check the disk', 'in the morning', 'check the disk'],
  ['on the last day of every month at 18:00 check the disk', 'on the last day of every month at 18:00', 'check the disk'],
])('%s is to be done %s', (request, schedule, text) => {
  const segments = segmentsOf(request).map((segment) => ({ ...segment, text: segment.text.trim() }));
  expect(segments).toEqual([{ schedule, text }]);
});

test.each([
  'remember that backups run every night at 2',
  'note that the meeting is tomorrow at 7:00',
  'write "every day at 9" to plan.txt',
  'list the files changed in 2 hours',
  'show server.log starting at 5',
  'check every file in /srv/data',
  'list every .md file under ~/notes',
  'reschedule job_01k9x2 to every day at 9',
  'preview the schedule every 2h30m',
  'show me the last 5 lines of app.log',
  'what happened today at 9:00',
  'remember: standup is on weekdays at 9:30',
  'show the audit log for tomorrow',
  'remind me what I said about the nas',
  'remember that the bins go out every other week',
])('%s is to be done now', (request) => {
  expect(segmentsOf(request)).toEqual([{ text: request }]);
});

test('what is to be done now stands beside what is to be done at set times', () => {
  expect(segmentsOf('List /srv. Every day at 9 check the disk. Then remember it; every monday at 10 list /tmp')).toEqual([
    { text: 'List /srv. ' },
    { schedule: 'Every day at 9', text: 'check the disk. Then remember it; ' },
    { schedule: 'every monday at 10', text: 'list /tmp ' },
  ]);
});
