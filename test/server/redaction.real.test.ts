import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { bytesBelow, encodings, leaks, type Canary } from '../support/canaries.ts';
import { claw, startServe } from '../support/processes.ts';

/** The daemon's bearer tokens are secrets that every process of the data folder could come by. */
test.each(['token', 'owner-token'])('the %s leaves the daemon by no way: HTTP, the command line, its log, its files', async (file) => {
  await using served = await startServe(['--port', '0'], { env: { CLAW_LOG: 'debug' } });
  let log = '';
  served.child.stderr!.on('data', (text: Buffer) => (log += text.toString()));
  const token: Canary = { kind: 'long', value: readFileSync(path.join(served.home, file), 'utf8').trim() };
  const shown = readFileSync(path.join(served.home, 'owner-token'), 'utf8').trim();
  const post = async (tool: string, input: unknown): Promise<string> => {
    const headers = { authorization: `Bearer ${shown}`, 'content-type': 'application/json' };
    const answer = await fetch(`${served.url}/api/tools/${tool}`, { method: 'POST', headers, body: JSON.stringify(input) });
    return answer.text();
  };
  const answers: Record<string, string> = {};
  for (const [how, encode] of Object.entries(encodings)) {
    answers[how] = await post('shell_run', { command: ['echo', encode(token.value)] });
    expect(answers[how]).toContain('[REDACTED:claw]');
  }
  answers.unknown = await post(token.value.slice(0, 60), {});
  answers.invalid = await post('file_read', { [token.value]: 1 });
  answers.remembered = await post('memory_remember', { text: `the token is ${token.value}` });
  const typed = await claw(['call', 'shell_run', JSON.stringify({ command: ['printf', token.value] }), '--json'], { home: served.home });
  const asked = await claw(['do', `remember that the token is ${token.value}`], { home: served.home });
  const wrong = await claw([token.value, token.value], { home: served.home });
  const { token: _own, 'owner-token': _owners, ...files } = bytesBelow(served.home);
  const texts = {
    ...answers,
    ...files,
    log,
    ...Object.fromEntries(
      [typed, asked, wrong].flatMap((one, n) => [
        [`out ${n}`, one.stdout],
        [`err ${n}`, one.stderr],
      ]),
    ),
  };
  expect(leaks(texts, [token])).toEqual([]);
  expect(typed.stdout).toContain('[REDACTED:claw]');
});
