import { readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { minute, scheduleApp } from './schedule-app.ts';

vi.setConfig({ testTimeout: 30_000 });

const waits = { schedule: 'every 1m', tool: 'trial_wait' };
const fails = { schedule: 'every 1m', tool: 'trial_fail' };

test('a firing that comes due while the one before runs is skipped, and says so', async () => {
  const app = await scheduleApp();
  await app.add(waits);
  await app.pass(2 * minute);
  const [, second] = await app.shows(['running', 'skipped']);
  expect(second!.note).toBe('The one before was still running.');
  await app.trial.release();
  await app.shows(['ok', 'skipped']);
});

test('or it waits for its turn', async () => {
  const app = await scheduleApp();
  await app.add({ ...waits, overlap: 'queue' });
  await app.pass(3 * minute);
  for (const statuses of [
    ['running', 'queued', 'queued'],
    ['ok', 'running', 'queued'],
    ['ok', 'ok', 'running'],
  ]) {
    await app.shows(statuses);
    await app.trial.release();
  }
  await app.shows(['ok', 'ok', 'ok']);
});

test('or it takes the place of the one before, which ends', async () => {
  const app = await scheduleApp();
  await app.add({ ...waits, overlap: 'cancel' });
  await app.pass(2 * minute);
  const [first] = await app.shows(['failed', 'running']);
  expect(first!.note).toBe('Ended, because the next one was due.');
});

test('or it runs beside it', async () => {
  const app = await scheduleApp();
  await app.add({ ...waits, overlap: 'allow' });
  await app.pass(3 * minute);
  await app.shows(['running', 'running', 'running']);
});

test('a run that the owner stopped frees the place for the next firing', async () => {
  const app = await scheduleApp();
  await app.add(waits);
  await app.pass(minute);
  const [{ runId }] = (await app.shows(['running'])) as unknown as [{ runId: string }];
  await app.call('run_stop', { id: runId });
  await app.pass(minute);
  await app.shows(['failed', 'running']);
});

test('a step that fails is tried again, after pauses that grow', async () => {
  const app = await scheduleApp();
  await app.add({ ...fails, schedule: 'every 1h', retries: 2, retrySeconds: 60 });
  app.trial.failures = 2;
  await app.pass(60 * minute);
  await expect.poll(() => app.trial.keys.length).toBe(1);
  await app.pass(minute);
  await expect.poll(() => app.trial.keys.length).toBe(2);
  await app.pass(minute);
  expect(app.trial.keys.length).toBe(2);
  await app.pass(minute);
  await app.shows(['ok']);
  expect(new Set(app.trial.keys).size).toBe(3);
});

test('what makes no sense to try again is not', async () => {
  const app = await scheduleApp();
  await app.add({ schedule: 'every 1h', tool: 'file_read', input: { path: `${app.files}/none.txt` }, retries: 5 });
  await app.pass(60 * minute);
  await app.shows(['failed']);
});

test('a firing ends at its deadline', async () => {
  const app = await scheduleApp();
  await app.add({ ...waits, deadlineSeconds: 1 });
  await app.pass(minute);
  const [firing] = await app.shows(['failed']);
  expect(firing!.note).toContain('did not finish within 1 s');
});

test('a job that fails again and again is paused, and says so everywhere', async () => {
  const app = await scheduleApp();
  await app.add({ ...fails, pauseAfter: 3, output: { file: `${app.files}/words.txt`, when: 'failure' } });
  app.trial.failures = 100;
  for (const statuses of [['failed'], ['failed', 'failed'], ['failed', 'failed', 'failed']]) {
    await app.pass(minute);
    await app.shows(statuses);
  }
  await app.pass(2 * minute);
  await app.shows(['failed', 'failed', 'failed']);
  const because = '3 firings in a row have failed.';
  expect(await app.output('cron_list')).toMatchObject({ items: [{ paused: true, pausedBecause: because, failures: 3 }] });
  const { warnings } = await app.output<{ warnings: string[] }>('status_show');
  expect(warnings).toContainEqual(expect.stringContaining('paused because they failed'));
  await expect.poll(() => readFileSync(`${app.files}/words.txt`, 'utf8')).toContain(`is paused: ${because}`);
});

test('success forgives earlier failures', async () => {
  const app = await scheduleApp();
  const { id } = await app.add({ ...fails, pauseAfter: 2 });
  app.trial.failures = 1;
  await app.pass(minute);
  await app.shows(['failed']);
  await app.pass(minute);
  await app.shows(['failed', 'ok']);
  expect(await app.output('cron_show', { id })).toMatchObject({ failures: 0, paused: false });
});

test('a result is written to a file, and kept as a log', async () => {
  const app = await scheduleApp();
  await app.add({ ...fails, output: { file: `${app.files}/results.txt` } });
  await app.pass(minute);
  const [firing] = await app.shows(['ok']);
  await expect.poll(async () => (await app.history())[0]!.delivery).toBe('delivered');
  const log = readFileSync(path.join(app.paths.runs, `${firing!.id}.log`), 'utf8');
  expect(log).toContain(`${firing!.id} of ${firing!.jobId}, due 2026-01-01T00:01:00.000Z`);
  expect(readFileSync(`${app.files}/results.txt`, 'utf8')).toContain(log.trimEnd());
});

test('a channel that does not exist yet fails the delivery, not the firing', async () => {
  const app = await scheduleApp();
  await app.add({ ...fails, output: { profile: 'critical' } });
  await app.pass(minute);
  await app.shows(['ok']);
  await expect.poll(async () => (await app.history())[0]).toMatchObject({ status: 'ok', delivery: 'failed' });
});

test('a firing calls only the tools that its job may call, and uses no more than its tokens', async () => {
  const app = await scheduleApp();
  const steps = [1, 2, 3].map(() => ({ tool: 'trial_fail' }));
  await expect(app.add({ schedule: '@daily', steps, tools: ['file_read'] })).rejects.toThrow('steps.0.tool: trial_fail is not among');
  await app.add({ schedule: 'every 1m', steps, tools: ['trial_fail'], tokens: 100 });
  await app.pass(minute);
  const [firing] = await app.shows(['failed']);
  expect(firing!.note).toContain('has used 140 tokens of 100');
  expect(app.trial.keys).toHaveLength(2);
});

test('text from outside becomes data of a later step, not its path', async () => {
  const app = await scheduleApp();
  const look = { id: 'look', tool: 'trial_fetch' };
  const $from = 'look';
  await app.add({ schedule: 'every 1m', steps: [look, { tool: 'file_write', input: { path: `${app.files}/a.txt`, text: { $from } } }] });
  await app.pass(minute);
  await app.shows(['ok']);
  expect(readFileSync(`${app.files}/a.txt`, 'utf8')).toBe('a stranger says so');
  await app.add({ schedule: 'every 10m', steps: [look, { tool: 'file_write', input: { path: { $from }, text: 'x' } }] });
  await app.pass(10 * minute);
  await expect
    .poll(async () => (await app.history()).map(({ note }) => note))
    .toContainEqual(expect.stringContaining('Text from outside does not become the path of file_write.'));
});

test('run by hand it fires at once, beside its schedule', async () => {
  const app = await scheduleApp();
  const { id, nextAt } = await app.add({ ...fails, schedule: '@yearly' });
  await app.call('cron_run', { id });
  await app.shows(['ok']);
  expect(await app.output('cron_show', { id })).toMatchObject({ nextAt });
});

test('a job whose tool is gone fails and says so, and the others go on', async () => {
  const first = await scheduleApp();
  await first.add({ ...fails, name: 'orphan' });
  await first.add({ schedule: 'every 1m', tool: 'status_show' });
  await first[Symbol.asyncDispose]();
  const app = await scheduleApp({ home: first.home, clock: first.clock, without: ['trial_fail'] });
  await app.pass(minute);
  await expect.poll(async () => (await app.history()).map(({ status }) => status).toSorted()).toEqual(['failed', 'ok']);
  expect((await app.history()).find(({ status }) => status === 'failed')!.note).toContain('No tool is called "trial_fail"');
});

test('a job that can no longer be reckoned is paused, and keeps no other waiting', async () => {
  const app = await scheduleApp();
  const { id } = await app.add({ ...fails, schedule: 'every 1m' });
  await app.add({ schedule: 'every 1m', tool: 'status_show', overlap: 'allow' });
  const db = new Database(app.paths.database);
  db.prepare("UPDATE cron_jobs SET job = json_set(job, '$.timezone', 'Mars/Base', '$.schedule', '* * * * *') WHERE id = ?").run(id);
  db.close();
  await app.pass(2 * minute);
  await app.shows(['ok', 'ok']);
  const shown = { paused: true, pausedBecause: expect.stringContaining('schedule') as string };
  expect(await app.output('cron_show', { id })).toMatchObject(shown);
});
