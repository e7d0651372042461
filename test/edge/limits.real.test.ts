import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../../src/core/clock.ts';
import { defineTool } from '../../src/core/tool.ts';
import { gate } from '../durable/gates.ts';
import { rawHttp, requestText, type RawAnswer } from './raw-http.ts';
import { serveHere, type ServedHere } from './serve-here.ts';

const errorOf = ({ body }: Pick<RawAnswer, 'body'>): { code: string; message: string; hint: string } =>
  (JSON.parse(body) as { error: { code: string; message: string; hint: string } }).error;

const typed = {
  code: expect.any(String) as string,
  message: expect.stringMatching(/\w/) as string,
  hint: expect.stringMatching(/\w/) as string,
};

const post = ({ port, token }: ServedHere, path: string, { body = '{}', as = token } = {}): Promise<RawAnswer> =>
  rawHttp(port, requestText({ method: 'POST', path, headers: { Host: 'localhost', Authorization: `Bearer ${as}` }, body }));

test('a client that drips the head of its request is cut off with 408', async () => {
  const server = await serveHere({ limits: { headMs: 300, requestMs: 600 } });
  const dripped = rawHttp(server.port, 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  expect([(await dripped).status, errorOf(await dripped)]).toEqual([408, { ...typed, code: 'timeout' }]);
});

test('a client that drips the body of its request is cut off with 408, and others are served meanwhile', async () => {
  const server = await serveHere({ limits: { headMs: 300, requestMs: 600 } });
  const head = `POST /api/tools/status_show HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\nContent-Length: 100\r\n\r\n{`;
  const dripped = rawHttp(server.port, head);
  expect((await post(server, '/api/tools/status_show')).status).toBe(200);
  expect([(await dripped).status, errorOf(await dripped).code]).toEqual([408, 'timeout']);
});

test('an idle connection is closed, and one that was never used too', async () => {
  const { port } = await serveHere({ limits: { headMs: 300, requestMs: 600, keepAliveMs: 100 } });
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.resume().once('close', resolve));
  const used = rawHttp(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 8_000);
  expect((await used).status).toBe(200);
});

test('a head over the limit is 431, and bytes that are no HTTP are 400, both in our shape', async () => {
  const { port } = await serveHere();
  const long = await rawHttp(port, requestText({ path: '/healthz', headers: { Host: 'localhost', 'X-Long': 'x'.repeat(40_000) } }));
  expect([long.status, errorOf(long)]).toEqual([431, { ...typed, code: 'too_large' }]);
  const noise = await rawHttp(port, '\u0016\u0003\u0001 this is no http\r\n\r\n');
  expect([noise.status, errorOf(noise)]).toEqual([400, { ...typed, code: 'invalid_input' }]);
});

test('a body over the limit is 413 whether its length is said or not', async () => {
  const server = await serveHere();
  const said = await post(server, '/api/tools/status_show', { body: 'x'.repeat(4 * 1_048_576 + 1) });
  expect([said.status, errorOf(said)]).toEqual([413, { ...typed, code: 'too_large' }]);
  const pieces = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(1_048_576).fill(32)) });
  const headers = { Authorization: `Bearer ${server.token}` };
  const unsaid = fetch(`${server.url}/api/tools/status_show`, { method: 'POST', headers, body: pieces, duplex: 'half' });
  // A client that goes on sending may find the connection closed before it has read the answer.
  expect(await unsaid.then(({ status }) => status).catch(() => 413)).toBe(413);
});

test('more requests at once than are taken are 503 with a time to try again, and the next one is served', async () => {
  const door = gate();
  const slow = defineTool({
    name: 'slow_read',
    title: 'Slow',
    description: 'Waits for a door.',
    risk: 'read',
    examples: [],
    input: z.object({}),
    output: z.object({}),
    run: async () => (await door.wait(), {}),
  });
  const server = await serveHere({ limits: { requests: 2 }, tools: [slow] });
  const [first, second] = [post(server, '/api/tools/slow_read'), post(server, '/api/tools/slow_read')];
  let third: RawAnswer;
  do third = await post(server, '/api/tools/none');
  while (third.status === 404);
  expect([third.status, errorOf(third), third.headers['retry-after']]).toEqual([503, { ...typed, code: 'unavailable' }, '1']);
  expect((await rawHttp(server.port, requestText({ path: '/healthz', headers: { Host: 'localhost' } }))).status).toBe(200);
  door.open();
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
  expect((await post(server, '/api/tools/slow_read')).status).toBe(200);
});

test('streams that are held open have a limit of their own', async () => {
  const server = await serveHere({ limits: { streams: 2 } });
  const headers = { Authorization: `Bearer ${server.token}` };
  const over = new AbortController();
  for (let open = 0; open < 2; open += 1) expect((await fetch(`${server.url}/sse`, { headers, signal: over.signal })).status).toBe(200);
  const third = await fetch(`${server.url}/sse`, { headers });
  expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1']);
  over.abort();
});

test('after ten wrong tokens in a minute an address waits with the eleventh; the right one is let in all the same', async () => {
  const clock = manualClock();
  const server = await serveHere({ clock });
  const guess = (): Promise<RawAnswer> => post(server, '/api/tools/status_show', { as: 'A'.repeat(43) });
  for (let count = 0; count < 10; count += 1) expect((await guess()).status).toBe(401);
  clock.advance(12_000);
  const eleventh = await guess();
  expect([eleventh.status, errorOf(eleventh), eleventh.headers['retry-after']]).toEqual([429, { ...typed, code: 'unavailable' }, '48']);
  expect((await post(server, '/api/tools/status_show')).status).toBe(200);
  clock.advance(48_000);
  expect((await guess()).status).toBe(401);
});

test('a clock that jumps back does not lengthen the wait of an address', async () => {
  const clock = manualClock();
  const server = await serveHere({ clock, limits: { wrongTokens: 1 } });
  const guess = (): Promise<RawAnswer> => post(server, '/api/tools/status_show', { as: 'A'.repeat(43) });
  await guess();
  expect((await guess()).status).toBe(429);
  clock.advance(-3_600_000);
  expect((await guess()).status).toBe(401);
});
