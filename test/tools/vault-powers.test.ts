import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { callers, type Caller } from '../../src/core/tool.ts';
import { startApp } from '../support/app.ts';

const client: Caller = { kind: 'mcp', name: 'client' };
const writes: [string, Record<string, unknown>][] = [
  ['vault_set', { name: 'gh', value: 'other-4711' }],
  ['vault_set', { name: 'new', value: 'other-4711' }],
  ['vault_rotate', { name: 'gh', value: 'other-4711' }],
  ['vault_import', { path: 'all.env' }],
  ['vault_restore', { generation: 1, names: ['gh'] }],
  ['vault_delete', { name: 'gh' }],
];

describe('what changes the vault', () => {
  test.each(writes)('%s %j asks everyone but the owner, also with a rule that allows it', async (tool, input) => {
    const app = await startApp();
    await app.call('vault_set', { name: 'gh', value: 'first-4711' });
    await app.call('vault_set', { name: 'gh', value: 'second-4711' });
    writeFileSync(path.join(app.files, 'all.env'), 'other=other-4711\n');
    writeFileSync(path.join(app.home, 'policy.yaml'), `rules:\n  - then: allow\n    tool: ${tool}\n`, { mode: 0o600 });
    for (const kind of callers.filter((one) => one !== 'owner')) {
      await expect(app.gate.call({ kind }, tool, input)).rejects.toMatchObject({ code: 'approval_required' });
      await expect(app.gate.call({ kind }, 'tool_call', { tool, input })).rejects.toMatchObject({ code: 'approval_required' });
    }
    await expect(app.call(tool, input)).resolves.toBeDefined();
  });

  test('asks each time: a yes opens one call, and no standing rule is made of it', async () => {
    const app = await startApp();
    const asked = (input: object) => app.gate.call(client, 'vault_set', input).catch((error: unknown) => error as { approvalId: string });
    const first = await asked({ name: 'gh', value: 'first-4711' });
    await app
      .call('approval_answer', { id: (first as { approvalId: string }).approvalId, answer: 'approve', scope: 'always' })
      .catch(() => {});
    await asked({ name: 'gh', value: 'first-4711' });
    expect(await asked({ name: 'gh', value: 'second-4711' })).toMatchObject({ code: 'approval_required' });
    expect(await asked({ name: 'gh', value: 'first-4711' })).toMatchObject({ code: 'approval_required' });
  });

  test('asks the owner too, in a run that has read text from outside', async () => {
    const app = await startApp();
    app.taints.mark('run_1', { readsUntrusted: true });
    const call = app.gate.call({ kind: 'owner' }, 'vault_set', { name: 'gh', value: 'first-4711' }, { run: { id: 'run_1', stepId: 's' } });
    await expect(call).rejects.toMatchObject({ code: 'approval_required' });
  });

  test('names and rules are still read by all', async () => {
    const app = await startApp();
    await app.call('vault_set', { name: 'gh', value: 'first-4711' });
    await expect(app.gate.call(client, 'vault_list', {})).resolves.toMatchObject({ output: { items: [{ name: 'gh' }] } });
    await expect(app.gate.call(client, 'vault_status', {})).resolves.toBeDefined();
  });
});
