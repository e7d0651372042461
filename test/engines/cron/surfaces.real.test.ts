import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/folder.ts';
import { claw, startServe } from '../../support/processes.ts';

const request = 'every weekday at 8:30 check the disk of this machine and remember it';

interface Listed {
  items: { id: string; schedule: string; nextAt: string; status?: string }[];
}

test('claw do with a time makes a job and proves it, and claw undo takes it off again', { timeout: 60_000 }, async () => {
  const home = path.join(temporaryFolder(), 'home');
  const json = async <Value>(...args: string[]): Promise<Value> => JSON.parse((await claw([...args, '--json'], { home })).stdout) as Value;
  const done = await claw(['do', request, '--json'], { home });
  expect(done.code).toBe(0);
  const result = JSON.parse(done.stdout) as { runId: string; status: string; tasks: { evidence: { found: string }[] }[]; summary: string };
  const { items } = await json<Listed>('cron', 'list');
  expect(items).toMatchObject([{ schedule: 'every weekday at 8:30' }]);
  expect(result.tasks[0]!.evidence[0]!.found).toBe(`${items[0]!.id} fires next ${items[0]!.nextAt}`);
  expect(result).toMatchObject({ status: 'done', summary: expect.stringContaining('claw serve') as string });
  expect((await claw(['undo', result.runId], { home })).code).toBe(0);
  expect(await json('cron', 'list')).toEqual({ items: [] });
});

test('claw serve fires what another process has scheduled', { timeout: 60_000 }, async () => {
  await using served = await startServe();
  const { home } = served;
  const added = await claw(['call', 'cron_add', '{"schedule":"every 1s","tool":"status_show"}', '--json', '--no-daemon'], { home });
  expect(JSON.parse(added.stdout)).not.toHaveProperty('note');
  let statuses: (string | undefined)[] = [];
  for (let round = 0; round < 60 && !statuses.includes('ok'); round += 1) {
    await pause(250);
    const history = await claw(['cron', 'history', '--json'], { home });
    statuses = (JSON.parse(history.stdout) as Listed).items.map(({ status }) => status);
  }
  expect(statuses).toContain('ok');
});

test('a job with a command or with steps is made from the command line, and its help lists the commands', { timeout: 60_000 }, async () => {
  const home = path.join(temporaryFolder(), 'home');
  const help = await claw(['cron', '--help'], { home });
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('claw cron preview') as string });
  const added = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await claw(['cron', 'add', ...args, '--json'], { home })).stdout);
  // What stands behind -- is all the command's.
  const df = await claw(['cron', 'add', '@daily', '--json', '--shell', '--', 'df', '-h'], { home });
  expect(JSON.parse(df.stdout)).toMatchObject({ name: 'df -h', steps: [{ input: { command: ['df', '-h'] } }] });
  const steps = ['{"id":"look","tool":"machine_status"}', '{"tool":"memory_remember","input":{"text":{"$from":"look"}}}'];
  expect(await added('weekdays at 8:30 Europe/Berlin', ...steps.flatMap((step) => ['--steps', step]))).toMatchObject({
    timezone: 'Europe/Berlin',
    steps: [{ tool: 'machine_status' }, { tool: 'memory_remember' }],
  });
});
