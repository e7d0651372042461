import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root, startServe, type Served } from '../support/processes.ts';
import { leaksIn } from './leaks.ts';
import { initialize } from './line-client.ts';
import { rawHttp, requestText } from './raw-http.ts';

let server: Served;
beforeAll(async () => {
  server = await startServe(undefined, { env: { CLAW_LOG: 'error' } });
});
afterAll(() => server[Symbol.asyncDispose]());

const bearer = (): string => `Bearer ${readFileSync(path.join(server.home, 'token'), 'utf8').trim()}`;

function leaks(text: string): string[] {
  return leaksIn(text, [server.home, root, process.execPath]);
}

async function api(tool: string, input: unknown): Promise<string> {
  const response = await fetch(`${server.url}/api/tools/${tool}`, {
    method: 'POST',
    headers: { Authorization: bearer() },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  });
  return response.text();
}

async function mcp(message: object | string): Promise<string> {
  const headers = { Authorization: bearer(), 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const opened = await fetch(`${server.url}/mcp`, { method: 'POST', headers, body: initialize(1).trim() });
  await opened.text();
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id')! };
  const body = typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', id: 2, ...message });
  return (await fetch(`${server.url}/mcp`, { method: 'POST', headers: { ...headers, ...session }, body })).text();
}

const call = (name: string, input: unknown): object => ({ method: 'tools/call', params: { name, arguments: input } });

/** Ways to make it fail: of the caller's making, of the tools', of the files beneath. */
const failures: Record<string, () => Promise<string>> = {
  'an unknown path': async () => (await fetch(`${server.url}/nothing`, { headers: { Authorization: bearer() } })).text(),
  'no token': async () => (await fetch(`${server.url}/mcp`)).text(),
  'a foreign host': async () => (await rawHttp(Number(new URL(server.url).port), requestText({ headers: { Host: 'evil.example' } }))).body,
  'no HTTP': async () => (await rawHttp(Number(new URL(server.url).port), 'nothing\r\n\r\n')).body,
  'a path that cannot be decoded': async () =>
    (await fetch(`${server.url}/api/tools/%ff%fe`, { method: 'POST', headers: { Authorization: bearer() } })).text(),
  'broken JSON': () => api('status_show', '{'),
  'an unknown tool': () => api('none', {}),
  'input that does not fit': () => api('memory_recall', { query: 7, more: [] }),
  "claw's own files": () => api('file_read', { path: path.basename(server.home) + '/token' }),
  'a file that is not there': () => api('file_read', { path: 'none.txt' }),
  'a program that is not there': () => api('shell_run', { command: ['/no/such/program'] }),
  'a command that is not allowed': () => api('shell_run', { command: ['rm', '-rf', '/'] }),
  'an address that may not be reached': () => api('http_request', { url: 'http://127.0.0.1:1/' }),
  'a run that is not there': () => api('run_show', { id: 'run_0' }),
  'an undo of nothing': () => api('run_undo', { id: 'run_0' }),
  'an approval that is not there': () => api('approval_answer', { id: 'apr_0', answer: 'approve' }),
  'a call that asks': () => api('file_delete', { path: 'none.txt' }),
  'no JSON-RPC': () => mcp('{"jsonrpc":'),
  'an unknown method': () => mcp({ method: 'none' }),
  'wrong params': () => mcp({ method: 'resources/read', params: { uri: 7 } }),
  'a resource that is not there': () => mcp({ method: 'resources/read', params: { uri: 'claw://runs/none' } }),
  'a prompt that is not there': () => mcp({ method: 'prompts/get', params: { name: 'none' } }),
  'a completion of nothing': () =>
    mcp({ method: 'completion/complete', params: { ref: { type: 'ref/resource', uri: 'x' }, argument: { name: 'a', value: 'b' } } }),
  'a tool that fails': () => mcp(call('shell_run', { command: ['/no/such/program'] })),
  'input of the wrong form': () => mcp(call('memory_recall', { qeury: 'x' })),
};

test.each(Object.entries(failures))('%s is told without a stack trace or the paths of this machine', async (_what, fail) => {
  const text = await fail();
  expect(leaks(text), text).toEqual([]);
});

test('damaged data is named to clients without saying where it lies', async () => {
  await using broken = await startServe();
  writeFileSync(path.join(broken.home, 'memory.db'), 'this is no database, but it is long enough to be looked at', { mode: 0o600 });
  const response = await fetch(`${broken.url}/api/tools/memory_list`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${readFileSync(path.join(broken.home, 'token'), 'utf8').trim()}` },
    body: '{}',
  });
  const text = await response.text();
  expect([response.status, JSON.parse(text)]).toMatchObject([
    503,
    { error: { code: 'bad_config', message: expect.stringContaining('CLAW_HOME/memory.db') as string } },
  ]);
  expect(leaksIn(text, [broken.home, root])).toEqual([]);
});
