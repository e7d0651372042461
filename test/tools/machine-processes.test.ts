import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';

interface Processes {
  items: { pid: number; name: string; residentBytes: number }[];
  total: number;
}

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
