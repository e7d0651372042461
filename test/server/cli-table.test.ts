import { expect, test } from 'vitest';
import type { CallResult } from '../../src/gate/gate-types.ts';
import { render, table } from '../../src/server/cli/render.ts';
import type { Terminal } from '../../src/server/cli/terminal.ts';

const paint = (_style: unknown, text: string): string => text;
const terminal = { paint, columns: Infinity } as Terminal;
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

test('a notice stands under the list, and what has a text of its own is shown as that', () => {
  const shown = (output: object, summary?: string): string => render({ tool: 'memory_recall', output, summary } as CallResult, terminal);
  expect(shown({ items: [], notice: 'Searched by words only: …' })).toBe('none\nSearched by words only: …');
  expect(shown({ text: 'What is remembered', items: [{ id: 'mem_1' }] }, 'What is remembered')).toBe('What is remembered');
});
