import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/core/database.ts';
import { startApp, type TestApp } from '../support/app.ts';

const day = 86_400_000;

/** So many days go by, each with its hours, in which whatever waits for the clock has its turn. */
async function pass(clock: ReturnType<typeof manualClock>, days: number): Promise<void> {
  clock.advance((days - 1) * day);
  for (let hour = 0; hour < 24; hour += 1) {
    clock.advance(day / 24);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const count = (app: TestApp, table: string): number => {
  const db = openDatabase(path.join(app.home, 'claw.db'), []);
  const { n } = db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number };
  db.close();
  return n;
};

async function lived(clock: ReturnType<typeof manualClock>, env: Record<string, string>) {
  const app = await startApp({ clock, recover: true, env });
  const { id } = await app.output<{ id: string }>('cron_add', { schedule: '@yearly', tool: 'machine_status' });
  const fired = [await app.output<{ firingId: string }>('cron_run', { id })];
  await app.settled();
  fired.push(await app.output<{ firingId: string }>('cron_run', { id }));
  await app.call('workflow_save', {
    name: 'asks',
    text: 'steps: [{tool: status_show}, {approval_gate: {message: "Go on?", expires: 20d}}]',
  });
  await app.call('workflow_save', { name: 'writes', text: `steps: [{tool: file_write, input: {path: ${app.files}/a, text: a}}]` });
  await app.call('workflow_run', { name: 'asks' });
  await app.call('workflow_run', { name: 'writes' });
  await app.settled();
  const logs = fired.map(({ firingId }) => path.join(app.paths.runs, `${firingId}.log`));
  await expect.poll(() => logs.map((log) => existsSync(log))).toEqual([true, true]);
  return { app, logs };
}

const kinds = async (app: TestApp): Promise<string[]> =>
  (await app.backend.list({ limit: 20 })).items.map(({ kind, status }) => `${kind} ${status}`).toSorted();

test('what ended ten days ago is gone where that is set; open runs, those that can be undone and the audit stay', async () => {
  const clock = manualClock();
  const { app, logs } = await lived(clock, { CLAW_RETENTION: '10' });
  const before = { kinds: await kinds(app), audit: count(app, 'audit') };
  expect(before.kinds).toEqual(['cron done', 'cron done', 'workflow done', 'workflow waiting']);
  await pass(clock, 8);
  expect(await kinds(app)).toHaveLength(4);
  await pass(clock, 4);
  await expect.poll(() => kinds(app)).toHaveLength(2);
  const [undoable, asking] = (await app.backend.list({ limit: 20 })).items;
  expect([undoable, asking]).toMatchObject([
    { kind: 'workflow', status: 'done' },
    { kind: 'workflow', status: 'waiting' },
  ]);
  expect(await app.backend.steps(asking!.id)).toHaveLength(2);
  expect(count(app, 'steps')).toBe(3);
  expect(count(app, 'audit')).toBeGreaterThanOrEqual(before.audit);
  expect(await app.output('audit_verify')).toMatchObject({ ok: true });
  expect(logs.map((log) => existsSync(log))).toEqual([false, true]);
  expect(await app.output('cron_history')).toMatchObject({ items: [{ status: 'ok' }] });
  await app.call('run_undo', { id: undoable!.id });
  expect(existsSync(path.join(app.files, 'a'))).toBe(false);
});

test('nothing goes where all is to be kept', async () => {
  const clock = manualClock();
  const { app, logs } = await lived(clock, { CLAW_RETENTION: '0' });
  await pass(clock, 400);
  expect(await kinds(app)).toContain('cron done');
  expect(logs.map((log) => existsSync(log))).toEqual([true, true]);
});
