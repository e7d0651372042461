import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { tools } from '../../src/tools/index.ts';
import { startApp } from '../support/app.ts';
import { connectLines } from '../support/mcp-lines.ts';
import { serveHere, type ServedHere } from './serve-here.ts';

interface Answer {
  status: number;
  body: Record<string, unknown> & { error?: { code: string; message: string; hint: string; approvalId?: string } };
}

async function api({ url }: ServedHere, token: string, tool: string, input: unknown = {}): Promise<Answer> {
  const request = { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify(input) };
  const response = await fetch(`${url}/api/tools/${tool}`, request);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const ownersTools = tools.filter(({ only }) => only !== undefined && !only.includes('mcp')).map(({ name }) => name);

test("the token of the clients does not carry the owner's word, whatever path it is shown on, and hears what does", async () => {
  const server = await serveHere();
  expect(ownersTools).toEqual(expect.arrayContaining(['approval_answer', 'vault_export', 'token_rotate', 'stop_release']));
  for (const tool of ownersTools) {
    const example = {
      approval_answer: { id: 'apr_1', answer: 'approve' },
      approval_revoke: { id: 'apr_1' },
      vault_export: { path: 'a.env' },
    };
    const { status, body } = await api(server, server.token, tool, example[tool as keyof typeof example]);
    if (body.error?.code === 'invalid_input') continue;
    expect([tool, status, body.error?.code, body.error?.hint]).toMatchObject([tool, 403, 'denied', expect.stringContaining('owner-token')]);
  }
});

test("what a client asks for over /api waits for the owner; the owner's token answers, and the client's call then goes through once", async () => {
  const server = await serveHere();
  writeFileSync(path.join(server.app.files, 'old.txt'), 'x');
  const call = { path: path.join(server.app.files, 'old.txt') };
  const asked = await api(server, server.token, 'file_delete', call);
  const id = asked.body.error!.approvalId!;
  expect([asked.status, asked.body.error?.code]).toEqual([403, 'approval_required']);
  expect((await api(server, server.token, 'approval_answer', { id, answer: 'approve' })).status).toBe(403);
  expect((await api(server, server.ownerToken, 'approval_answer', { id, answer: 'approve' })).status).toBe(200);
  expect((await api(server, server.token, 'file_delete', call)).status).toBe(200);
  expect(existsSync(call.path)).toBe(false);
});

test('a client over /api stands in the records as one, and does not hear where the data folder is; the owner does', async () => {
  const server = await serveHere();
  expect((await api(server, server.token, 'status_show')).body.home).toBe('CLAW_HOME');
  expect((await api(server, server.token, 'policy_show')).body.file).toBe('CLAW_HOME/policy.yaml');
  expect((await api(server, server.ownerToken, 'status_show')).body.home).toBe(server.app.home);
  const { items } = await server.app.output<{ items: { caller: string; tool: string }[] }>('audit_search', { tool: 'status_show' });
  expect(new Set(items.map(({ caller }) => caller))).toEqual(new Set(['mcp:http-api', 'owner']));
});

test.each(['/mcp', '/sse', '/messages?sessionId=1'])(
  "the owner's token is refused at %s, where a model sits at the other end",
  async (where) => {
    const server = await serveHere();
    const response = await fetch(server.url + where, {
      method: 'POST',
      headers: { Authorization: `Bearer ${server.ownerToken}` },
      body: '{}',
    });
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { error: { code: 'denied', hint: expect.stringContaining('claw token rotate') as string } },
    ]);
  },
);

test('a damaged file locks out those alone who need it', async () => {
  const server = await serveHere();
  writeFileSync(path.join(server.app.home, 'owner-token'), 'x');
  expect((await api(server, server.token, 'status_show')).status).toBe(200);
  expect((await api(server, server.ownerToken, 'status_show')).status).toBe(503);
});

test('nor does a client over MCP, in results, resources and questions', async () => {
  const app = await startApp();
  const client = connectLines(app, { toolsets: ['all'] });
  const answers = [
    await client.ask('tools/call', { name: 'status_show', arguments: {} }),
    await client.ask('tools/call', { name: 'policy_show', arguments: {} }),
    await client.ask('tools/call', { name: 'tool_call', arguments: { tool: 'status_show', input: {} } }),
    await client.ask('resources/read', { uri: 'claw://status' }),
  ];
  expect(answers.every(({ result }) => result !== undefined)).toBe(true);
  expect(JSON.stringify(answers)).not.toContain(app.home);
  expect(JSON.stringify(answers)).toContain('CLAW_HOME');
});
