import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { createSourceFile } from '../../../src/engines/sources/source-file.ts';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';

const made = (text: string) => {
  const file = path.join(temporaryFolder(), 'mcp.json');
  writeFileSync(file, text, { mode: 0o600 });
  return { file, read: createSourceFile({ file, log: silentLog }) };
};

test.each([
  ['{ "mcpServers": { "a": { "command": "x" } ', 'line 1, column 43'],
  ['{\n  "mcpServers": {\n    "a": { "comand": "x" }\n  }\n}', 'line 3, column 22: mcpServers.a.comand: Unrecognized key'],
  ['{\n  "mcpServers": {\n    "a": { "command": "x", "url": "http://y" }\n  }\n}', 'line 3, column 23: mcpServers.a.command: give either'],
  ['{\n  "mcpServers": { "a": { "url": "ftp://y" } }\n}', 'line 2, column 33: mcpServers.a.url: is an address'],
  ['{ "mcpServers": { "a": { "command": "x", "args": [1] } } }', 'mcpServers.a.args.0: Invalid input'],
  ['{ "mcpServers": { "a b": { "command": "x" } } }', 'mcpServers.a b: is letters, digits'],
  ['{ "mcpServers": { "a": { "command": "x" }, "a": { "command": "y" } } }', 'Map keys must be unique'],
  ['{ "mcpServers": { "a": { "command": "x", "env": { "K": { "secret": "n" } } } } }', 'mcpServers.a.env.K: is text of at most'],
  ['mcpServers:\n  a:\n    command: x\n', 'line 1, column 1'],
  ['{ "mcpServers": { "a": { "command": "x", "claw": { "tools": { "t": { "risk": "none" } } } } } }', 'mcpServers.a.claw.tools.t.risk'],
])('what is wrong in %j is named with its place', (text, told) => {
  const { file, read } = made(text);
  expect(read.current()).toEqual({});
  expect(read.error()).toContain(file);
  expect(read.error()).toContain(told);
});

test('a file that breaks leaves the last good one in force, and says so', () => {
  const { file, read } = made('{ "mcpServers": { "a": { "command": "x" } } }');
  expect(Object.keys(read.current())).toEqual(['a']);
  writeFileSync(file, '{ "mcpServers": ');
  expect(Object.keys(read.current())).toEqual(['a']);
  expect(read.error()).toContain('line 1');
  writeFileSync(file, '{}');
  expect([read.current(), read.error()]).toEqual([{}, undefined]);
});

test('a file that others may write is not believed', () => {
  const { file, read } = made('{ "mcpServers": { "a": { "command": "x" } } }');
  chmodSync(file, 0o666);
  expect(read.error()).toContain('can be written by other users');
});

test('a change keeps what else is in the file', () => {
  const { read } = made('{ "$schema": "./mcp.schema.json", "mcpServers": { "a": { "command": "x" } } }');
  expect(read.change('b', { url: 'http://127.0.0.1:1/' })).toBe(undefined);
  expect(read.current()).toEqual({ a: { command: 'x' }, b: { url: 'http://127.0.0.1:1/' } });
  expect(read.change('a', undefined)).toEqual({ command: 'x' });
  expect(Object.keys(read.current())).toEqual(['b']);
});

test('nothing is changed in a file that is broken', () => {
  const { read } = made('{ "mcpServers": { "a": { "comand": "x" } } }');
  expect(() => read.change('b', { command: 'y' })).toThrow('comand');
});

test('a broken mcp.json is told by source_list and stops nothing else', async () => {
  const app = await startApp();
  writeFileSync(app.paths.sources, '{ "mcpServers": 3 }', { mode: 0o600 });
  expect(await app.output('source_list')).toMatchObject({
    items: [],
    error: expect.stringContaining('mcpServers: Invalid input') as string,
  });
  expect((await app.output<{ warnings: string[] }>('status_show')).warnings.join()).toContain('the last good mcp.json stays in force');
});
