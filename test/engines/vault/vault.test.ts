import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../src/core/clock.ts';
import { openDatabase } from '../../../src/core/database.ts';
import { createRedactor } from '../../../src/core/redact.ts';
import type { Caller } from '../../../src/core/tool.ts';
import { vaultSchema } from '../../../src/engines/vault/vault-schema.ts';
import type { Vault } from '../../../src/engines/vault/vault-types.ts';
import { createVault } from '../../../src/engines/vault/vault.ts';
import { temporaryFolder } from '../../support/folder.ts';

const owner: Caller = { kind: 'owner' };
const client: Caller = { kind: 'mcp' };
const use = { tool: 'http_request', callId: 'call_1', caller: owner };

let home: string;
let clock: ReturnType<typeof manualClock>;
let vault: Vault;
const at = (name: string): string => path.join(home, name);
const file = (): string => at('vault.age');

/** One more process on the same folder, as far as the vault can tell. */
function openVault(folder = home, passphrase?: string): Vault {
  const db = openDatabase(path.join(folder, 'claw.db'), [vaultSchema]);
  onTestFinished(() => db.close());
  return createVault({
    paths: { vault: path.join(folder, 'vault.age'), identity: path.join(folder, 'identity.txt') },
    db,
    clock,
    redactor: createRedactor(),
    onOpen: () => {},
    passphrase,
  });
}

function newHome(): string {
  const folder = path.join(temporaryFolder(), 'home');
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

beforeEach(() => {
  home = newHome();
  clock = manualClock();
  vault = openVault();
});

const value = (name: string, of = vault): Promise<string> => of.open(name, use);
const overwrite = (change: (content: Buffer) => Buffer | string): void =>
  writeFileSync(file(), change(readFileSync(file())), { mode: 0o600 });

describe('an ordinary vault', () => {
  test('is made at the first write, with a key of its own, both closed to others', async () => {
    expect(await vault.status()).toMatchObject({ state: 'empty', newestSeen: 0 });
    expect(readdirSync(home)).not.toContain('identity.txt');
    expect(await vault.set('token', { value: 'first-value' }, owner)).toEqual({
      name: 'token',
      change: 'created',
      before: 0,
      generation: 1,
    });
    expect([statSync(file()).mode & 0o777, statSync(at('identity.txt')).mode & 0o777]).toEqual([0o600, 0o600]);
    expect(await value('token', openVault())).toBe('first-value');
  });

  test('holds no value in the clear', async () => {
    await vault.set('token', { value: 'first-value' }, owner);
    await vault.set('token', { value: 'second-value' }, owner);
    for (const name of readdirSync(home)) expect(readFileSync(at(name), 'latin1')).not.toMatch(/(first|second)-value/);
  });

  test('keeps the ten generations before the present one', async () => {
    for (let n = 1; n <= 14; n += 1) await vault.set('token', { value: `value-${n}` }, owner);
    expect((await vault.status()).kept.map(({ generation }) => generation)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
    await vault.restore(4);
    expect(await value('token')).toBe('value-4');
  });

  test('gives single secrets back as they were, the others as they are', async () => {
    await vault.set('a', { value: 'a-first' }, owner);
    const { before } = await vault.set('b', { value: 'b-first' }, owner);
    await vault.set('a', { value: 'a-second' }, owner);
    await vault.restore(before, ['b']);
    expect((await vault.list()).map(({ name }) => name)).toEqual(['a']);
    expect(await value('a')).toBe('a-second');
  });

  test('refuses what is too short to be hidden, a word of its own, and a name that is none', async () => {
    for (const short of ['abc', '', '    ', 'a b c', 'done', 'Item', 'items', 'http_req']) {
      await expect(vault.set('token', { value: short }, owner)).rejects.toMatchObject({ code: 'invalid_input' });
    }
    await expect(vault.set('not a name', { value: 'long-enough' }, owner)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(vault.set('token', {}, owner)).rejects.toMatchObject({ hint: expect.stringContaining('claw vault set token') as string });
  });

  test('refuses files that others may read, with the command that closes them', async () => {
    await vault.set('token', { value: 'first-value' }, owner);
    for (const name of ['vault.age', 'identity.txt']) {
      chmodSync(at(name), 0o644);
      await expect(openVault().list()).rejects.toMatchObject({ code: 'bad_config', hint: `Close it with: chmod 600 ${at(name)}` });
      chmodSync(at(name), 0o600);
    }
  });

  test('says which secrets are due for rotation, and a new value starts the time anew', async () => {
    await vault.set('token', { value: 'first-value', rotateEveryDays: 30 }, owner);
    const rotation = async (): Promise<string> => (await vault.list())[0]!.rotation;
    expect(await rotation()).toBe('fresh');
    clock.advance(24 * 86_400_000);
    expect([await rotation(), (await vault.status()).due]).toEqual(['due', ['token']]);
    clock.advance(7 * 86_400_000);
    expect([await rotation(), (await vault.status()).overdue]).toEqual(['overdue', ['token']]);
    await vault.rotate('token', 'second-value', owner);
    expect(await rotation()).toBe('fresh');
  });

  test('gets a new key, and nothing of what is kept needs the old one', async () => {
    await vault.set('token', { value: 'first-value' }, owner);
    await vault.set('token', { value: 'second-value' }, owner);
    const old = readFileSync(at('identity.txt'), 'utf8');
    await vault.rekey();
    expect(readFileSync(at('identity.txt'), 'utf8').match(/AGE-SECRET-KEY-/g)).toHaveLength(1);
    const again = openVault();
    expect(await value('token', again)).toBe('second-value');
    await again.restore(1);
    expect(await value('token', again)).toBe('first-value');
    writeFileSync(at('identity.txt'), old, { mode: 0o600 });
    expect((await openVault().status()).state).toBe('wrong_identity');
  });

  test('can have its key behind a passphrase', { timeout: 30_000 }, async () => {
    await openVault(home, 'correct horse').set('token', { value: 'first-value' }, owner);
    expect(readFileSync(at('identity.txt'), 'utf8')).toContain('BEGIN AGE ENCRYPTED FILE');
    expect(await value('token', openVault(home, 'correct horse'))).toBe('first-value');
    await expect(value('token', openVault())).rejects.toMatchObject({
      code: 'unavailable',
      hint: expect.stringContaining('CLAW_VAULT_PASSPHRASE') as string,
    });
    await expect(value('token', openVault(home, 'wrong'))).rejects.toMatchObject({ code: 'denied' });
  });
});

describe('what a secret may be used for', () => {
  const opened = (host: string | undefined, tool = 'http_request'): Promise<string> => vault.open('token', { ...use, tool, host });

  test.each([
    ['api.example.com', 'api.example.com', true],
    ['api.example.com', 'API.example.com.:8443', true],
    ['api.example.com:443', 'api.example.com', false],
    ['api.example.com', 'evil-api.example.com', false],
    ['api.example.com', 'api.example.com.evil.org', false],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'notexample.com', false],
    ['nas.lan:5000', 'nas.lan:5000', true],
    ['nas.lan:5000', 'nas.lan:5001', false],
    ['[::1]:80', '[::1]:80', true],
    ['127.0.0.1', '127.0.0.1:3000', true],
  ])('a secret for %s goes to %s: %s', async (pattern, host, isAllowed) => {
    await vault.set('token', { value: 'first-value', hosts: [pattern] }, owner);
    const result = opened(host);
    if (isAllowed) await expect(result).resolves.toBe('first-value');
    else await expect(result).rejects.toMatchObject({ code: 'denied' });
  });

  test('a secret for hosts goes to no tool that cannot say where it sends it, one for tools to no other tool', async () => {
    await vault.set('token', { value: 'first-value', hosts: ['a.org'] }, owner);
    await expect(opened(undefined, 'shell_run')).rejects.toMatchObject({ code: 'denied' });
    await vault.set('token', { hosts: [], tools: ['http_request'] }, owner);
    await expect(opened(undefined, 'shell_run')).rejects.toMatchObject({ code: 'denied' });
    await expect(opened('anywhere.org')).resolves.toBe('first-value');
  });

  test('only the owner widens a rule, or sets a setting', async () => {
    await vault.set('token', { value: 'first-value', hosts: ['a.org'] }, owner);
    await expect(vault.set('token', { hosts: ['evil.org'] }, client)).rejects.toMatchObject({ code: 'denied' });
    await expect(vault.set('token', { hosts: [] }, client)).rejects.toMatchObject({ code: 'denied' });
    await expect(vault.set('CLAW_HTTP_ALLOW', { value: '0.0.0.0/0' }, client)).rejects.toMatchObject({ code: 'denied' });
    await vault.set('token', { value: 'second-value' }, client);
    expect((await vault.list())[0]).toMatchObject({ hosts: ['a.org'] });
  });

  test('a setting that claw would not start with is not taken', async () => {
    await expect(vault.set('CLAW_PROT', { value: 'long-enough' }, owner)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(vault.set('CLAW_PORT', { value: 'many' }, owner)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(vault.set('CLAW_HOME', { value: '/elsewhere' }, owner)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(vault.set('CLAW_PORT', { value: '8301' }, owner)).resolves.toMatchObject({ change: 'created' });
  });
});

describe('two processes', () => {
  test('that write at once lose nothing', async () => {
    const other = openVault();
    const names = Array.from({ length: 12 }, (_, index) => `secret-${index}`);
    await Promise.all(names.map((name, index) => (index % 2 === 0 ? vault : other).set(name, { value: `${name}-value` }, owner)));
    expect((await vault.list()).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(await vault.status()).toMatchObject({ state: 'ok', generation: 12 });
  });

  test('that make the vault at once share one key', async () => {
    await Promise.all([openVault().set('a', { value: 'value-a' }, owner), openVault().set('b', { value: 'value-b' }, owner)]);
    expect((await openVault().list()).map(({ name }) => name).toSorted()).toEqual(['a', 'b']);
  });

  test('one of which re-keys while the other writes, end with a vault that opens', async () => {
    await vault.set('a', { value: 'value-a' }, owner);
    const other = openVault();
    const writes = Array.from({ length: 4 }, (_, index) => () => other.set('b', { value: `value-${index}` }, owner));
    await Promise.all([vault.rekey(), writes.reduce((before, write) => before.then(write).then(() => {}), Promise.resolve())]);
    const again = openVault();
    expect(await value('b', again)).toBe('value-3');
    for (const { generation } of (await again.status()).kept) await expect(again.restore(generation)).resolves.toBeDefined();
  });
});

describe('a vault that was tampered with', () => {
  beforeEach(async () => {
    for (const version of ['one', 'two', 'three']) await vault.set('token', { value: `value-${version}` }, owner);
  });

  /** A vault of another folder, with the same key or another. */
  async function foreign(isSameKey: boolean): Promise<string> {
    const folder = newHome();
    if (isSameKey) copyFileSync(at('identity.txt'), path.join(folder, 'identity.txt'));
    const other = openVault(folder);
    for (let n = 0; n < 5; n += 1) await other.set('token', { value: 'evil-value' }, owner);
    return path.join(folder, 'vault.age');
  }

  const flipped = (content: Buffer, position: number): Buffer => {
    const changed = Buffer.from(content);
    changed[position]! ^= 1;
    return changed;
  };

  const faults: [string, string, RegExp, () => void | Promise<void>][] = [
    [
      'a wrong identity',
      'wrong_identity',
      /wrong key/,
      async () => copyFileSync(path.join(path.dirname(await foreign(false)), 'identity.txt'), at('identity.txt')),
    ],
    ['a flipped bit', 'damaged', /is damaged/, () => overwrite((content) => flipped(content, content.length - 60))],
    ['a cut end', 'truncated', /is cut off/, () => overwrite((content) => content.subarray(0, content.length - 40))],
    ['an older file put back', 'rolled_back', /generation 2, but generation 3 was seen/, () => copyFileSync(at('vault.age.2'), file())],
    ['a vault for the same key from elsewhere', 'swapped', /it is another vault/, async () => copyFileSync(await foreign(true), file())],
    ['a vault for another key', 'swapped', /for another key/, async () => copyFileSync(await foreign(false), file())],
    [
      'a higher generation written on an older file',
      'swapped',
      /first line differs/,
      () => (
        copyFileSync(at('vault.age.2'), file()),
        overwrite((content) => content.toString('latin1').replace('generation=2', 'generation=9'))
      ),
    ],
    ['no file at all', 'missing', /is gone/, () => rmSync(file())],
    ['no identity', 'no_identity', /is missing/, () => rmSync(at('identity.txt'))],
  ];

  test.each(faults)('%s is told as what it is (%s), and no write goes over it', async (_what, state, message, tamper) => {
    const identity = readFileSync(at('identity.txt'));
    await tamper();
    const after = existsSync(file()) ? readFileSync(file()) : undefined;
    for (const one of [vault, openVault()]) {
      const error = (await one.set('other', { value: 'other-value' }, owner).catch((thrown: unknown) => thrown)) as Error & {
        hint: string;
      };
      // A process that has read this very file before may go on with what it has in memory only while the file is the same.
      if (one === vault && state === 'no_identity') continue;
      expect(error).toMatchObject({
        state,
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(/restore|backup|Put back/) as string,
      });
      expect(await one.status()).toMatchObject({ state, newestSeen: 3, problem: { message: expect.stringMatching(message) as string } });
    }
    if (state !== 'no_identity') expect(existsSync(file()) ? readFileSync(file()) : undefined).toEqual(after);
    // The way out: what is kept stays readable.
    writeFileSync(at('identity.txt'), identity, { mode: 0o600 });
    const again = openVault();
    await again.restore(2);
    expect(await value('token', again)).toBe('value-two');
    expect((await again.status()).state).toBe('ok');
  });

  test('every single bit and every single length of the file is told', async () => {
    const whole = readFileSync(file());
    const fresh = openVault();
    for (let position = 0; position < whole.length; position += 1) {
      writeFileSync(file(), flipped(whole, position), { mode: 0o600 });
      await expect(fresh.list(), `bit of byte ${position}`).rejects.toMatchObject({ code: 'bad_config' });
      writeFileSync(file(), whole.subarray(0, position), { mode: 0o600 });
      await expect(fresh.list(), `length ${position}`).rejects.toMatchObject({ state: 'truncated' });
    }
    writeFileSync(file(), whole, { mode: 0o600 });
    expect(await value('token', fresh)).toBe('value-three');
  });

  test('every single bit of identity.txt is told, or does not matter', async () => {
    const whole = readFileSync(at('identity.txt'));
    let told = 0;
    for (let position = 0; position < whole.length; position += 1) {
      writeFileSync(at('identity.txt'), flipped(whole, position), { mode: 0o600 });
      await openVault()
        .list()
        .catch((error: unknown) => {
          expect(error, `bit of byte ${position}`).toMatchObject({ code: 'bad_config', hint: expect.stringMatching(/back/) as string });
          told += 1;
        });
    }
    // The key has 74 characters; the comments around it are free.
    expect(told).toBeGreaterThanOrEqual(74);
    writeFileSync(at('identity.txt'), whole, { mode: 0o600 });
    expect(await value('token', openVault())).toBe('value-three');
  });

  test('whoever means it begins anew without a key that is lost', async () => {
    rmSync(at('identity.txt'));
    const again = openVault();
    await again.restore(0);
    await again.set('token', { value: 'new-value' }, owner);
    expect(await value('token', openVault())).toBe('new-value');
  });

  test('a claw.db that is older than the vault catches up, and a new one believes what it finds', async () => {
    const db = openDatabase(at('claw.db'), [vaultSchema]);
    db.prepare("UPDATE vault_seen SET generation = 1, seal = 'of generation 1'").run();
    expect(await openVault().status()).toMatchObject({ state: 'ok', newestSeen: 3 });
    db.prepare('DELETE FROM vault_seen').run();
    db.close();
    expect(await openVault().status()).toMatchObject({ state: 'ok', newestSeen: 3 });
  });
});
