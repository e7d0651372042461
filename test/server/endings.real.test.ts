import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { claw, finished, launcher, olderNode, root, startServe, type Finished } from '../support/processes.ts';

const newHome = (): string => path.join(temporaryFolder(), 'home');
/** Told apart from the sleeps of other tests by its length. */
const longSleep = (): string => `${600 + Math.random()}`;

interface Started {
  child: ChildProcess;
  end: Promise<Finished>;
  send(message: object): void;
}

function start(args: string[], { home, node = process.execPath }: { home: string; node?: string }): Started {
  const child = spawn(node, [launcher, ...args], {
    cwd: path.dirname(home),
    env: { PATH: process.env.PATH, HOME: path.dirname(home), CLAW_HOME: home },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const end = finished(child, undefined);
  return { child, end, send: (message) => child.stdin.write(`${JSON.stringify(message)}\n`) };
}

const isRunning = (words: string): boolean => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n').includes(words);

/** What a killed daemon leaves behind. */
function endAll(words: string): void {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim());
  for (const line of lines) if (line.endsWith(` ${words}`)) process.kill(Number(line.split(' ')[0]));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('It did not come about within 20 s.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const callOf = (id: number, name: string, args: object): object => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

async function mcpWithSleep(home: string, seconds: string): Promise<Started> {
  const mcp = start(['mcp', '--no-daemon'], { home });
  mcp.send(initialize);
  mcp.send(callOf(2, 'shell_run', { command: ['sleep', seconds], timeoutMs: 600_000 }));
  await until(() => isRunning(`sleep ${seconds}`));
  return mcp;
}

async function outcomes(home: string): Promise<string[]> {
  const { stdout } = await claw(['audit', 'tail', '--json', '--no-daemon'], { home });
  const { items } = JSON.parse(stdout) as { items: { tool: string; event: string }[] };
  return items.filter(({ tool }) => tool === 'shell_run').map(({ event }) => event);
}

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
] as const)('%s ends claw mcp and the command that it runs, which is on record', async (signal, code) => {
  const home = newHome();
  const seconds = longSleep();
  const mcp = await mcpWithSleep(home, seconds);
  mcp.child.kill(signal);
  const end = await mcp.end;
  expect(end).toMatchObject({ code, stderr: '' });
  expect(isRunning(`sleep ${seconds}`)).toBe(false);
  expect(await outcomes(home)).toEqual(['unknown', 'started']);
});

test('a client that closes stdin during a call leaves no child, and the outcome is on record', async () => {
  const home = newHome();
  const seconds = longSleep();
  const mcp = await mcpWithSleep(home, seconds);
  mcp.child.stdin!.end();
  expect(await mcp.end).toMatchObject({ code: 0, stderr: '' });
  expect(isRunning(`sleep ${seconds}`)).toBe(false);
  expect(await outcomes(home)).toEqual(['unknown', 'started']);
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 1],
] as const)('%s ends a command of the CLI with its child', async (signal, code) => {
  const home = newHome();
  const seconds = longSleep();
  const cli = start(['shell', 'run', '--timeout-ms', '600000', '--', 'sleep', seconds], { home });
  await until(() => isRunning(`sleep ${seconds}`));
  cli.child.kill(signal);
  expect((await cli.end).code).toBe(code);
  expect(isRunning(`sleep ${seconds}`)).toBe(false);
  expect(await outcomes(home)).toEqual(['unknown', 'started']);
});

const bundledNode = path.join(root, 'node_modules', `node-${process.platform}-${process.arch}`);

test.skipIf(!olderNode || !existsSync(bundledNode))('an interrupt that only the launcher gets is passed on, once', async () => {
  const home = newHome();
  const seconds = longSleep();
  const cli = start(['shell', 'run', '--timeout-ms', '600000', '--', 'sleep', seconds], { home, node: olderNode });
  await until(() => isRunning(`sleep ${seconds}`));
  cli.child.kill('SIGINT');
  expect(await cli.end).toMatchObject({ code: 1, stderr: expect.stringContaining('You cancelled it.') as string });
  expect(isRunning(`sleep ${seconds}`)).toBe(false);
});

test.skipIf(!olderNode || !existsSync(bundledNode))('the daemon ends well with an interrupt that only the launcher gets', async () => {
  const serve = start(['serve', '--port', '0'], { home: newHome(), node: olderNode });
  await new Promise((resolve) => serve.child.stdout!.once('data', resolve));
  serve.child.kill('SIGINT');
  expect(await serve.end).toMatchObject({ code: 0, stderr: '' });
});

test('an interrupt that comes twice at once, as from a terminal and its launcher, cancels once', async () => {
  const home = newHome();
  const seconds = longSleep();
  // It does not heed the first word, so the end takes a while.
  const cli = start(['shell', 'run', '--timeout-ms', '600000', '--script', `trap "" TERM; sleep ${seconds}`], { home });
  await until(() => isRunning(`sleep ${seconds}`));
  cli.child.kill('SIGINT');
  setTimeout(() => cli.child.kill('SIGINT'), 20);
  expect((await cli.end).code).toBe(1);
  expect(await outcomes(home)).toEqual(['unknown', 'started']);
});

test('when the daemon dies the open requests are answered with an error, and claw mcp says so', async () => {
  await using server = await startServe();
  const seconds = longSleep();
  const mcp = start(['mcp'], { home: server.home });
  mcp.send(initialize);
  mcp.send(callOf(2, 'shell_run', { command: ['sleep', seconds], timeoutMs: 600_000 }));
  await until(() => isRunning(`sleep ${seconds}`));
  server.child.kill('SIGKILL');
  const { code, stdout, stderr } = await mcp.end;
  endAll(`sleep ${seconds}`);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^The daemon went away\.\n.*claw mcp.*\n$/);
  const answers = stdout.trim().split('\n');
  expect(answers.map((line) => JSON.parse(line) as object)).toMatchObject([
    { id: 1, result: {} },
    { id: 2, error: { code: -32_603, data: { code: 'unavailable', hint: expect.stringMatching(/claw mcp/) as string } } },
  ]);
});

test('a bridge ends with its client, and with a signal', async () => {
  await using server = await startServe();
  const left = start(['mcp'], { home: server.home });
  left.send(initialize);
  left.child.stdin!.end();
  expect(await left.end).toMatchObject({ code: 0, stderr: '' });
  const killed = start(['mcp'], { home: server.home });
  killed.send(initialize);
  await new Promise((resolve) => killed.child.stdout!.once('data', resolve));
  killed.child.kill('SIGTERM');
  expect(await killed.end).toMatchObject({ code: 143, stderr: '' });
});

test.each([['alone'], ['beside a daemon']])('a toolset that is none is named, with those that there are, %s', async (where) => {
  await using server = where === 'alone' ? undefined : await startServe();
  const { code, stdout, stderr } = await claw(['mcp', '--toolsets', 'core,bogus'], { home: server?.home ?? newHome() });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^No toolset is called "bogus"\.\nKnown: core, all, .*memory/);
});
