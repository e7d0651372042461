import { expect, test } from 'vitest';
import { mark } from '../../src/core/redaction/mark.ts';
import { startApp } from '../support/app.ts';

const marked: [string, Record<string, unknown>][] = [
  ['vault_set', { name: 'gh', value: mark }],
  ['vault_set', { name: 'gh', value: `prefix ${mark} suffix` }],
  ['vault_rotate', { name: 'gh', value: mark }],
  ['memory_remember', { text: `the token is ${mark}` }],
  ['memory_remember', { text: 'a token', key: Buffer.from(`key ${mark}`).toString('base64') }],
  ['memory_remember', { text: 'a token', tags: [mark] }],
  ['cron_add', { schedule: '@daily', shell: ['echo', mark] }],
  ['cron_add', { schedule: '@daily', tool: 'memory_remember', input: { text: mark } }],
  ['cron_add', { schedule: '@daily', tool: 'http_request', input: { headers: { [mark]: 'x' }, url: 'http://a.example' } }],
  ['watcher_add', { path: 'in', script: `curl -H '${mark}' http://a.example` }],
  ['http_request', { method: 'POST', url: 'http://a.example/', body: JSON.stringify({ key: mark }) }],
  ['folder_create', { path: `in/${mark}` }],
  ['file_append', { path: 'a.txt', text: encodeURIComponent(mark) }],
];

test.each(marked)('%s does not take the mark in place of what it stands for: %j', async (tool, input) => {
  const app = await startApp();
  await app.call('vault_set', { name: 'gh', value: 'first-4711' });
  if (!app.gate.list({ kind: 'owner' }).some(({ name }) => name === tool)) return;
  await expect(app.call(tool, input)).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining('{"$secret":"name"}') as string,
  });
  await expect(app.call('tool_call', { tool, input })).rejects.toMatchObject({ code: 'denied' });
  expect(await app.output('memory_list', {})).toMatchObject({ items: [] });
});

test('what only looks for the mark, reads, or says on what was said may have it', async () => {
  const app = await startApp();
  await expect(app.call('memory_recall', { query: mark })).resolves.toBeDefined();
  await expect(app.call('file_edit', { path: 'none.txt', find: mark, replace: '' })).rejects.not.toMatchObject({ code: 'denied' });
  await expect(app.output('intake_run', { request: `remember that the key is ${mark}` })).resolves.toMatchObject({ status: 'failed' });
  expect(await app.output('memory_list', {})).toMatchObject({ items: [] });
});
