import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bytesBelow } from '../support/canaries.ts';
import { temporaryFolder } from '../support/folder.ts';
import { claw, startServe } from '../support/processes.ts';
import { initialize, startLineClient } from './line-client.ts';

const value = 'hunter-4711-geheim';
const call = (params: object, more: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'tools/call', params, ...more });
const sound = { name: 'vault_set', arguments: { name: 'gh', value } };

/** Messages with a secret that nobody has learnt, because they were never a call. */
const torn: Record<string, string> = {
  'cut off': call(sound).slice(0, -3),
  'not closed': call(sound).replace('"}}', '}}'),
  'of another version': call(sound, { jsonrpc: '1.0' }),
  'with a list for arguments': call({ name: 'vault_set', arguments: [value] }),
  'with a text for arguments': call({ name: 'vault_set', arguments: value }),
  'with arguments beside their place': call({ name: 'vault_set', args: { name: 'gh', value } }),
  'with a number for a name': call({ name: 7, arguments: { value } }),
  'of a method that is not there': JSON.stringify({ jsonrpc: '2.0', id: 5, method: value, params: sound }),
  'of a method in the place of the tool': JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'vault_set', params: sound.arguments }),
  'in a key __proto__': call(sound).replace('"arguments"', '"__proto__"'),
  'as a batch': `[${call(sound)}]`,
  'as a text': JSON.stringify(value),
  'as no JSON': value,
  'as a notification': JSON.stringify({ jsonrpc: '2.0', method: 'tools/call', params: sound.arguments }),
  'as an answer': JSON.stringify({ jsonrpc: '2.0', id: 99, result: sound }),
  'for a prompt': JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'prompts/get', params: { name: 'x', arguments: { value: [value] } } }),
};

test('a secret in a message that is no call is in no log and no file, over stdio', async () => {
  const home = path.join(temporaryFolder(), 'home');
  const client = startLineClient([], { HOME: path.dirname(home), CLAW_HOME: home, CLAW_LOG: 'debug' });
  await client.send(initialize(0));
  await client.count(1);
  for (const message of Object.values(torn)) await client.send(`${message}\n`);
  await client.send(`${JSON.stringify({ jsonrpc: '2.0', id: 77, method: 'ping' })}\n`);
  await expect.poll(() => client.answers.some(({ id }) => id === 77), { timeout: 20_000 }).toBe(true);
  await client[Symbol.asyncDispose]();
  for (const [where, text] of Object.entries({ log: client.errors(), ...bytesBelow(home) }))
    expect([where, text.includes(value)]).toEqual([where, false]);
});

test('a secret in a request that is refused is in no log and no file, over HTTP and on the command line', async () => {
  await using server = await startServe(['--port', '0'], { env: { CLAW_LOG: 'debug' } });
  let log = '';
  server.child.stderr!.on('data', (text: Buffer) => (log += text.toString()));
  const headers = {
    Authorization: `Bearer ${readFileSync(path.join(server.home, 'token'), 'utf8').trim()}`,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  };
  for (const body of Object.values(torn)) {
    await fetch(`${server.url}/mcp`, { method: 'POST', headers, body });
    for (const tool of ['vault_set', 'tool_call', value]) await fetch(`${server.url}/api/tools/${tool}`, { method: 'POST', headers, body });
    await fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: { ...headers, 'Mcp-Session-Id': value, Cookie: value, 'X-Key': value },
      body,
    });
  }
  await fetch(`${server.url}/${value}?a=${value}`, { headers });
  const typed = await Promise.all([
    claw(['call', 'vault_set', `{"name":"gh","value":"${value}"`], { home: server.home, env: { CLAW_LOG: 'debug' } }),
    claw(['vault', 'set', 'gh', '--valeu', value], { home: server.home }),
    claw(['vault', value], { home: server.home }),
    claw(['call', 'vault_set', JSON.stringify({ nam: 'gh', value }), '--json'], { home: server.home }),
    claw(['call', 'vault_set', JSON.stringify({ name: 'gh', value: [value] }), '--json', '--no-daemon'], { home: server.home }),
    claw(['policy', 'test', `vault_set {"name":"gh","valeu":"${value}"`, '--json'], { home: server.home }),
    claw(['do', `set the secret gh to ${value}`, '--json'], { home: server.home }),
  ]);
  for (const { code } of typed) expect(code).not.toBe(0);
  const said = typed.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  for (const [where, text] of Object.entries({ log, said, ...bytesBelow(server.home) }))
    expect([where, text.includes(value)]).toEqual([where, false]);
});
