import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claw, startServe, type Served } from '../support/processes.ts';
import { randomOf } from './random.ts';

let server: Served;
beforeAll(async () => {
  server = await startServe();
});
afterAll(() => server[Symbol.asyncDispose]());

const open = (): Socket => connect(path.join(server.home, 'claw.sock')).on('error', () => {});

/** What comes back to these lines, until the connection ends or as many lines have come. */
function said(lines: (string | Buffer)[], expected = Infinity): Promise<Record<string, unknown>[]> {
  const socket = open();
  let received = '';
  socket.on('data', (piece: Buffer) => {
    received += piece.toString('utf8');
    if (received.split('\n').length > expected) socket.destroy();
  });
  socket.once('connect', () => lines.forEach((line) => socket.write(Buffer.concat([Buffer.from(line), Buffer.from('\n')]))));
  return new Promise((resolve) =>
    socket.once('close', () =>
      resolve(
        received
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Record<string, unknown>),
      ),
    ),
  );
}

const owner = '{"mode":"owner"}';

test.each([
  '',
  'GET / HTTP/1.1',
  '{',
  '[]',
  'null',
  '{"mode":"root"}',
  '{"mode":7}',
  '{"mode":"mcp","toolsets":"all"}',
  'x'.repeat(20_000),
])('a connection that begins with %j is closed', async (first) => {
  expect(await said([first, '{"id":1,"method":"tools"}'])).toEqual([]);
});

test.each([
  ['no JSON', '{"id":1,', null],
  ['no object', '[1]', null],
  ['no method', '{"id":1}', 1],
  ['an unknown method', '{"id":2,"method":"toString"}', 2],
  ['a tool that is no name', '{"id":3,"method":"call","tool":{},"input":{}}', 3],
  ['an id that is none', '{"id":"4","method":"tools"}', null],
  ['a key that would change the object', '{"id":5,"method":"call","tool":"status_show","input":{"__proto__":{}}}', null],
  ['deep nesting', `{"id":6,"method":"call","tool":"status_show","input":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, null],
  ['half a character', '{"id":7,"method":"call","tool":"file_read","input":{"path":"\\ud800"}}', null],
  ['no tool of that name', '{"id":8,"method":"call","tool":"none_such","input":{}}', 8],
])('%s is answered with an error, and the next line is served', async (_what, line, id) => {
  const [first, second] = await said([owner, line, '{"id":99,"method":"call","tool":"memory_stats","input":{}}'], 2);
  const both = [first, second].toSorted((a) => (a?.result ? 1 : -1));
  expect(both).toMatchObject([
    { id, error: { code: expect.any(String) as string, hint: expect.stringMatching(/\w/) as string } },
    { id: 99, result: {} },
  ]);
});

test('noise of every kind neither ends the daemon nor keeps it from the next command', async () => {
  const random = randomOf(20_260_804);
  const alphabet = ['{', '}', '[', ']', '"', ':', ',', '\\', 'u', '0', 'id', 'method', 'call', '\n', '\u0000', '🙂', ' '];
  for (let round = 0; round < 200; round += 1) {
    const noise = Array.from({ length: random.below(60) }, () => random.pick(alphabet)).join('');
    const socket = open();
    socket.write(random.below(2) === 0 ? `${owner}\n${noise}\n` : `${noise}\n`);
    socket.end();
    await new Promise((resolve) => socket.resume().once('close', resolve));
  }
  expect((await claw(['memory', 'stats', '--json'], { home: server.home })).code).toBe(0);
  expect(server.child.exitCode).toBeNull();
});

test('a character that is cut between the greeting and what follows stays one character', async () => {
  const bytes = Buffer.from(`${owner}\n{"id":1,"method":"call","tool":"memory_remember","input":{"text":"the grass is grün"}}\n`);
  const middle = bytes.indexOf(0xc3) + 1;
  const socket = open();
  socket.write(bytes.subarray(0, middle));
  setTimeout(() => socket.write(bytes.subarray(middle)), 50);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  const { stdout } = await claw(['memory', 'recall', 'grass', '--json'], { home: server.home });
  expect((JSON.parse(stdout) as { items: { text: string }[] }).items.map(({ text }) => text)).toEqual(['the grass is grün']);
});

test('a bridge that cannot be served, because the token is damaged, is told why; the daemon lives and serves the next', async () => {
  const file = path.join(server.home, 'owner-token');
  const whole = readFileSync(file);
  writeFileSync(file, 'x');
  expect(await said(['{"mode":"mcp"}', '{"jsonrpc":"2.0","id":1,"method":"ping"}'])).toMatchObject([
    { refused: { code: 'bad_config', hint: expect.stringContaining('token rotate') as string } },
  ]);
  writeFileSync(file, whole);
  expect(await said(['{"mode":"mcp"}', '{"jsonrpc":"2.0","id":1,"method":"ping"}'], 1)).toMatchObject([{ id: 1, result: {} }]);
});
