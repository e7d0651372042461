import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { finished, launcher, root } from '../support/processes.ts';

const reporter = pathToFileURL(path.join(root, 'test', 'support', 'report-modules.ts')).href;
const begin = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', reporter, launcher, ...args], {
    env: { PATH: process.env.PATH ?? '', CLAW_HOME: path.join(temporaryFolder(), 'home') },
  });

interface Loaded {
  /** Below src/. */
  own: string[];
  packages: string[];
}

async function loadedBy(child: ChildProcess, stdin?: string): Promise<Loaded> {
  const { stderr } = await finished(child, stdin);
  const { loaded } = JSON.parse(stderr.slice(stderr.indexOf('{"loaded"'))) as { loaded: string[] };
  const packages = loaded.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  const own = loaded.flatMap((url) => url.split(`${pathToFileURL(path.join(root, 'src')).href}/`)[1] ?? []);
  return { own, packages: [...new Set(packages)].toSorted() };
}

/**
 * Of engines only what has timers of its own, what dead processes have left, and the tables; of tools only what is known
 * of them: that is there before the first call.
 */
const early = /^engines\/(cron|token|watcher)\/|^engines\/files\/unfinished\.|-schema\.|^tools\/facts\./;
const late = ({ own }: Loaded): string[] => own.filter((file) => /^(agents|engines|memory|tools)\//.test(file) && !early.test(file));

const messages = [
  { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } } },
  { method: 'notifications/initialized' },
  { id: 2, method: 'tools/list' },
];

test('up to tools/list, claw mcp loads no tool, no engine without timers, and no library for either', async () => {
  const child = begin('mcp');
  let answers = '';
  child.stdout!.on('data', (text: Buffer) => {
    answers += text.toString();
    if (answers.includes('"id":2')) child.stdin!.end();
  });
  for (const message of messages) child.stdin!.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const loaded = await loadedBy(child);
  expect(answers).toContain('"name":"tool_search"');
  expect(loaded.own).toContain('server/mcp/mcp-server.ts');
  expect(late(loaded)).toEqual([]);
  expect(loaded.own.length).toBeLessThanOrEqual(150);
  expect(loaded.packages).toEqual(['@modelcontextprotocol/core', '@modelcontextprotocol/server', 'better-sqlite3', 'zod']);
});

test('nor does claw serve, until it is asked for something', async () => {
  const child = begin('serve', '--port', '0', '--json');
  child.stdout!.once('data', () => child.kill('SIGTERM'));
  const loaded = await loadedBy(child);
  expect(loaded.own).toContain('server/http/http-server.ts');
  expect(late(loaded)).toEqual([]);
  expect(loaded.packages.filter((name) => !name.startsWith('@modelcontextprotocol/'))).toEqual([
    '@hono/node-server',
    'better-sqlite3',
    'hono',
    'zod',
  ]);
});
