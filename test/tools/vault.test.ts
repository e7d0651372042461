import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Caller } from '../../src/core/tool.ts';
import { tools } from '../../src/tools/index.ts';
import { onDisk } from '../support/on-disk.ts';
import { owner, startApp, type TestApp } from '../support/app.ts';

const client: Caller = { kind: 'mcp', name: 'client' };
const value = 'tok-4711-geheim';

const appWithToken = async (): Promise<TestApp> => {
  const app = await startApp();
  await app.call('vault_set', { name: 'token', value });
  return app;
};

const approved = async (app: TestApp, caller: Caller, tool: string, input: unknown) => {
  const asked = (await app.gate.call(caller, tool, input).catch((error: unknown) => error)) as { approvalId: string };
  await app.call('approval_answer', { id: asked.approvalId, answer: 'approve' });
  return app.gate.call(caller, tool, input);
};

describe('a value that is set', () => {
  test('is in no output, no record and no file, whoever sets it and however', async () => {
    const app = await startApp();
    const outputs = [
      await app.call('vault_set', { name: 'direct', value }),
      await approved(app, client, 'vault_set', { name: 'client', value: `${value}-2` }),
      await app.call('tool_call', { tool: 'vault_set', input: { name: 'nested', value: `${value}-3` } }),
      await app.call('vault_rotate', { name: 'direct', value: `${value}-4` }),
      await app.call('vault_list'),
      await app.call('vault_status'),
    ];
    await app.gate.call(client, 'vault_set', { name: 'bad name', value }).catch(() => {});
    await app.gate.call(client, 'tool_call', { tool: 'vault_set', input: { name: 'bad name', value } }).catch(() => {});
    expect(JSON.stringify(outputs)).not.toContain(value);
    expect(onDisk(app.home)).not.toContain(value);
    expect(JSON.stringify(await app.call('audit_search', { tool: 'vault_set' }))).toContain('[REDACTED:claw]');
  });

  test('is not in the question that asks for it either', async () => {
    const ask = defineTool({
      name: 'lock_set',
      title: 'Demo',
      description: 'For tests.',
      examples: [],
      risk: 'destructive',
      secretFields: ['pin'],
      input: z.object({ pin: z.string() }),
      output: z.object({}),
      run: () => ({}),
    });
    const app = await startApp({ tools: [...tools, ask] });
    await app.call('lock_set', { pin: value }).catch(() => {});
    expect(JSON.stringify(await app.call('approval_list'))).toContain('lock_set');
    expect(onDisk(app.home)).not.toContain(value);
    await expect(app.call('lock_set', { pin: '123' })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('comes back by undo, without being in the undo row', async () => {
    const app = await appWithToken();
    const { callId } = await app.call('vault_set', { name: 'token', value: `${value}-new` });
    await expect(app.output('run_undo', { id: callId })).resolves.toMatchObject({ status: 'done' });
    await expect(app.reveal('token')).resolves.toBe(value);
    expect(onDisk(app.home)).not.toContain(`${value}-new`);
  });

  test('goes with an undo where it was new, and comes back where it was deleted', async () => {
    const app = await startApp();
    const { callId } = await app.call('vault_set', { name: 'token', value });
    await app.call('run_undo', { id: callId });
    await expect(app.output('vault_list')).resolves.toEqual({ items: [] });
    await app.call('vault_set', { name: 'token', value });
    const deleted = await approved(app, owner, 'vault_delete', { name: 'token' });
    await app.call('run_undo', { id: deleted.callId });
    await expect(app.output('vault_list')).resolves.toMatchObject({ items: [{ name: 'token' }] });
  });

  test('no tool gives it back', () => {
    const names = tools.map(({ name }) => name).filter((name) => name.startsWith('vault_'));
    expect(names.toSorted()).toEqual(
      ['delete', 'export', 'import', 'list', 'restore', 'rotate', 'set', 'status'].map((verb) => `vault_${verb}`),
    );
  });
});

describe('.env files', () => {
  test('an export asks the owner, is closed to others, reads back as it was, and overwrites nothing', async () => {
    const app = await startApp();
    const secrets = { PLAIN: 'plain-value', SPACES: ' a  b # c ', LINES: 'one\ntwo', QUOTES: `it's "so" \\n`, UNICODE: 'schlüssel-☃' };
    for (const [name, text] of Object.entries(secrets)) await app.call('vault_set', { name, value: text });
    const input = { path: path.join(app.files, 'all.env') };
    await expect(app.gate.call(client, 'vault_export', input)).rejects.toMatchObject({ code: 'denied' });
    await expect(app.call('vault_export', input)).rejects.toMatchObject({ code: 'approval_required' });
    const { output } = await approved(app, owner, 'vault_export', input);
    expect(JSON.stringify(output)).not.toContain('plain-value');
    expect(parseEnv(readFileSync(input.path, 'utf8'))).toEqual(secrets);
    expect(statSync(input.path).mode & 0o777).toBe(0o600);
    await expect(approved(app, owner, 'vault_export', input)).rejects.toMatchObject({ code: 'conflict' });
    await expect(approved(app, owner, 'vault_export', { path: path.join(app.home, 'x.env') })).rejects.toMatchObject({ code: 'denied' });
    expect(existsSync(path.join(app.home, 'x.env'))).toBe(false);
  });

  test('an import takes what is new, says what it left and why, and can be undone', async () => {
    const app = await appWithToken();
    const file = path.join(app.files, 'app.env');
    writeFileSync(file, `token=other-value\nNEW_ONE="fresh value"\nSHORT=ab\nCLAW_PROT=12345\n`);
    const { output, callId } = await app.call('vault_import', { path: file });
    expect(output).toMatchObject({ imported: ['NEW_ONE'], skipped: [{ name: 'CLAW_PROT' }, { name: 'SHORT' }, { name: 'token' }] });
    expect(JSON.stringify(output)).not.toMatch(/other-value|fresh value|12345/);
    await app.call('run_undo', { id: callId });
    await expect(app.output('vault_list')).resolves.toMatchObject({ items: [{ name: 'token' }] });
    await expect(app.output('vault_import', { path: file, overwrite: true })).resolves.toMatchObject({ imported: ['NEW_ONE', 'token'] });
  });
});

test('a broken vault is said by vault_status, keeps nothing else from working, and vault_restore mends it', async () => {
  const app = await appWithToken();
  await app.call('vault_set', { name: 'token', value: `${value}-2` });
  const file = path.join(app.home, 'vault.age');
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
  await expect(app.output('vault_status')).resolves.toMatchObject({
    state: 'truncated',
    problem: { hint: expect.stringContaining('claw vault restore 1') as string },
  });
  await expect(app.call('vault_list')).rejects.toMatchObject({
    code: 'bad_config',
    hint: expect.stringContaining('claw vault restore 1') as string,
  });
  await expect(app.call('status_show')).resolves.toBeDefined();
  await expect(app.call('vault_restore', { generation: 1 })).rejects.toMatchObject({ code: 'approval_required' });
  await approved(app, owner, 'vault_restore', { generation: 1 });
  await expect(app.output('vault_status')).resolves.toMatchObject({ state: 'ok', generation: 3 });
});
