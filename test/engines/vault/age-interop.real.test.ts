import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { decryptWith, encryptFor, keyPair } from '../../../src/engines/vault/age-cipher.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { claw, finished } from '../../support/processes.ts';
import { hasProgram } from '../../support/programs.ts';

const hasAge = hasProgram('age');

async function run(program: string, args: string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await finished(spawn(program, args), stdin);
  expect(`${code} ${stderr}`).toMatch(/^0 /);
  return stdout;
}

test.skipIf(!hasAge)('the age program reads vault.age without its first line', async () => {
  const home = path.join(temporaryFolder(), 'home');
  await claw(['vault', 'set', 'token'], { home, stdin: 'first-value ünïcode\nsecond line\n' });
  const body = readFileSync(path.join(home, 'vault.age'), 'utf8').replace(/^.*\n/, '');
  const text = await run('age', ['--decrypt', '--identity', path.join(home, 'identity.txt')], body);
  expect(JSON.parse(text)).toMatchObject({ generation: 1, secrets: { token: { value: 'first-value ünïcode\nsecond line' } } });
});

test.skipIf(!hasAge)('what age encrypts we read, and what we encrypt age reads', async () => {
  const folder = temporaryFolder();
  const identity = path.join(folder, 'key.txt');
  await run('age-keygen', ['--output', identity]);
  const key = /AGE-SECRET-KEY-1\w+/.exec(readFileSync(identity, 'utf8'))![0];
  const { recipient } = await keyPair(key);
  const text = 'one\ntwo ünïcode '.repeat(10_000);
  expect(await decryptWith({ keys: [key] }, await run('age', ['--armor', '--recipient', recipient], text))).toBe(text);
  expect(await run('age', ['--decrypt', '--identity', identity], await encryptFor(recipient, text))).toBe(text);
});

test.skipIf(!hasAge)('claw uses an identity that age-keygen made', async () => {
  const home = path.join(temporaryFolder(), 'home');
  mkdirSync(home, { mode: 0o700 });
  await run('age-keygen', ['--output', path.join(home, 'identity.txt')]);
  const key = readFileSync(path.join(home, 'identity.txt'), 'utf8');
  expect((await claw(['vault', 'set', 'token'], { home, stdin: 'first-value' })).code).toBe(0);
  expect(readFileSync(path.join(home, 'identity.txt'), 'utf8')).toBe(key);
  const { stdout } = await claw(['vault', 'status', '--json'], { home });
  expect(JSON.parse(stdout)).toMatchObject({ state: 'ok', recipient: /age1\w+/.exec(key)![0] });
});

test.skipIf(!hasAge)('an identity behind a passphrase opens with CLAW_VAULT_PASSPHRASE, and without it says what to do', async () => {
  const home = path.join(temporaryFolder(), 'home');
  const env = { CLAW_VAULT_PASSPHRASE: 'correct horse battery' };
  expect((await claw(['vault', 'set', 'token'], { home, env, stdin: 'first-value' })).code).toBe(0);
  expect(readFileSync(path.join(home, 'identity.txt'), 'utf8')).toContain('BEGIN AGE ENCRYPTED FILE');
  const withIt = await claw(['shell', 'run', '--stdin', '{"$secret":"token"}', '--json', '--', 'wc', '-c'], { home, env });
  expect(JSON.parse(withIt.stdout)).toMatchObject({ stdout: '11\n' });
  const locked = await claw(['vault', 'list', '--json'], { home });
  expect(JSON.parse(locked.stderr)).toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('CLAW_VAULT_PASSPHRASE') as string,
  });
  writeFileSync(path.join(home, 'plain.txt'), '');
});
