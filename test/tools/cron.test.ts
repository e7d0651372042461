import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';

const remember = { tool: 'memory_remember', input: { text: 'the cron job was here' } };

interface JobShown {
  id: string;
  note?: string;
  nextAt?: string;
}

test('a new job says when it fires next, and what is missing for that', async () => {
  const app = await startApp();
  const added = await app.output<JobShown>('cron_add', { schedule: 'weekdays at 8:30', timezone: 'Europe/Berlin', ...remember });
  expect(added).toMatchObject({ note: expect.stringContaining('claw serve') as string, nextAt: expect.stringMatching(/:30:00/) as string });
  const { warnings } = await app.output<{ warnings: string[] }>('status_show');
  expect(warnings).toContainEqual('1 scheduled jobs wait for a process that fires them: claw serve or claw mcp.');
});

test('beside a process that fires, nothing is missing', async () => {
  const app = await startApp({ recover: true });
  expect(await app.output<JobShown>('cron_add', { schedule: '@daily', ...remember })).not.toHaveProperty('note');
});

test('what a job would do is shown before: its next firings', async () => {
  const app = await startApp();
  const preview = await app.gate.preview({ kind: 'owner' }, 'cron_add', { schedule: '2030-01-31T08:00:00Z', ...remember });
  expect(preview.changes).toEqual([{ action: 'create', target: 'a job', after: 'fires 2030-01-31T08:00:00.000Z' }]);
});

test.each([
  [{ shell: ['df', '-h'] }, { tool: 'shell_run', input: { command: ['df', '-h'] } }],
  [{ claude: 'write a poem' }, { tool: 'llm_prompt', input: { prompt: 'write a poem' } }],
  [{ script: 'df -h | tail -1' }, { tool: 'shell_run', input: { script: 'df -h | tail -1' } }],
  [
    { webhook: 'http://127.0.0.1:9/hook', input: { a: 1 } },
    { tool: 'http_request', input: { method: 'POST', body: '{"a":1}' } },
  ],
])('%j is short for %j', async (body, step) => {
  const app = await startApp();
  expect(await app.output('cron_add', { schedule: '@daily', ...body })).toMatchObject({ steps: [step] });
});

test('a skill is refused as long as there is no skill_run', async () => {
  const app = await startApp();
  await expect(app.call('cron_add', { schedule: '@daily', skill: 'heartbeat' })).rejects.toMatchObject({
    code: 'invalid_input',
    message: 'steps.0.tool: no tool is called "skill_run".',
  });
});

test('a job is changed in place, and undo gives back what it was', async () => {
  const app = await startApp();
  const before = await app.output<JobShown>('cron_add', { schedule: 'every 2h30m', tokens: 5, ...remember });
  const change = { id: before.id, schedule: 'daily at 9', shell: ['df'], retries: 3, deadlineSeconds: 60, clear: ['tokens'] };
  const { callId } = await app.call('cron_update', change);
  const changed = await app.output<JobShown>('cron_show', { id: before.id });
  expect(changed).toMatchObject({ schedule: 'daily at 9', retries: 3, deadlineSeconds: 60, steps: [{ tool: 'shell_run' }] });
  expect(changed).not.toHaveProperty('tokens');
  await app.call('run_undo', { id: callId });
  const { nextAt: _, note: __, ...fields } = before;
  const restored = await app.output('cron_show', { id: before.id });
  expect(restored).toMatchObject(fields);
  expect(restored).not.toHaveProperty('deadlineSeconds');
});

test('what is not named stays: a job that is renamed fires when it would have', async () => {
  const app = await startApp();
  const { id, nextAt } = await app.output<JobShown>('cron_add', { schedule: 'every 2h30m', ...remember });
  expect(await app.output('cron_update', { id, name: 'backup' })).toMatchObject({ name: 'backup', nextAt, schedule: 'every 2h30m' });
});

test('a removed job comes back with undo, under its own id', async () => {
  const app = await startApp();
  const { id } = await app.output<JobShown>('cron_add', { schedule: '@daily', ...remember });
  const { callId } = await app.call('cron_remove', { id });
  expect(await app.output('cron_list')).toEqual({ items: [] });
  await app.call('run_undo', { id: callId });
  expect(await app.output('cron_list')).toMatchObject({ items: [{ id }] });
});

test('jobs are listed page by page', async () => {
  const app = await startApp();
  for (const name of ['a', 'b', 'c']) await app.call('cron_add', { schedule: '@daily', name, ...remember });
  const first = await app.output<{ items: unknown[]; nextCursor: string }>('cron_list', { limit: 2 });
  expect(first.items).toHaveLength(2);
  expect(await app.output('cron_list', { limit: 2, cursor: first.nextCursor })).toMatchObject({ items: [{ name: 'c' }] });
});

test.each(['cron_show', 'cron_update', 'cron_remove', 'cron_restore', 'cron_pause', 'cron_resume', 'cron_run'])(
  '%s of a job that is not there says how to find the ids',
  async (tool) => {
    const app = await startApp();
    await expect(app.call(tool, { id: 'job_none' })).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('cron_list') as string,
    });
  },
);

test.each([
  [{ shell: ['df', '-h'] }, 'df -h'],
  [{ script: 'df -h |\n tail -1' }, 'df -h | tail -1'],
  [{ steps: [{ tool: 'machine_status' }, remember] }, 'machine_status, memory_remember'],
])('a job that nobody has named, %j, is called %s', async (body, name) => {
  const app = await startApp();
  expect(await app.output('cron_add', { schedule: '@daily', ...body })).toMatchObject({ name });
});

test('a schedule may name its timezone, also when it is changed, and not two of them', async () => {
  const app = await startApp();
  const added = await app.output<JobShown>('cron_add', { schedule: 'daily at 9 Asia/Tokyo', ...remember });
  expect(added).toMatchObject({ schedule: 'daily at 9', timezone: 'Asia/Tokyo' });
  const change = { id: added.id, schedule: 'daily at 10 Europe/Berlin' };
  expect(await app.output('cron_update', change)).toMatchObject({ schedule: 'daily at 10', timezone: 'Europe/Berlin' });
  const { callId } = await app.call('cron_update', { id: added.id, schedule: 'daily at 11 UTC' });
  await app.call('run_undo', { id: callId });
  expect(await app.output('cron_show', { id: added.id })).toMatchObject({ schedule: 'daily at 10', timezone: 'Europe/Berlin' });
  await expect(app.call('cron_update', { ...change, timezone: 'UTC' })).rejects.toThrow('timezone: the schedule names another.');
  expect(await app.output('cron_preview', { schedule: 'daily at 9 Asia/Tokyo' })).toMatchObject({ timezone: 'Asia/Tokyo' });
});

test('a secret is named in a job and never stored in it', async () => {
  const app = await startApp();
  const secret = 'correct-horse-battery-7';
  await app.call('vault_set', { name: 'api', value: secret });
  const call = (authorization: unknown) => ({ tool: 'http_request', input: { url: 'http://127.0.0.1:9/', headers: { authorization } } });
  const byName = { $secret: 'api', prefix: 'Bearer ' };
  const { id } = await app.output<JobShown>('cron_add', { schedule: '@daily', ...call(byName) });
  expect(await app.output('cron_show', { id })).toMatchObject({ steps: [{ input: { headers: { authorization: byName } } }] });
  for (const inClear of [`Bearer ${secret}`, `Bearer ghp_${'0123456789abcdefghij'.repeat(2).slice(0, 36)}`]) {
    const refusal = { code: 'invalid_input', message: expect.stringContaining('input.headers.authorization') as string };
    await expect(app.call('cron_add', { schedule: '@daily', ...call(inClear) })).rejects.toMatchObject(refusal);
    await expect(app.call('cron_update', { id, ...call(inClear) })).rejects.toMatchObject(refusal);
  }
  await expect(app.call('cron_add', { schedule: '@daily', webhook: 'http://127.0.0.1:9/', input: { key: byName } })).rejects.toThrow(
    'input:',
  );
  const files = readdirSync(app.home).filter((file) => /^(?:claw\.db|audit)/.test(file));
  for (const file of files) expect(readFileSync(path.join(app.home, file)).includes(secret), file).toBe(false);
});

test('a job is paused, shown and removed by its name, and undo finds it by its id', async () => {
  const app = await startApp();
  const { id } = await app.output<JobShown>('cron_add', { schedule: '@daily', name: 'check the disk', ...remember });
  expect(await app.output('cron_pause', { id: 'Disk' })).toMatchObject({ id, paused: true });
  expect(await app.output('cron_show', { id: 'check the disk' })).toMatchObject({ id });
  const removed = await app.call('cron_remove', { id: 'disk' });
  await app.call('run_undo', { id: removed.callId });
  expect(await app.output('cron_list')).toMatchObject({ items: [{ id }] });
});

test('a name that several jobs have is not guessed at, and one that none has is named', async () => {
  const app = await startApp();
  for (const name of ['disk of the nas', 'disk of the router']) await app.call('cron_add', { schedule: '@daily', name, ...remember });
  await expect(app.call('cron_remove', { id: 'disk' })).rejects.toMatchObject({
    code: 'conflict',
    hint: expect.stringContaining('job_') as string,
  });
  await expect(app.call('cron_remove', { id: 'memory' })).rejects.toMatchObject({ code: 'not_found' });
});
