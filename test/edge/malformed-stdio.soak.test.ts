import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { root, startServe } from '../support/processes.ts';
import { expectAnswers } from './answers.ts';
import { initialize, startLineClient, type LineClient } from './line-client.ts';
import { hugeMessage, malformedMessages } from './malformed-messages.ts';

const count = process.env.CLAW_SOAK === '1' ? 10_000 : 440;
const seed = 20_260_801;
const mostAtOnce = 40;

/** Sends them a few at a time, as fast as they are answered, and compares. */
async function compare(client: LineClient, home: string): Promise<void> {
  await client.send(initialize('start'));
  await client.count(1);
  client.answers.length = 0;
  const messages = [...malformedMessages(seed, count), hugeMessage('huge', 12)];
  let expected = 0;
  for (let at = 0; at < messages.length; at += mostAtOnce) {
    const some = messages.slice(at, at + mostAtOnce);
    for (const { bytes } of some) await client.send(Buffer.concat([bytes, Buffer.from('\n')]));
    expected += some.filter(({ answer }) => answer).length;
    await client.count(expected);
  }
  await client.send('{"jsonrpc":"2.0","id":"end","method":"ping"}\n');
  await client.count(expected + 1);
  expect(client.answers.pop()).toMatchObject({ id: 'end', result: {} });
  expectAnswers(messages, client.answers, [home, root]);
  console.log(`${messages.length} malformed messages, seed ${seed}: every request with a legal id answered with the right code`);
}

const residentMegabytes = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

test('malformed messages on stdio: each request is answered with the right code, and the server lives', { timeout: 600_000 }, async () => {
  const folder = temporaryFolder();
  const home = path.join(folder, 'home');
  await using client = startLineClient(['--no-daemon'], { HOME: folder, CLAW_HOME: home });
  await compare(client, home);
  expect(client.errors()).not.toMatch(/^\s+at /m);
  expect(residentMegabytes(client.pid)).toBeLessThan(400);
});

test('malformed messages over the bridge to a daemon come to the same, and the daemon lives', { timeout: 600_000 }, async () => {
  await using server = await startServe();
  await using client = startLineClient([], { HOME: path.dirname(server.home), CLAW_HOME: server.home });
  await compare(client, server.home);
  expect(server.child.exitCode).toBeNull();
});
