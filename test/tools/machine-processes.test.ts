import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from '../support/app.ts';

interface Processes {
  items: { pid: number; name: string; cpuPercent: number; residentBytes: number }[];
  total: number;
}

test('what uses the CPU now is told, not what used it since the machine was started', async () => {
  const app = await startApp();
  const busy = spawn(process.execPath, ['-e', 'for (;;);']);
  onTestFinished(() => void busy.kill('SIGKILL'));
  const { items } = await app.output<Processes>('machine_processes', { sortBy: 'cpu', limit: 200 });
  expect(items.find((item) => item.pid === busy.pid)?.cpuPercent).toBeGreaterThan(2);
});

test('the processes of this machine are listed, the largest first, this one among them', async () => {
  const app = await startApp();
  const { items, total } = await app.output<Processes>('machine_processes', { sortBy: 'memory', limit: 200 });
  expect(items.map((item) => item.pid)).toContain(process.pid);
  expect(items.map((item) => item.residentBytes)).toEqual(items.map((item) => item.residentBytes).toSorted((a, b) => b - a));
  expect(total).toBeGreaterThanOrEqual(items.length);
});

test('a name that nothing has finds nothing', async () => {
  const app = await startApp();
  expect((await app.output<Processes>('machine_processes', { name: 'no-such-program-here' })).items).toEqual([]);
});
