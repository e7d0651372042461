import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { claw, startServe, type Served } from '../support/processes.ts';
import { startApp } from '../support/app.ts';
import { initialize } from './line-client.ts';
import { openSse } from './sse-client.ts';

const tokenOf = ({ home }: { home: string }, file = 'token'): string => readFileSync(path.join(home, file), 'utf8').trim();
const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });

async function statusWith(server: Served, token: string): Promise<number> {
  const response = await fetch(`${server.url}/api/tools/status_show`, { method: 'POST', headers: bearer(token), body: '{}' });
  return response.status;
}

const mcp = (server: Served, token: string, body: string, session?: string): Promise<Response> =>
  fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: {
      ...bearer(token),
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...(session !== undefined && { 'mcp-session-id': session }),
    },
    body,
  });

test.each([
  ['through the daemon', []],
  ['past the daemon, by another process', ['--no-daemon']],
])('a rotation %s counts from the next request on, and ends the sessions of the old token', async (_how, more) => {
  await using server = await startServe();
  const [old, oldOwners] = [tokenOf(server), tokenOf(server, 'owner-token')];
  const session = (await mcp(server, old, initialize(1).trim())).headers.get('mcp-session-id')!;
  await using stream = await openSse(server.url, bearer(old));
  const rotated = await claw(['token', 'rotate', '--json', ...more], { home: server.home });
  expect([rotated.code, JSON.parse(rotated.stdout)]).toMatchObject([0, { files: ['token', 'owner-token'] }]);
  const fresh = tokenOf(server);
  expect(fresh).not.toBe(old);
  expect(await statusWith(server, old)).toBe(401);
  expect(await statusWith(server, fresh)).toBe(200);
  expect(await statusWith(server, oldOwners)).toBe(401);
  expect(await statusWith(server, tokenOf(server, 'owner-token'))).toBe(200);
  const gone = await mcp(server, fresh, '{"jsonrpc":"2.0","id":2,"method":"ping"}', session);
  expect([gone.status, await gone.json()]).toMatchObject([404, { id: 2 }]);
  await stream.ended;
});

test('the value is in the file and nowhere else: not in the answer, the audit or the logs', async () => {
  const app = await startApp();
  const before = app.token.current();
  const ownersBefore = app.ownerToken.current();
  const { callId } = await app.call('token_rotate');
  const shown = JSON.stringify([await app.output('audit_show', { seq: 2 }), await app.output('audit_tail', {}), callId]);
  expect(app.token.current()).not.toBe(before);
  expect(shown).not.toContain(app.token.current());
  for (const value of [before, ownersBefore, app.ownerToken.current()]) expect(shown).not.toContain(value);
  expect(app.ownerToken.current()).not.toBe(ownersBefore);
  expect(statSync(path.join(app.home, 'token')).mode & 0o777).toBe(0o600);
});

test('only the owner may rotate it', async () => {
  const app = await startApp();
  await expect(app.gate.call({ kind: 'mcp' }, 'token_rotate', {})).rejects.toMatchObject({ code: 'denied' });
  await expect(app.gate.call({ kind: 'agent' }, 'token_rotate', {})).rejects.toMatchObject({ code: 'denied' });
});

test('a rotation is checked by looking at the file again', async () => {
  const app = await startApp();
  const { output, callId } = await app.call('token_rotate');
  const evidence = await app.gate.verify({ kind: 'owner' }, { tool: 'token_rotate', input: {}, output, callId });
  expect(evidence.map(({ ok }) => ok)).toEqual([true, true, true, true]);
});

test('a token file that others can read, or that holds no token, lets nobody in; a rotation mends it', async () => {
  await using server = await startServe();
  const file = path.join(server.home, 'token');
  const token = tokenOf(server);
  chmodSync(file, 0o644);
  expect(await statusWith(server, token)).toBe(503);
  chmodSync(file, 0o600);
  expect(await statusWith(server, token)).toBe(200);
  writeFileSync(file, 'x');
  const broken = await fetch(`${server.url}/api/tools/status_show`, { method: 'POST', headers: bearer('x'), body: '{}' });
  expect([broken.status, await broken.json()]).toMatchObject([
    503,
    { error: { code: 'bad_config', hint: expect.stringContaining('claw token rotate') as string } },
  ]);
  expect((await claw(['token', 'rotate'], { home: server.home })).code).toBe(0);
  expect(await statusWith(server, tokenOf(server))).toBe(200);
  rmSync(file);
  expect(await statusWith(server, token)).toBe(401);
  expect(await statusWith(server, tokenOf(server))).toBe(200);
});

test("one of the two can be replaced alone: the owner's leaves the clients' sessions be", async () => {
  await using server = await startServe();
  const [clients, owners] = [tokenOf(server), tokenOf(server, 'owner-token')];
  const session = (await mcp(server, clients, initialize(1).trim())).headers.get('mcp-session-id')!;
  expect((await claw(['token', 'rotate', '--which', 'owner'], { home: server.home })).code).toBe(0);
  expect([await statusWith(server, owners), await statusWith(server, clients)]).toEqual([401, 200]);
  expect((await mcp(server, clients, '{"jsonrpc":"2.0","id":2,"method":"ping"}', session)).status).toBe(200);
});
