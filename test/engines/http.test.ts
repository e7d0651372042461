import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createAddressGuard } from '../../src/engines/http/address-guard.ts';
import { startApp } from '../support/app.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([
  '127.0.0.1',
  'localhost',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '[::1]',
  '[::]',
  '[fe80::1]',
  '[fd00::1]',
  '[::ffff:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '2130706433',
  '0x7f000001',
  '017700000001',
  '127.1',
])('%s is not reached unless the owner allowed it', async (host) => {
  const { call } = await startApp();
  await expect(call('http_request', { url: `http://${host}:9/` })).rejects.toMatchObject({ code: 'denied' });
});

test('a port that is allowed does not open its neighbours', async () => {
  const guard = createAddressGuard(['127.0.0.1:8080']);
  await expect(guard.resolve('127.0.0.1', 8080)).resolves.toMatchObject([{ address: '127.0.0.1' }]);
  await expect(guard.resolve('127.0.0.1', 8081)).rejects.toMatchObject({ code: 'denied' });
});

test('a redirect to a private address is not followed', async () => {
  const host = await serve((_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/admin' }).end());
  const { call } = await startApp({ env: { CLAW_HTTP_ALLOW: host } });
  await expect(call('http_request', { url: `http://${host}/` })).rejects.toMatchObject({ code: 'denied' });
});

test('credentials do not follow to another origin', async () => {
  let seen: string | undefined = 'none';
  const other = await serve((request, response) => {
    seen = request.headers.authorization;
    response.end('ok');
  });
  const first = await serve((_request, response) => response.writeHead(307, { location: `http://${other}/` }).end());
  const { call } = await startApp({ env: { CLAW_HTTP_ALLOW: `${first},${other}` } });
  await call('http_request', { url: `http://${first}/`, headers: { Authorization: 'Bearer abc' } });
  expect(seen).toBeUndefined();
});

test('an endless answer is cut, and cannot be saved as if it were whole', async () => {
  const host = await serve((_request, response) => {
    response.setHeader('content-type', 'text/plain');
    const timer = setInterval(() => response.write('x'.repeat(100_000)), 1);
    response.on('close', () => clearInterval(timer));
  });
  const { output, files } = await startApp({ env: { CLAW_HTTP_ALLOW: host } });
  expect(await output('http_request', { url: `http://${host}/` })).toMatchObject({ truncated: true, bytes: 1_048_576 });
  const result = await output('intake_run', { request: `fetch http://${host}/ and save it to ${files}/a.txt` });
  expect(result).toMatchObject({ status: 'failed', verified: 1, total: 2 });
});

test('a server that says nothing is given up at the deadline', async () => {
  const host = await serve(() => {});
  const { call } = await startApp({ env: { CLAW_HTTP_ALLOW: host } });
  await expect(call('http_request', { url: `http://${host}/`, timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
});

test.each([
  ['deny', 'GET'],
  ['ask', 'GET'],
  ['deny', 'POST'],
])('a redirect to a host for which the policy says %s is not followed (%s)', async (then, method) => {
  let reached = 0;
  const target = await serve((_request, response) => ((reached += 1), response.end('reached')));
  const port = target.split(':')[1]!;
  const from = await serve((request, response) =>
    request.url === '/here'
      ? response.end('here')
      : response.writeHead(307, { location: request.url === '/' ? `http://localhost.:${port}/x` : '/here' }).end(),
  );
  const app = await startApp({ env: { CLAW_HTTP_ALLOW: `${from},localhost:${port},127.0.0.1:${port}` } });
  writeFileSync(path.join(app.home, 'policy.yaml'), `rules: [{ then: ${then}, tool: http_request, host: localhost }]`, { mode: 0o600 });
  await expect(app.call('http_request', { url: `http://${from}/`, method })).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining(`policy says ${then}`) as string,
  });
  expect(reached).toBe(0);
  await expect(app.output('http_request', { url: `http://${from}/on`, method })).resolves.toMatchObject({ body: 'here', redirects: 1 });
});
