import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { hasSshServer, startSshServer, type SshServer } from '../../support/ssh-server.ts';

const onServer = hasSshServer() ? test : test.skip;

interface Results {
  ok: boolean;
  items: { host: string; status: string; exitCode: number | null; stdout: string; stderr: string }[];
}

async function appFor(server: SshServer, more = ''): Promise<TestApp> {
  const app = await startApp();
  writeFileSync(app.paths.knownHosts, server.knownHostsLine, { mode: 0o600 });
  writeFileSync(
    app.paths.hosts,
    `hosts:\n  - {alias: nas, hostname: 127.0.0.1, port: ${server.port}, key_file: ${server.keyFile}, groups: [storage]}\n${more}`,
    { mode: 0o600 },
  );
  return app;
}

onServer('a command runs on the host as words, and says how it ended', async () => {
  const app = await appFor(await startSshServer());
  const well = await app.output<Results>('ssh_run', { host: 'nas', command: ['printf', '%s|', "it's", '$HOME', 'a b', '*'] });
  expect(well).toMatchObject({ ok: true, items: [{ host: 'nas', status: 'ok', exitCode: 0, stdout: "it's|$HOME|a b|*|", stderr: '' }] });
  const badly = await app.output<Results>('ssh_run', { host: 'nas', script: 'echo out; echo err >&2; exit 3' });
  expect(badly).toMatchObject({ ok: false, items: [{ status: 'failed', exitCode: 3, stdout: 'out\n', stderr: 'err\n' }] });
  const fed = await app.output<Results>('ssh_run', { host: 'storage', command: ['cat'], stdin: 'given\n', cwd: '/' });
  expect(fed.items[0]!.stdout).toBe('given\n');
});

onServer(
  '50 commands at once on a server that allows ten on a connection, then 500 one after the other',
  { timeout: 120_000 },
  async () => {
    const app = await appFor(await startSshServer());
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const all = await Promise.all(
      numbers.map((number) => app.output<Results>('ssh_run', { host: 'nas', command: ['echo', String(number)] })),
    );
    expect(all.map(({ items }) => items[0]!.stdout)).toEqual(numbers.map((number) => `${number}\n`));
    const began = performance.now();
    for (let index = 0; index < 500; index += 1) {
      const { items } = await app.output<Results>('ssh_run', { host: 'nas', command: ['echo', String(index)] });
      expect(items[0]!.stdout).toBe(`${index}\n`);
    }
    console.log(`500 commands, ${Math.round(500 / ((performance.now() - began) / 1_000))} a second`);
  },
);
