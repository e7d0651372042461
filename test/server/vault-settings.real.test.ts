import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { claw } from '../support/processes.ts';

const newHome = (): string => path.join(temporaryFolder(), 'home');

interface Setting {
  name: string;
  value?: string;
  source: string;
}

test('a secret named like a setting is that setting from the next start on, after the environment and before .env', async () => {
  const home = newHome();
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(path.join(home, '.env'), 'CLAW_PORT=1111\nCLAW_LOG=error\n');
  const setting = async (name: string, env: Record<string, string> = {}): Promise<Setting> => {
    const { stdout } = await claw(['config', '--json'], { home, env });
    return (JSON.parse(stdout) as { items: Setting[] }).items.find((item) => item.name === name)!;
  };
  await claw(['vault', 'set', 'CLAW_PORT'], { home, stdin: '2222' });
  expect(await setting('CLAW_PORT')).toMatchObject({ value: 2222, source: 'vault' });
  expect(await setting('CLAW_PORT', { CLAW_PORT: '3333' })).toMatchObject({ value: 3333, source: 'environment' });
  expect(await setting('CLAW_LOG')).toMatchObject({ value: 'error', source: '.env' });
  expect(await setting('CLAW_VAULT_PASSPHRASE', { CLAW_VAULT_PASSPHRASE: 'correct horse' })).toMatchObject({
    value: '••••••',
    source: 'environment',
  });
});

test('without settings that the vault is known to hold no server starts, and the way out still works', async () => {
  const home = newHome();
  const file = path.join(home, 'vault.age');
  await claw(['vault', 'set', 'github'], { home, stdin: 'ghp-4711-geheim' });
  const plain = readFileSync(file);
  writeFileSync(file, plain.subarray(0, 100));
  const started = await claw(['mcp'], { home });
  expect([started.code, started.stderr]).toEqual([0, '']);
  writeFileSync(file, plain);
  await claw(['vault', 'set', 'CLAW_PORT'], { home, stdin: '0' });
  await claw(['vault', 'set', 'github', '--rotate-every-days', '30'], { home });
  writeFileSync(file, readFileSync(file).subarray(0, 100));
  for (const server of ['serve', 'mcp']) {
    const { code, stderr } = await claw([server, '--json'], { home });
    expect([code, JSON.parse(stderr)]).toMatchObject([
      2,
      { code: 'bad_config', hint: expect.stringContaining('claw vault restore') as string },
    ]);
  }
  const doctor = await claw(['doctor', '--json'], { home });
  expect(doctor.code).toBe(1);
  expect((JSON.parse(doctor.stdout) as { items: object[] }).items).toContainEqual(
    expect.objectContaining({ check: 'vault', state: 'fault' }),
  );
  const asked = await claw(['vault', 'restore', '2', '--json'], { home });
  const { approvalId } = JSON.parse(asked.stderr) as { approvalId: string };
  await claw(['approval', 'answer', approvalId, 'approve'], { home });
  expect((await claw(['vault', 'restore', '2'], { home })).code).toBe(0);
  const status = await claw(['vault', 'status', '--json'], { home });
  expect(JSON.parse(status.stdout)).toMatchObject({ state: 'ok', settings: ['CLAW_PORT'] });
});
