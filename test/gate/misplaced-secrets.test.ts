import { describe, expect, test } from 'vitest';
import { ToolError } from '../../src/core/errors.ts';
import type { Caller } from '../../src/core/tool.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { onDisk } from '../support/on-disk.ts';

const client: Caller = { kind: 'mcp', name: 'client' };
const value = 'hunter-4711-geheim';
const sound = { name: 'gh', value };
const misspelt = { name: 'gh', valeu: value };

/** Ways to hand over a secret so that the call is never made as it was meant. */
const slips: Record<string, [string, unknown]> = {
  'a misspelt field': ['vault_set', misspelt],
  'a misspelt name field': ['vault_set', { nam: 'gh', value }],
  'the value in the place of the name': ['vault_set', { name: `${value} x`, value: 'x' }],
  'the value as a field': ['vault_set', { name: 'gh', [value]: true }],
  'a list': ['vault_set', [value]],
  'a text': ['vault_set', value],
  'a value in the place of a list': ['vault_set', { name: 'gh', hosts: value }],
  'a value in a list of another': ['vault_set', { name: 'gh', value: [value] }],
  'an object as the value': ['vault_set', { name: 'gh', value: { text: value } }],
  'a misspelt rotation': ['vault_rotate', { secret: 'gh', new: value }],
  'a misspelt tool': ['vault_sett', sound],
  'a tool in capitals': ['Vault.Set', sound],
  'a tool that is not there': ['secret_set', { tool: 'vault_set', input: sound }],
};
/** Whatever passes a call on, or keeps it. */
const wrappings: Record<string, (tool: string, input: unknown) => [string, unknown]> = {
  'by itself': (tool, input) => [tool, input],
  'in tool_call': (tool, input) => ['tool_call', { tool, input }],
  'in tool_call with a misspelt input': (tool, input) => ['tool_call', { tool, inptu: input }],
  'in tool_call as arguments': (tool, input) => ['tool_call', { name: tool, arguments: input }],
  'flat in tool_call': (tool, input) => ['tool_call', { tool, ...(input as object) }],
  'in tool_call in tool_call': (tool, input) => ['tool_call', { tool: 'tool_call', input: { tool, input } }],
  'in policy_test': (tool, input) => ['policy_test', { tool, input }],
  'in the text of policy_test': (tool, input) => ['policy_test', { call: `${tool} ${JSON.stringify(input)}` }],
  'in the torn text of policy_test': (tool, input) => ['policy_test', { call: `${tool} ${JSON.stringify(input).slice(0, -1)}` }],
  'in a job': (tool, input) => ['cron_add', { schedule: '@daily', tool, input }],
  'in a step of a job': (tool, input) => ['cron_add', { schedule: '@daily', steps: [{ tool, input }] }],
  'in a job with no schedule': (tool, input) => ['cron_add', { steps: [{ tool, input }] }],
  'in a change of a job': (tool, input) => ['cron_update', { id: 'job_1', tool, input }],
  'in a rule for files': (tool, input) => ['watcher_add', { path: 'in', tool, input }],
  'in a step of a rule for files': (tool, input) => ['watcher_add', { path: 'in', steps: [{ tool, input }] }],
  'as JSON in a request of a job': (tool, input) => ['cron_add', { schedule: '@daily', claude: JSON.stringify({ tool, input }) }],
};

/** The call as a step of a run, which is recorded before the gate sees it. */
async function asStep(app: TestApp, tool: string, input: unknown): Promise<void> {
  const work = app.gate.call(client, tool, input);
  work.catch(() => {});
  await app.lasting.hold({ caller: client, tool, input, session: undefined, work, cancel: () => {} });
}

/** Where a text stands, if it does, so that a failure shows the row. */
const around = (text: string, whole: string): string => {
  const at = whole.indexOf(text);
  return at === -1 ? '' : whole.slice(Math.max(0, at - 300), at + 100);
};

describe('a secret that stands in the wrong place', () => {
  test.each(Object.keys(wrappings))('%s gets into no record, no row and no error', async (where) => {
    const app = await startApp();
    const told: unknown[] = [];
    for (const [tool, input] of [...Object.values(slips), ['vault_set', sound] as [string, unknown]]) {
      const [name, given] = wrappings[where]!(tool, input);
      for (const caller of [client, { kind: 'owner' } as const]) {
        told.push(await app.gate.call(caller, name, given).catch((error: unknown) => error));
        await asStep(app, name, given);
      }
    }
    await app.settled();
    told.push(await app.output('audit_tail', { limit: 100 }), await app.output('run_list', {}), await app.output('approval_list', {}));
    const texts = JSON.stringify(told.map((one) => (one instanceof ToolError ? one.toJSON() : one)));
    expect(around(value, texts)).toBe('');
    expect(around(value, onDisk(app.home))).toBe('');
  });

  test('names the fields that there are, not the one that there is not', async () => {
    const app = await startApp();
    await expect(app.call('vault_set', misspelt)).rejects.toMatchObject({
      message: 'What was given is no input of vault_set.',
      hint: expect.stringContaining('value?') as string,
    });
  });

  test('is refused in what is kept to be called later, with the way to do it', async () => {
    const app = await startApp();
    for (const input of [sound, misspelt]) {
      await expect(app.call('cron_add', { schedule: '@daily', tool: 'vault_set', input })).rejects.toMatchObject({
        code: 'invalid_input',
        hint: expect.stringContaining('claw vault set') as string,
      });
    }
    await app.call('vault_set', sound);
    const body = { schedule: '@daily', shell: ['login', value] };
    await expect(app.call('cron_add', body)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(
      app.call('cron_add', { schedule: '@daily', tool: 'vault_set', input: { name: 'gh', tools: ['http_request'] } }),
    ).resolves.toBeDefined();
  });

  test('a call without one is recorded as it was', async () => {
    const app = await startApp();
    await app.call('vault_set', { name: 'gh', value, hosts: ['api.github.com'] });
    await app.call('policy_test', { call: 'vault_set {"name":"gh"}' });
    const rows = JSON.stringify(await app.output('audit_tail', { limit: 20 }));
    expect(rows).toContain('api.github.com');
    expect(rows).toContain(String.raw`vault_set {\\\"name\\\":\\\"gh\\\"}`);
  });
});
