import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

interface Page {
  items: Record<string, unknown>[];
  nextCursor?: string;
}

/** Follows the cursors to the end; every page must fit. */
async function everything(app: TestApp, { tool, input, limit }: { tool: string; input: object; limit: number }): Promise<Page['items']> {
  const items: Page['items'] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 1_000; pages += 1) {
    const page: Page = await app.output<Page>(tool, { ...input, limit, ...(cursor !== undefined && { cursor }) });
    expect(JSON.stringify(page).length).toBeLessThanOrEqual(10_000);
    items.push(...page.items);
    if (page.nextCursor === undefined) return items;
    cursor = page.nextCursor;
  }
  throw new Error('the cursors do not end');
}

const longText = (number: number): string => `note ${number} ${'x'.repeat(number % 7 === 0 ? 7_000 : 700)}`;

async function filled(): Promise<TestApp> {
  const app = await startApp();
  for (let number = 0; number < 60; number += 1) {
    await app.call('memory_remember', { text: longText(number) });
    await app.call('intake_run', { request: `write ${JSON.stringify(longText(number).slice(0, 900))} to ${app.files}/${number}.txt` });
    await app.call('file_delete', { path: path.join(app.files, `${number}.txt`) }).catch(() => undefined);
  }
  mkdirSync(path.join(app.files, 'many'));
  for (let number = 0; number < 300; number += 1) writeFileSync(path.join(app.files, 'many', `${'long-name-'.repeat(12)}${number}`), '');
  return app;
}

test('no listing loses an item on the way through its pages, however long the items are', async () => {
  const app = await filled();
  const expected: [string, object, number, string][] = [
    ['memory_list', {}, 60, 'id'],
    ['memory_recall', { query: 'note' }, 60, 'id'],
    ['run_list', {}, 60, 'id'],
    ['approval_list', {}, 60, 'id'],
    ['file_list', { path: `${app.files}/many` }, 300, 'path'],
  ];
  for (const [tool, input, count, key] of expected) {
    for (const limit of [7, 50, 200]) {
      const items = await everything(app, { tool, input, limit });
      expect(new Set(items.map((item) => item[key])).size, `${tool} by ${limit}`).toBe(count);
      expect(items, `${tool} by ${limit}`).toHaveLength(count);
    }
  }
  const rows = (await everything(app, { tool: 'audit_tail', input: {}, limit: 200 })).map(({ seq }) => Number(seq));
  expect(rows.every((seq, index) => index === 0 || seq === rows[index - 1]! - 1)).toBe(true);
  expect(rows.at(-1)).toBe(1);
}, 30_000);

test('tool_call pages as the tool itself does', async () => {
  const app = await startApp();
  for (let number = 0; number < 30; number += 1) await app.call('memory_remember', { text: longText(number) });
  const direct = await app.output<Page>('memory_list', { limit: 200 });
  const { output } = await app.output<{ output: Page }>('tool_call', { tool: 'memory_list', input: { limit: 200 } });
  expect(output.items).toHaveLength(direct.items.length);
  expect(output.nextCursor).toBe(direct.nextCursor);
});

test.each(['memory_list', 'run_list', 'approval_list', 'audit_tail', 'file_list', 'machine_processes'])(
  '%s takes a limit up to 200, 50 by itself, and refuses a cursor that is none of its own',
  async (tool) => {
    const { call } = await startApp();
    await expect(call(tool, { cursor: "' OR 1=1" })).rejects.toMatchObject({
      code: 'invalid_input',
      hint: expect.stringContaining('nextCursor'),
    });
    await expect(call(tool, { limit: 200 })).resolves.toBeDefined();
    await expect(call(tool, { limit: 201 })).rejects.toMatchObject({ code: 'invalid_input' });
  },
);
