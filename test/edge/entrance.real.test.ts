import { expect, test } from 'vitest';
import type { Tool } from '../../src/core/tool.ts';
import { tools } from '../../src/tools/index.ts';
import { rawHttp, requestText, type RawRequest } from './raw-http.ts';
import { serveHere } from './serve-here.ts';

type Cell = { status: number; request: RawRequest; why: string };

/** Whom it is addressed to, and whether that is this server. */
const hosts: [string | string[] | undefined, boolean][] = [
  ['127.0.0.1:PORT', true],
  ['localhost', true],
  ['LOCALHOST:1', true],
  ['[::1]:PORT', true],
  ['evil.example', false],
  ['127.0.0.1.nip.io:PORT', false],
  ['localhost.evil.example', false],
  ['localhost.', false],
  ['0.0.0.0:PORT', false],
  ['169.254.169.254', false],
  ['user@localhost', false],
  ['', false],
  [['localhost', 'evil.example'], false],
];
/** Which page sent it, if one did. */
const origins: [string | undefined, boolean][] = [
  [undefined, true],
  ['http://127.0.0.1:PORT', true],
  ['https://localhost', true],
  ['null', false],
  ['http://evil.example', false],
  ['http://localhost.evil.example', false],
  ['http://127.0.0.1.nip.io', false],
  ['file://', false],
  ['chrome-extension://localhost.abc', false],
  ['javascript:0', false],
];
/** What it shows to be let in. */
const tokens: [string, string | undefined, boolean | 'owner'][] = [
  ['the token', 'Bearer TOKEN', true],
  ['the token, scheme in small letters', 'bearer TOKEN', true],
  ["the owner's token", 'Bearer OWNER', 'owner'],
  ["all but the last letter of the owner's", 'Bearer OWNCUT', false],
  ['both, one after the other', 'Bearer TOKENOWNER', false],
  ['none', undefined, false],
  ['nothing after Bearer', 'Bearer ', false],
  ['a wrong one', `Bearer ${'A'.repeat(43)}`, false],
  ['all but the last letter', 'Bearer CUT', false],
  ['one letter more', 'Bearer TOKENx', false],
  ['another scheme', 'Basic TOKEN', false],
  ['two at once', 'Bearer TOKEN, Bearer TOKEN', false],
];
const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
const json = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
/** What is served, by method, to whoever is let in: 400 is /mcp that wants a session first. */
const routes: [string, string, number][] = [
  ['GET', '/healthz', 200],
  ['POST', '/healthz', 405],
  ['POST', '/mcp', 400],
  ['GET', '/mcp', 400],
  ['DELETE', '/mcp', 400],
  ['PUT', '/mcp', 405],
  ['HEAD', '/sse', 405],
  ['POST', '/sse', 405],
  ['POST', '/messages?sessionId=none', 404],
  ['GET', '/messages', 405],
  ['POST', '/api/tools/status_show', 200],
  ['GET', '/api/tools/status_show', 405],
  ['POST', '/api/tools/none', 404],
  ['OPTIONS', '/mcp', 405],
  ['TRACE', '/mcp', 405],
  ['GET', '/metrics', 200],
  ['POST', '/api/tools/token_rotate?owners', 200],
  ['POST', '/mcp?t=TOKEN', 400],
  ['GET', '/healthz?next=OWNER', 400],
  ['GET', '/api/tools/TOKEN', 400],
  ['GET', '/', 404],
  ['GET', '/token', 404],
  ['GET', '/../token', 404],
  ['GET', '//healthz', 404],
  ['GET', '/healthz/', 404],
];

/** Where a model may sit at the other end. */
const isForClients = (path: string): boolean => /^\/(mcp|sse|messages)(\?|$)/.test(path);

function matrix(port: number, { token, ownerToken }: Record<'token' | 'ownerToken', string>): Cell[] {
  const cells: Cell[] = [];
  const fill = (text: string): string =>
    text
      .replace('PORT', String(port))
      .replaceAll('TOKEN', token)
      .replaceAll('OWNCUT', ownerToken.slice(0, -1))
      .replaceAll('OWNER', ownerToken)
      .replace('CUT', token.slice(0, -1));
  const add = (of: {
    host: (typeof hosts)[number];
    origin: (typeof origins)[number];
    token: (typeof tokens)[number];
    route: (typeof routes)[number];
  }): void => {
    const [[host, isOurs], [origin, isOwnPage], [which, shown, isRight], [method, path, status]] = [of.host, of.origin, of.token, of.route];
    const expected = expectedOf({ isOurs: isOurs && isOwnPage, path, isRight, status });
    const headers = {
      Host: host === undefined ? undefined : [host].flat().map(fill),
      Origin: origin && fill(origin),
      Authorization: shown && fill(shown),
      ...(method === 'POST' && json),
    };
    const body = method === 'POST' ? (isForClients(path) ? call : '{}') : undefined;
    cells.push({
      status: expected,
      request: { method, path: fill(path), headers, body },
      why: `${method} ${path} to ${String(host)} from ${origin} with ${which}`,
    });
  };
  const [host, origin, right] = [hosts[0]!, origins[0]!, tokens[0]!];
  for (const route of routes) for (const one of tokens) add({ host, origin, token: one, route });
  const open = routes.filter(([method, path]) =>
    ['GET /healthz', 'POST /api/tools/status_show', 'POST /api/tools/token_rotate?owners', 'POST /mcp'].includes(`${method} ${path}`),
  );
  for (const route of open)
    for (const one of hosts) for (const page of origins.slice(0, 5)) add({ host: one, origin: page, token: right, route });
  for (const route of open)
    for (const page of origins) for (const one of tokens.slice(0, 6)) add({ host, origin: page, token: one, route });
  return cells;
}

interface Shown {
  isOurs: boolean;
  path: string;
  isRight: boolean | 'owner';
  status: number;
}

function expectedOf({ isOurs, path, isRight, status }: Shown): number {
  if (!isOurs) return 403;
  if (/TOKEN|OWNER/.test(path)) return 400;
  if (path === '/healthz') return status;
  if (isRight === false) return 401;
  if (isRight === 'owner' && isForClients(path)) return 403;
  return path.endsWith('?owners') && isRight !== 'owner' ? 403 : status;
}

test('of every Host, Origin, token, method and path, only the allowed ones come in', async () => {
  // A rotation that comes through would change what the next cells show.
  const harmless: Tool = { ...tools.find(({ name }) => name === 'token_rotate')!, run: () => ({ rotatedAt: 'never', files: [] }) };
  const here = await serveHere({
    limits: { wrongTokens: 10_000 },
    tools: [...tools.filter(({ name }) => name !== 'token_rotate'), harmless],
  });
  const { port } = here;
  const cells = matrix(port, here);
  const wrong: string[] = [];
  for (const { status, request, why } of cells) {
    const answer = await rawHttp(port, requestText(request));
    // Node itself refuses a request with no usable Host, or with a Host that is no host.
    const isRefusedEarlier = status === 403 && answer.status === 400;
    if (answer.status !== status && !isRefusedEarlier) wrong.push(`${why}: ${answer.status} instead of ${status}`);
  }
  expect(wrong).toEqual([]);
  expect(cells.length).toBeGreaterThanOrEqual(200);
  console.log(
    `${cells.length} cells of Host × Origin × token × method × path, ${cells.filter(({ status }) => status < 400).length} allowed`,
  );
});

test('a request for another server, written out in full, is refused though its Host is ours', async () => {
  const { port, token } = await serveHere();
  const headers = { Host: 'localhost', Authorization: `Bearer ${token}` };
  expect((await rawHttp(port, requestText({ path: 'http://evil.example/healthz', headers }))).status).toBe(403);
});

test.each(['token', 'TOKEN', 'access_token', 'api_key', 'authorization'])(
  'a %s in the URL is refused, with the way it is done',
  async (name) => {
    const { port, token } = await serveHere();
    for (const headers of [{ Host: 'localhost' }, { Host: 'localhost', Authorization: `Bearer ${token}` }]) {
      const answer = await rawHttp(
        port,
        requestText({ method: 'POST', path: `/api/tools/status_show?${name}=${token}`, headers, body: '{}' }),
      );
      expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
        400,
        { error: { code: 'invalid_input', hint: expect.stringMatching(/header.*claw token rotate/) as string } },
      ]);
      expect(answer.body).not.toContain(token);
    }
  },
);

test.each([
  ['t', 'the token'],
  ['next', 'the token of the owner'],
  ['x', 'one that was replaced'],
])('a value of ?%s= that is %s is refused as well, and not repeated', async (name, which) => {
  const { port, token, ownerToken } = await serveHere();
  const value = { 'the token': token, 'the token of the owner': ownerToken }[which] ?? 'A'.repeat(43);
  for (const path of [`/mcp?${name}=${value}`, `/mcp?${name}=Bearer%20${value}`, `/hooks/${value}`, `/healthz?a=1&${value}`]) {
    const answer = await rawHttp(port, requestText({ path, headers: { Host: 'localhost' } }));
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      400,
      { error: { message: expect.stringContaining('no place in a URL') as string } },
    ]);
    expect(answer.body).not.toContain(value);
  }
});

test('on every address of the machine it answers to the one that was called and to the names that were allowed, and to no other', async () => {
  const { port, token } = await serveHere({ host: '0.0.0.0', allowedHosts: ['nas.lan'] });
  const status = async (host: string, origin?: string): Promise<number> => {
    const headers = { Host: host, Authorization: `Bearer ${token}`, ...(origin !== undefined && { Origin: origin }) };
    return (await rawHttp(port, requestText({ method: 'POST', path: '/api/tools/status_show', headers, body: '{}' }), 5_000, '127.0.0.9'))
      .status;
  };
  expect(await status(`127.0.0.9:${port}`)).toBe(200);
  expect(await status(`NAS.lan:${port}`, 'http://nas.lan')).toBe(200);
  expect(await status('localhost')).toBe(200);
  expect(await status('127.0.0.8')).toBe(403);
  expect(await status('0.0.0.0')).toBe(403);
  expect(await status('evil.example')).toBe(403);
  expect(await status('nas.lan.evil.example')).toBe(403);
  expect(await status('127.0.0.9', 'http://127.0.0.8')).toBe(403);
});
