import { expect, test } from 'vitest';
import { mayRepeat } from '../../src/core/tool.ts';
import { tools } from '../../src/tools/index.ts';

test.each<[string, Record<string, unknown>, boolean]>([
  ['file_read', { path: '/srv/a.txt' }, true],
  ['file_write', { path: '/srv/a.txt', text: 'x' }, false],
  ['http_request', { url: 'https://example.com' }, true],
  ['http_request', { url: 'https://example.com', method: 'POST', body: 'x' }, false],
  ['shell_run', { command: ['df', '-h'] }, true],
  ['shell_run', { command: ['rm', '/srv/a.txt'] }, false],
  ['run_stop', { id: 'run_1' }, true],
  ['tool_call', { tool: 'file_write', input: { path: '/srv/a.txt', text: 'x', mode: 'append' } }, false],
  ['http_request', { address: 'unfit' }, false],
])('whether a call that was cut off may be made again depends on what it does: %s %o', (name, input, expected) => {
  expect(
    mayRepeat(
      tools.find((tool) => tool.name === name)!,
      input,
    ),
  ).toBe(expected);
});
