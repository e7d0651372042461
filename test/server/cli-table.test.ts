import { expect, test } from 'vitest';
import { table } from '../../src/server/cli/render.ts';

const paint = (_style: unknown, text: string): string => text;
const items = [
  { id: 'job_1', name: 'disk', timezone: 'Europe/Berlin', misfire: 'once' },
  { id: 'job_22', name: 'mail', timezone: 'UTC', misfire: 'skip' },
];

test('a table shows the first columns that fit, and names the others', () => {
  expect(table(items, { paint, columns: 20 })).toBe(
    ['id      name', 'job_1   disk', 'job_22  mail', 'not shown: timezone, misfire (--json has them)'].join('\n'),
  );
});

test('a table in a pipe shows all columns', () => {
  expect(table(items, { paint, columns: Infinity }).split('\n')).toEqual([
    'id      name  timezone       misfire',
    'job_1   disk  Europe/Berlin  once',
    'job_22  mail  UTC            skip',
  ]);
});

test('the first column is shown however narrow the terminal is', () => {
  expect(table(items, { paint, columns: 3 }).split('\n')[1]).toBe('job_1');
});
