import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Caller } from '../../src/core/tool.ts';
import { owner, startApp, type TestApp, type TestAppOptions } from '../support/app.ts';
import { startEchoServer } from '../support/echo-server.ts';
import { onDisk } from '../support/on-disk.ts';

const client: Caller = { kind: 'mcp', name: 'client' };
const value = 'tok-4711-geheim';

const appWith = async (options?: TestAppOptions): Promise<TestApp> => {
  const app = await startApp(options);
  await app.call('vault_set', { name: 'token', value });
  return app;
};

describe('a secret in a request', () => {
  test('reaches the server, and comes back as a mark wherever the server puts it', async () => {
    const server = await startEchoServer(value);
    const app = await appWith({ env: { CLAW_HTTP_ALLOW: server.host } });
    const input = { url: `${server.url}/private`, headers: { authorization: { $secret: 'token', prefix: 'Bearer ' } } };
    for (const caller of [owner, client]) {
      const { output } = await app.gate.call(caller, 'http_request', input);
      expect(output).toMatchObject({ status: 200, body: expect.stringContaining('Bearer [REDACTED:claw]') as string });
    }
    await app.call('http_request', { url: server.url, method: 'POST', body: { $secret: 'token' } });
    expect(server.requests.at(-1)!.body).toBe(value);
    expect(onDisk(app.home)).not.toContain(value);
  });

  test('stays a reference in the records, and its use is one of them', async () => {
    const server = await startEchoServer();
    const app = await appWith({ env: { CLAW_HTTP_ALLOW: server.host } });
    const { callId } = await app.call('http_request', { url: server.url, headers: { 'x-key': { $secret: 'token' } } });
    const { items } = await app.output<{ items: { event: string; callId: string; detail: string }[] }>('audit_search', {
      tool: 'http_request',
    });
    expect(items.map(({ event }) => event)).toEqual(['ok', 'opened', 'started']);
    expect(items.every((row) => row.callId === callId)).toBe(true);
    expect(JSON.parse(items[1]!.detail)).toEqual({ secret: 'token', host: server.host });
    expect(items[2]!.detail).toContain('{"$secret":"token"}');
  });

  test('does not follow to another origin, as a header or as a body', async () => {
    const [first, second] = [await startEchoServer(), await startEchoServer()];
    const app = await appWith({ env: { CLAW_HTTP_ALLOW: `${first.host},${second.host}` } });
    const headers = { 'x-key': { $secret: 'token' }, 'x-plain': 'stays' };
    await app.call('http_request', { url: `${first.url}/redirect?307&${second.url}/end`, headers });
    expect(second.requests.at(-1)!.headers).toMatchObject({ 'x-plain': 'stays' });
    expect(second.requests.at(-1)!.headers).not.toHaveProperty('x-key');
    const body = { url: `${first.url}/redirect?307&${second.url}/end`, method: 'POST', body: { $secret: 'token' } };
    await expect(app.call('http_request', body)).rejects.toMatchObject({ code: 'denied' });
    await app.call('http_request', { ...body, url: `${first.url}/redirect?307&/end`, headers });
    expect(first.requests.at(-1)).toMatchObject({ path: '/end', body: value, headers: { 'x-key': value } });
    expect(second.requests.some((request) => JSON.stringify(request).includes(value))).toBe(false);
  });

  test('is not opened for a host or a tool that its rule does not name, nor for an address that may not be reached', async () => {
    const server = await startEchoServer();
    const app = await appWith({ env: { CLAW_HTTP_ALLOW: server.host } });
    const headers = { 'x-key': { $secret: 'token' } };
    await app.call('vault_set', { name: 'token', hosts: ['api.example.com'] });
    await expect(app.call('http_request', { url: server.url, headers })).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('api.example.com') as string,
    });
    await expect(app.call('shell_run', { command: ['env'], env: { TOKEN: { $secret: 'token' } } })).rejects.toMatchObject({
      code: 'denied',
    });
    await app.call('vault_set', { name: 'token', hosts: [] });
    await expect(app.call('http_request', { url: 'http://127.0.0.1:1/', headers })).rejects.toMatchObject({ code: 'denied' });
    await expect(app.output('audit_search', { event: 'opened' })).resolves.toEqual({ items: [] });
    expect(server.requests).toEqual([]);
  });

  test('that does not exist is not found, and what is no reference is refused', async () => {
    const app = await appWith();
    const call = (env: unknown): Promise<unknown> => app.call('shell_run', { command: ['env'], env });
    await expect(call({ A: { $secret: 'other' } })).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('vault_list') as string,
    });
    await expect(call({ A: { $secret: 'token', more: 1 } })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(call({ A: { secret: 'token' } })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(call({ A: 7 })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

test('a command gets a secret in its environment and on stdin, and its output has a mark in place of it', async () => {
  const app = await appWith();
  const seen: unknown[] = [];
  const { output } = await app.call(
    'shell_run',
    { script: 'printenv TOKEN; cat; env', env: { TOKEN: { $secret: 'token' } }, stdin: { $secret: 'token' } },
    { onProgress: (progress) => seen.push(progress) },
  );
  expect(output).toMatchObject({ ok: true, stdout: expect.stringMatching(/^\[REDACTED:claw\]\n\[REDACTED:claw\]/) as string });
  expect(JSON.stringify([output, seen])).not.toContain(value);
});

test('a run that opened a secret counts as one that touched private data', async () => {
  const app = await appWith();
  const runId = 'run_0test';
  await app.call('shell_run', { command: ['true'], env: { TOKEN: { $secret: 'token' } } }, { run: { id: runId, stepId: 's1' } });
  const taints: unknown[] = [];
  const look = defineTool({
    name: 'taint_look',
    title: 'Demo',
    description: 'For tests.',
    examples: [],
    risk: 'read',
    input: z.object({}),
    output: z.object({}),
    run: (ctx) => (taints.push(ctx.taint), {}),
  });
  await app[Symbol.asyncDispose]();
  const again = await startApp({ home: app.home, tools: [look] });
  await again.call('taint_look', {}, { run: { id: runId, stepId: 's2' } });
  expect(taints).toEqual([{ untrusted: false, private: true }]);
});

test('a value that stands in a file is not read back by a process that never used the secret', async () => {
  const first = await startApp();
  await first.call('vault_set', { name: 'canary', value: 'S3cr3t-Canary-Value-1234' });
  await first.call('shell_run', { command: ['tee', path.join(first.files, 'x.txt')], stdin: { $secret: 'canary' } });
  const second = await startApp({ home: first.home });
  expect((await second.call('file_read', { path: path.join(first.files, 'x.txt') })).output).toMatchObject({ text: '[REDACTED:claw]' });
  await first.call('vault_set', { name: 'later', value: 'Another-Value-5678' });
  await first.call('shell_run', { command: ['tee', path.join(first.files, 'y.txt')], stdin: { $secret: 'later' } });
  expect((await second.call('shell_run', { command: ['cat', path.join(first.files, 'y.txt')] })).output).toMatchObject({
    stdout: '[REDACTED:claw]',
  });
});
