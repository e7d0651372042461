import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { hasSshServer, makeKey, startSshServer, type SshServer } from '../../support/ssh-server.ts';

const onServer = hasSshServer() ? test : test.skip;

interface Results {
  ok: boolean;
  items: { host: string; status: string; exitCode: number | null; stdout: string }[];
}

async function appFor(hosts: string, knownHosts: string, programs?: Record<string, string>): Promise<TestApp> {
  const app = await startApp({ programs });
  writeFileSync(app.paths.knownHosts, knownHosts, { mode: 0o600 });
  writeFileSync(app.paths.hosts, `hosts:\n${hosts}`, { mode: 0o600 });
  return app;
}

const entry = (server: Pick<SshServer, 'port'>, fields: string, alias = 'nas'): string =>
  `  - {alias: ${alias}, hostname: 127.0.0.1, port: ${server.port}, ${fields}}\n`;

/** Processes with this word in their arguments, whoever runs them. */
const processesWith = (word: string): string[] =>
  readdirSync('/proc')
    .filter((id) => /^\d+$/.test(id) && Number(id) !== process.pid)
    .filter((id) => {
      try {
        const [program = '', ...words] = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
        return !program.startsWith('sshd') && words.includes(word);
      } catch {
        return false;
      }
    });

async function until(check: () => boolean, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await pause(50)) if (check()) return true;
  return check();
}

/** A sleep that nobody else has: its argument tells it from others. */
const sleepFor = (): string => `${300 + Math.floor(Math.random() * 1e6) / 1e6}`;

onServer('a key that nobody has vouched for, another key, and a revoked one: nothing is sent', async () => {
  const server = await startSshServer();
  const other = makeKey(path.join(temporaryFolder(), 'other'));
  const app = await appFor(entry(server, `key_file: ${server.keyFile}`), '');
  const run = () => app.call('ssh_run', { host: 'nas', command: ['true'] });
  const refusal = await run().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'denied', message: expect.stringContaining('Nobody has said yet') });
  const [fingerprint] = /SHA256:[\w+/]{43}/.exec((refusal as Error).message)!;
  await expect(app.call('ssh_host_trust', { host: 'nas', fingerprint: `SHA256:${'A'.repeat(43)}` })).rejects.toMatchObject({
    code: 'denied',
  });
  await app.call('ssh_host_trust', { host: 'nas', fingerprint });
  expect((await app.output<Results>('ssh_run', { host: 'nas', command: ['true'] })).ok).toBe(true);

  for (const [line, word] of [
    [`[127.0.0.1]:${server.port} ${other}\n`, 'another host key'],
    [`@revoked * ${server.hostKey}\n${server.knownHostsLine}`, 'revoked'],
  ] as const) {
    const strict = await appFor(entry(server, `key_file: ${server.keyFile}`), line);
    await expect(strict.call('ssh_run', { host: 'nas', command: ['true'] })).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining(word),
    });
    await expect(strict.call('ssh_host_trust', { host: 'nas', fingerprint })).rejects.toMatchObject({ code: 'denied' });
  }
});

onServer('hashed names are recognised', async () => {
  const server = await startSshServer();
  const file = path.join(temporaryFolder(), 'known');
  writeFileSync(file, server.knownHostsLine);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  const hashed = readFileSync(file, 'utf8');
  expect(hashed).toContain('|1|');
  const app = await appFor(entry(server, `key_file: ${server.keyFile}`), hashed);
  expect((await app.output<Results>('ssh_run', { host: 'nas', command: ['true'] })).ok).toBe(true);
});

onServer('a key behind a passphrase, an agent, a host behind another: each logs in', async () => {
  const folder = temporaryFolder();
  const locked = path.join(folder, 'locked');
  const server = await startSshServer({ authorized: [makeKey(locked, { passphrase: 'open-sesame-9' })] });
  const socket = path.join(folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  await until(() => readdirSync(folder).includes('agent'), 3_000);
  execFileSync('ssh-add', ['-q', server.keyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
  const app = await appFor(
    entry(server, `key_file: ${locked}, passphrase: {$secret: nas-passphrase}`, 'locked') +
      entry(server, `key_file: ${locked}`, 'shut') +
      entry(server, 'auth: agent', 'agent') +
      entry(server, `key_file: ${server.keyFile}, jump: agent`, 'behind'),
    server.knownHostsLine,
    { SSH_AUTH_SOCK: socket },
  );
  await app.call('vault_set', { name: 'nas-passphrase', value: 'open-sesame-9' });
  for (const host of ['locked', 'agent', 'behind'])
    expect(await app.output<Results>('ssh_run', { host, command: ['echo', 'in'] })).toMatchObject({
      items: [{ status: 'ok', stdout: 'in\n' }],
    });
  await expect(app.call('ssh_run', { host: 'shut', command: ['true'] })).rejects.toMatchObject({
    code: 'bad_config',
    message: expect.stringContaining('passphrase'),
  });
});

onServer('a wrong key, nobody there, a name that does not exist: each says what it is', async () => {
  const server = await startSshServer();
  const wrong = path.join(temporaryFolder(), 'wrong');
  makeKey(wrong);
  const app = await appFor(
    entry(server, `key_file: ${wrong}`) + `  - {alias: gone, hostname: 127.0.0.1, port: 1, key_file: ${wrong}}\n`,
    server.knownHostsLine,
  );
  const run = (host: string) => app.call('ssh_run', { host, command: ['true'] });
  await expect(run('nas')).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('refused the login') });
  await expect(run('gone')).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('nothing listens') });
  await expect(run('nowhere')).rejects.toMatchObject({ code: 'not_found' });
  // One host's trouble is its own.
  const both = await app.output<Results>('ssh_run', { host: 'nas,gone', command: ['true'] });
  expect(both.items.map(({ status }) => status)).toEqual(['refused', 'unreachable']);
});

onServer('past its time a command is ended there, with all that it has started', async () => {
  const server = await startSshServer();
  const app = await appFor(entry(server, `key_file: ${server.keyFile}`), server.knownHostsLine);
  const word = sleepFor();
  const call = app.call('ssh_run', { host: 'nas', script: `sleep ${word} & sleep ${word}`, timeoutMs: 700 });
  await expect(call).rejects.toMatchObject({ code: 'timeout' });
  expect(processesWith(word)).toEqual([]);
});

onServer('a server that is killed in the middle: nobody knows, and nothing is left running', { timeout: 30_000 }, async () => {
  const server = await startSshServer();
  const app = await appFor(entry(server, `key_file: ${server.keyFile}`), server.knownHostsLine);
  const word = sleepFor();
  const call = app.call('ssh_run', { host: 'nas', command: ['sleep', word] }).catch((error: unknown) => error);
  expect(await until(() => processesWith(word).length > 0, 5_000)).toBe(true);
  await pause(1_000);
  for (const id of sessionsOf(server.pid)) process.kill(id, 'SIGKILL');
  expect(await call).toMatchObject({ code: 'unknown_outcome' });
  expect(await until(() => processesWith(word).length === 0, 8_000)).toBe(true);
  // The next call opens another connection.
  expect((await app.output<Results>('ssh_run', { host: 'nas', command: ['true'] })).ok).toBe(true);
});

onServer('a peer that freezes is noticed, and what it did is unknown', { timeout: 30_000 }, async () => {
  const server = await startSshServer();
  const app = await appFor(entry(server, `key_file: ${server.keyFile}, keepalive_ms: 200`), server.knownHostsLine);
  const word = sleepFor();
  const call = app.call('ssh_run', { host: 'nas', command: ['sleep', word] }).catch((error: unknown) => error);
  expect(await until(() => processesWith(word).length > 0, 5_000)).toBe(true);
  await pause(1_000);
  const frozen = sessionsOf(server.pid);
  for (const id of frozen) process.kill(id, 'SIGSTOP');
  const began = Date.now();
  expect(await call).toMatchObject({ code: 'unknown_outcome' });
  expect(Date.now() - began).toBeLessThan(10_000);
  for (const id of frozen) process.kill(id, 'SIGCONT');
  expect(await until(() => processesWith(word).length === 0, 8_000)).toBe(true);
});

/** sshd makes a process for each connection. */
function sessionsOf(pid: number): number[] {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return children.trim().split(/\s+/).map(Number);
}
