import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { hasSshServer, startSshServer, type SshServer } from '../../support/ssh-server.ts';

const onServer = hasSshServer() ? test : test.skip;

async function serverAndApp(): Promise<{ server: SshServer; app: TestApp }> {
  const server = await startSshServer();
  const app = await startApp();
  writeFileSync(app.paths.knownHosts, server.knownHostsLine, { mode: 0o600 });
  const entry = `{alias: nas, hostname: 127.0.0.1, port: ${server.port}, key_file: ${server.keyFile}, groups: [storage]}`;
  writeFileSync(app.paths.hosts, `# mine\nhosts:\n  - ${entry}\n`, { mode: 0o600 });
  return { server, app };
}

onServer('100 MB go there and come back the same, and nothing is replaced unasked', { timeout: 120_000 }, async () => {
  const { server, app } = await serverAndApp();
  const file = path.join(app.files, 'large.bin');
  writeFileSync(file, randomBytes(100_000_000));
  const remote = path.join(server.folder, 'there.bin');
  const sent = await app.output<{ bytes: number; sha256: string; durationMs: number }>('ssh_upload', {
    host: 'nas',
    from: file,
    to: remote,
  });
  expect(sent.bytes).toBe(100_000_000);
  expect(statSync(remote).size).toBe(100_000_000);
  const back = path.join(app.files, 'back.bin');
  const got = await app.output<{ sha256: string; durationMs: number }>('ssh_download', { host: 'nas', from: remote, to: back });
  expect(got.sha256).toBe(sent.sha256);
  expect(readFileSync(back).equals(readFileSync(file))).toBe(true);
  console.log(`100 MB: up ${sent.durationMs} ms, down ${got.durationMs} ms, digests included`);
  await expect(app.call('ssh_upload', { host: 'nas', from: file, to: remote })).rejects.toMatchObject({ code: 'conflict' });
  await expect(app.call('ssh_download', { host: 'nas', from: remote, to: back })).rejects.toMatchObject({ code: 'conflict' });
  await expect(app.call('ssh_download', { host: 'nas', from: '/nowhere/x', to: 'y' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(app.call('ssh_upload', { host: 'nas', from: file, to: '/nowhere/x' })).rejects.toMatchObject({ code: 'not_found' });
});

onServer('a job goes on without us, tells what it prints, and is ended with all that it has started', { timeout: 60_000 }, async () => {
  const { app } = await serverAndApp();
  const show = async (id: string) =>
    (await app.output<{ items: { status: string; exitCode?: number; stdout?: string }[] }>('ssh_job_show', { host: 'nas', id })).items[0]!;
  const ended = async (id: string) => {
    for (let turn = 0; turn < 100; turn += 1, await pause(100)) if ((await show(id)).status !== 'running') return show(id);
    return show(id);
  };
  const quick = await app.output<{ id: string }>('ssh_job_start', { host: 'nas', command: ['sh', '-c', 'echo begun; exit 7'] });
  expect(await ended(quick.id)).toMatchObject({ status: 'ended', exitCode: 7, stdout: 'begun\n' });
  const long = await app.output<{ id: string }>('ssh_job_start', { host: 'nas', command: ['sleep', '300'] });
  expect(await show(long.id)).toMatchObject({ status: 'running' });
  const stopped = await app.call('ssh_job_stop', { host: 'nas', id: long.id }, { undoing: true });
  expect(stopped.output).toMatchObject({ stopped: true });
  expect(await ended(long.id)).toMatchObject({ status: 'ended' });
  await expect(app.call('ssh_job_show', { host: 'nas', id: 'sjob_none0' })).rejects.toMatchObject({ code: 'not_found' });
});

onServer('health says what answers and how it is', { timeout: 60_000 }, async () => {
  const { app } = await serverAndApp();
  const { items } = await app.output<{ items: Record<string, unknown>[] }>('ssh_health', {});
  expect(items).toEqual([
    expect.objectContaining({
      host: 'nas',
      status: 'ok',
      pingMs: expect.any(Number),
      load: [expect.any(Number), expect.any(Number), expect.any(Number)],
      memory: { totalBytes: expect.any(Number), availableBytes: expect.any(Number) },
      disks: expect.arrayContaining([expect.objectContaining({ mount: '/' })]),
    }),
  ]);
});

test('hosts are added, imported and removed, comments stay, and no value of a secret gets into the file', async () => {
  const app = await startApp();
  await app.call('ssh_host_add', { alias: 'web1', hostname: '127.0.0.1', port: 1, groups: ['web'] });
  writeFileSync(app.paths.hosts, `# mine\n${readFileSync(app.paths.hosts, 'utf8')}`);
  await expect(app.call('ssh_host_add', { alias: 'web1', hostname: '10.0.0.9' })).rejects.toMatchObject({ code: 'conflict' });
  await expect(app.call('ssh_host_add', { alias: 'web2', hostname: '127.0.0.1', port: 1, jump: 'web9' })).rejects.toMatchObject({
    code: 'bad_config',
    message: expect.stringContaining('there is no host called web9'),
  });
  await app.call('vault_set', { name: 'web-password', value: 'kerfuffle-77' });
  await expect(app.call('ssh_host_add', { alias: 'web3', hostname: '127.0.0.1', port: 1, key_file: 'kerfuffle-77' })).rejects.toMatchObject(
    {
      code: 'invalid_input',
    },
  );
  const config = path.join(app.files, 'config');
  mkdirSync(app.files, { recursive: true });
  writeFileSync(
    config,
    'Host *\n  User anna\nHost proxmox\n  HostName 10.0.0.2\n  Port 2222\nHost vm\n  ProxyJump proxmox\nHost odd\n  ProxyCommand nc %h %p\nHost lost\n  ProxyJump nobody\nMatch exec "touch /tmp/never"\n  User root\n',
  );
  const imported = await app.output<{ added: string[]; left: { alias: string }[] }>('ssh_host_import', { file: config });
  expect(imported.added).toEqual(['proxmox', 'vm']);
  expect(imported.left.map(({ alias }) => alias)).toEqual(['odd', 'lost']);
  await app.call('ssh_host_remove', { host: 'web1' });
  const text = readFileSync(app.paths.hosts, 'utf8');
  expect(text).toContain('# mine');
  expect(text).not.toContain('web1');
  const { items } = await app.output<{ items: unknown[] }>('ssh_hosts', {});
  expect(items).toEqual([
    expect.objectContaining({ alias: 'proxmox', hostname: '10.0.0.2', port: 2222, username: 'anna' }),
    expect.objectContaining({ alias: 'vm', hostname: 'vm', jump: 'proxmox', username: 'anna' }),
  ]);
});
