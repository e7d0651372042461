import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { claw, startServe } from '../support/processes.ts';

const newHome = (): string => path.join(temporaryFolder(), 'home');
const told = (stderr: string): { code: string; message: string; hint: string } =>
  JSON.parse(stderr) as { code: string; message: string; hint: string };

test.each(['claw.db', 'memory.db', 'audit.log', 'token'])(
  '%s that others can read is refused with the command that closes it',
  async (name) => {
    const home = newHome();
    await claw(['memory', 'remember', 'note', '--json'], { home });
    await claw(['token', 'rotate'], { home });
    const file = path.join(home, name);
    chmodSync(file, 0o640);
    const { code, stderr } = await claw(['memory', 'list', '--json'], { home });
    expect([code, told(stderr)]).toMatchObject([
      2,
      { code: 'bad_config', message: expect.stringContaining(file) as string, hint: `Close it with: chmod 600 ${file}` },
    ]);
    chmodSync(file, 0o600);
    expect((await claw(['memory', 'list', '--json'], { home })).code).toBe(0);
  },
);

test('a link to what others use is not to be closed but taken away', async () => {
  const home = newHome();
  await claw(['memory', 'list'], { home });
  rmSync(path.join(home, 'audit.log'), { force: true });
  symlinkSync('/dev/null', path.join(home, 'audit.log'));
  const { code, stderr } = await claw(['memory', 'list', '--json'], { home });
  expect([code, told(stderr).hint]).toEqual([2, `It is a link to something that is not claw's: rm ${path.join(home, 'audit.log')}`]);
});

test.each([
  ['a setting that is not there', 'CLAW_PRT=1', 'CLAW_PRT'],
  ['a setting of the wrong form', 'CLAW_PORT=many', 'CLAW_PORT'],
])('%s in .env is named with the file that has it', async (_what, line, name) => {
  const home = newHome();
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(path.join(home, '.env'), `${line}\n`);
  const { code, stderr } = await claw(['memory', 'list', '--json'], { home });
  expect([code, told(stderr).message]).toEqual([2, expect.stringContaining(`${name} (from ${path.join(home, '.env')})`)]);
});

test('a .env that is no file is named', async () => {
  const home = newHome();
  mkdirSync(path.join(home, '.env'), { recursive: true, mode: 0o700 });
  const { code, stderr } = await claw(['memory', 'list', '--json'], { home });
  expect([code, told(stderr)]).toMatchObject([
    2,
    { code: 'bad_config', message: expect.stringContaining(path.join(home, '.env')) as string },
  ]);
});

test('a data folder that is a file is named', async () => {
  const home = newHome();
  writeFileSync(home, '');
  const { code, stderr } = await claw(['memory', 'list', '--json'], { home });
  expect([code, told(stderr)]).toMatchObject([2, { code: 'bad_config', message: expect.stringContaining(home) as string }]);
});

test('a port that is taken is named with the next one, and leaves nothing behind', async () => {
  const home = newHome();
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await claw(['serve', '--port', String(port), '--json'], { home });
  expect([code, told(stderr)]).toMatchObject([
    1,
    { code: 'unavailable', message: `Port ${port} is taken.`, hint: expect.stringContaining(String(port + 1)) as string },
  ]);
  other.close();
  await using server = await startServe(['--port', '0'], { home });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test('a second daemon on the same data is refused, and the first serves on', async () => {
  await using server = await startServe();
  const second = await claw(['serve', '--port', '0', '--json'], { home: server.home });
  expect([second.code, told(second.stderr)]).toMatchObject([1, { code: 'conflict', hint: expect.stringMatching(/stop it/) as string }]);
  expect((await claw(['status', 'show', '--json'], { home: server.home })).code).toBe(0);
});

test.each(['a socket that nobody listens on', 'a plain file'])(
  '%s in the place of the socket does not keep a daemon from starting',
  async (what) => {
    const home = newHome();
    await claw(['memory', 'list'], { home });
    const place = path.join(home, 'claw.sock');
    if (what === 'a plain file') writeFileSync(place, '', { mode: 0o600 });
    else {
      const killed = await startServe(['--port', '0'], { home });
      killed.child.kill('SIGKILL');
      await new Promise((resolve) => killed.child.once('close', resolve));
      expect(existsSync(place)).toBe(true);
    }
    expect((await claw(['memory', 'list', '--json'], { home })).code).toBe(0);
    await using server = await startServe(['--port', '0'], { home });
    expect((await claw(['status', 'show', '--json'], { home: server.home })).stdout).toContain('"leader":true');
  },
);

test('a data folder that is deleted under a daemon: it takes no more writes, says so, lives, and starts afresh', async () => {
  const home = newHome();
  const server = await startServe(['--port', '0'], { home });
  const headers = { Authorization: `Bearer ${readFileSync(path.join(home, 'token'), 'utf8').trim()}` };
  const remember = (): Promise<Response> =>
    fetch(`${server.url}/api/tools/memory_remember`, { method: 'POST', headers, body: '{"text":"note"}' });
  expect((await remember()).status).toBe(200);
  const moved = `${home}-token`;
  writeFileSync(moved, readFileSync(path.join(home, 'token')));
  rmSync(home, { recursive: true });
  const refused = await remember();
  expect([refused.status, await refused.json()]).toMatchObject([
    503,
    { error: { code: expect.stringMatching(/unavailable/) as string, hint: expect.stringMatching(/data folder/) as string } },
  ]);
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(path.join(home, 'token'), readFileSync(moved), { mode: 0o600 });
  const still = await remember();
  expect([still.status, await still.json()]).toMatchObject([
    503,
    { error: { message: expect.stringContaining('CLAW_HOME/claw.db was deleted or replaced') as string } },
  ]);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  await server[Symbol.asyncDispose]();
  await using again = await startServe(['--port', '0'], { home });
  expect((await claw(['memory', 'list', '--json'], { home: again.home })).code).toBe(0);
});

test.each(['approval_rules', 'origins', 'vault', 'models'])(
  'data that a newer claw has written is refused at the start, whichever part wrote it: %s',
  async (part) => {
    const home = newHome();
    await claw(['memory', 'list'], { home });
    const db = new Database(path.join(home, 'claw.db'));
    db.prepare('UPDATE schema_version SET version = 99 WHERE part = ?').run(part);
    db.close();
    const { code, stderr } = await claw(['serve', '--port', '0', '--json'], { home });
    expect([code, told(stderr)]).toMatchObject([2, { code: 'bad_config', message: expect.stringContaining(`${part} 99`) as string }]);
  },
);
