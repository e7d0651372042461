import { spawn } from 'node:child_process';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, test } from 'vitest';
import { startEchoServer } from '../support/echo-server.ts';
import { temporaryFolder } from '../support/folder.ts';
import { onDisk } from '../support/on-disk.ts';
import { claw, finished, launcher, root, startServe } from '../support/processes.ts';
import { hasProgram } from '../support/programs.ts';

const token = 'ghp-4711-geheim';
const newHome = (): string => path.join(temporaryFolder(), 'home');
const header = '{"authorization":{"$secret":"github","prefix":"Bearer "}}';

test('a token goes into the vault from stdin and out to the server that wants it, from the command line', async () => {
  const home = newHome();
  const server = await startEchoServer(token);
  const env = { CLAW_HTTP_ALLOW: server.host };
  expect((await claw(['vault', 'set', 'github'], { home, stdin: `${token}\n` })).code).toBe(0);
  const { code, stdout } = await claw(['http', 'request', `${server.url}/private`, '--headers', header, '--json'], { home, env });
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { status: 200, body: expect.stringContaining('Bearer [REDACTED:claw]') as string }]);
  expect(server.requests[0]!.headers.authorization).toBe(`Bearer ${token}`);
  const body = await claw(['http', 'request', server.url, '{"$secret":"github"}', '--method', 'POST', '--json'], { home, env });
  expect([body.code, server.requests[1]!.body]).toEqual([0, token]);
  const asked = await claw(['do', 'which secrets are in the vault', '--json'], { home });
  expect(JSON.parse(asked.stdout)).toMatchObject({ status: 'done', tasks: [{ tool: 'vault_list', evidence: [{ ok: true }] }] });
  expect(onDisk(home)).not.toContain(token);
});

test('the same over MCP, through the daemon: the client names the secret and never has it', async () => {
  const server = await startEchoServer(token);
  await using daemon = await startServe(undefined, { env: { CLAW_HTTP_ALLOW: server.host } });
  const { home } = daemon;
  expect((await claw(['vault', 'set', 'github'], { home, stdin: token })).code).toBe(0);
  const client = new Client({ name: 'test', version: '1.0.0' });
  const env = { PATH: process.env.PATH ?? '', HOME: path.dirname(home), CLAW_HOME: home };
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [path.join(root, 'src', 'main.ts'), 'mcp'], env }));
  try {
    const answer = await client.callTool({
      name: 'http_request',
      arguments: { url: `${server.url}/private`, headers: { authorization: { $secret: 'github', prefix: 'Bearer ' } } },
    });
    expect(answer.structuredContent).toMatchObject({ status: 200 });
    const listed = await client.callTool({ name: 'tool_call', arguments: { tool: 'vault_list', input: {} } });
    expect(listed.structuredContent).toMatchObject({ output: { items: [{ name: 'github' }] } });
    expect(JSON.stringify([answer, listed])).not.toContain(token);
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain('vault_reveal');
  } finally {
    await client.close();
  }
  expect(server.requests[0]!.headers.authorization).toBe(`Bearer ${token}`);
  expect(onDisk(home)).not.toContain(token);
});

test('six processes that write into a new vault at once lose nothing', async () => {
  const home = newHome();
  const names = ['one', 'two', 'three', 'four', 'five', 'six'];
  const done = await Promise.all(names.map((name) => claw(['vault', 'set', name], { home, stdin: `value of ${name}` })));
  expect(done.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
  const { stdout } = await claw(['vault', 'list', '--json'], { home });
  const { items } = JSON.parse(stdout) as { items: { name: string }[] };
  expect(items.map(({ name }) => name)).toEqual(names.toSorted());
});

test.skipIf(!hasProgram('script'))('a secret is revealed to a person at a terminal, on record, and to nothing else', async () => {
  const home = newHome();
  await claw(['vault', 'set', 'github'], { home, stdin: token });
  const piped = await claw(['vault', 'reveal', 'github'], { home });
  expect([piped.code, piped.stdout]).toEqual([3, '']);
  expect((await claw(['call', 'vault_reveal', '{"name":"github"}'], { home })).code).toBe(2);
  const env = { PATH: process.env.PATH ?? '', HOME: path.dirname(home), CLAW_HOME: home };
  // script(1) from util-linux gives the command a terminal.
  const command = `${process.execPath} ${launcher} vault reveal github`;
  const shown = await finished(spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env }));
  expect([shown.code, shown.stdout.trim()]).toEqual([0, token]);
  const audit = await claw(['audit', 'search', '--event', 'opened', '--json'], { home });
  expect(JSON.parse(audit.stdout)).toMatchObject({ items: [{ tool: 'vault_reveal', caller: 'owner', detail: '{"secret":"github"}' }] });
});
