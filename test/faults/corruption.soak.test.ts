import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createApp, type App } from '../../src/app.ts';
import { loadConfig } from '../../src/core/config.ts';
import { ToolError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { owner } from '../support/app.ts';
import { describeCorruption, type Victim } from './corruption.ts';

const count = process.env.CLAW_SOAK === '1' ? 500 : 40;

async function open(home: string): Promise<App> {
  const cwd = path.dirname(home);
  const config = loadConfig({ env: { CLAW_HOME: home, CLAW_FILE_ROOTS: cwd }, cwd, root: cwd });
  return createApp({ config, log: silentLog, folder: cwd });
}

async function fill(home: string): Promise<void> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(home, '.env'), '# settings\nCLAW_PORT=8207\nCLAW_LOG=error\nOTHER="of another program"\n', { mode: 0o600 });
  writeFileSync(path.join(home, 'token'), `${'a1-_Z'.repeat(9)}\n`, { mode: 0o600 });
  writeFileSync(path.join(home, 'policy.yaml'), 'rules:\n  - name: no notes\n    then: ask\n    tool: memory_forget\n', { mode: 0o600 });
  await using app = await open(home);
  const call = async (tool: string, input: unknown): Promise<unknown> => app.gate.call(owner, tool, input).catch(() => {});
  for (let index = 0; index < 30; index += 1)
    await call('memory_remember', { text: `memory ${index}: the backup of machine ${index} runs at night` });
  await call('file_write', { path: 'kept.txt', text: 'kept' });
  await call('file_delete', { path: 'kept.txt' });
  await call('intake_run', { request: 'check the memory of this machine' });
  await call('shell_run', { command: ['rm', '-rf', '/'] });
  await call('vault_set', { name: 'key', value: 'a value of some length' });
}

const reads: [string, unknown][] = [
  ['status_show', {}],
  ['memory_list', {}],
  ['memory_recall', { query: 'backup' }],
  ['memory_stats', {}],
  ['run_list', {}],
  ['approval_list', {}],
  ['audit_tail', { limit: 200 }],
  ['memory_remember', { text: 'one more' }],
];

async function use(app: App): Promise<void> {
  for (const [tool, input] of reads) await app.gate.call(owner, tool, input);
}

async function openWithToken(home: string): Promise<App> {
  const app = await open(home);
  try {
    app.token.current();
    return app;
  } catch (error) {
    await app[Symbol.asyncDispose]();
    throw error;
  }
}

/** A cut tail is written again; any other difference is for audit_verify to tell. */
async function verify(app: App): Promise<void> {
  const { output } = await app.gate.call(owner, 'audit_verify', {});
  if (!(output as { ok: boolean }).ok)
    throw new ToolError('conflict', 'audit.log is not what was written.', { hint: 'As audit_verify says.' });
}

async function useSecret(app: App): Promise<void> {
  await app.gate.call(owner, 'vault_list', {});
  await app.gate.call(owner, 'shell_run', { command: ['wc', '-c'], stdin: { $secret: 'key' } });
}

/** What is left of a rule may be a rule that asks more. */
async function underPolicy(app: App): Promise<void> {
  await use(app).catch((error: ToolError) => {
    if (error.code !== 'approval_required') throw error;
  });
}

const victims: Victim<App>[] = [
  { name: 'claw.db', fill, open, use },
  { name: 'memory.db', fill, open, use },
  { name: 'token', fill, open: openWithToken, use },
  { name: '.env', fill, open, use },
  { name: 'audit.log', fill, open, use: verify },
  { name: 'vault.age', fill, open, use: useSecret },
  { name: 'identity.txt', fill, open, use: useSecret },
  { name: 'policy.yaml', fill, open, use: underPolicy },
];

victims.forEach((victim, index) => describeCorruption(victim, { seed: 20_260_810 + index, count }));
