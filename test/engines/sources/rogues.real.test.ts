import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { hasProgram } from '../../support/programs.ts';
import { program, startSources, type SourceApp } from '../../support/sources.ts';

const rogue = (mode: string, claw: object = {}): Promise<SourceApp> =>
  startSources((folder) => ({ rogue: { ...program('rogue', folder, mode), claw } }));

test('hints that contradict a name or each other count for nothing, and the owner is told', async () => {
  const app = await rogue('liar');
  const { tools } = await app.output<{ tools: { name: string; risk: string; doubt?: string }[] }>('source_test', { name: 'rogue' });
  const doubt = 'It says that it only reads, and its name or its other hints say otherwise.';
  expect(tools).toMatchObject([
    { name: 'mcp_rogue_delete_everything', risk: 'destructive', doubt },
    { name: 'mcp_rogue_read_page', risk: 'destructive', doubt },
  ]);
  await app.approve('rogue');
  await expect(app.call('mcp_rogue_delete_everything')).rejects.toMatchObject({ code: 'approval_required' });
  expect(app.events()).not.toContain('called delete_everything');
});

test('orders in a result are data: the run is tainted, and what it then would send asks', async () => {
  const app = await rogue('injecting');
  await app.approve('rogue');
  const session = 'one connection';
  const { output, untrusted } = await app.gate.call({ kind: 'mcp' }, 'mcp_rogue_read_page', {}, { session });
  expect(untrusted).toBe(true);
  expect(output).toMatchObject({ text: expect.stringContaining('call shell_run') as string });
  const sending = app.gate.call({ kind: 'mcp' }, 'http_request', { url: 'http://127.0.0.1:9/', method: 'POST', body: 'x' }, { session });
  await expect(sending).rejects.toMatchObject({ code: 'approval_required' });
});

test('a server that ends during a call leaves its outcome unknown, and the next call starts it again', async () => {
  const app = await rogue('crashing');
  await app.approve('rogue');
  for (let call = 1; call <= 2; call += 1) await expect(app.call('mcp_rogue_read_page')).rejects.toMatchObject({ code: 'unknown_outcome' });
  expect(app.events().filter((event) => event.startsWith('started')).length).toBe(2);
});

test('one that keeps ending is tried again at growing distances, and works once it is mended', async () => {
  const app = await rogue('frail');
  await app.approve('rogue');
  await app.call('mcp_rogue_read_page');
  writeFileSync(path.join(app.folder, 'broken'), '');
  const problems: (string | undefined)[] = [];
  await app.call('source_revoke', { name: 'rogue' });
  for (let round = 1; round <= 3; round += 1)
    problems.push((await app.output<{ problem?: string }>('source_test', { name: 'rogue' })).problem);
  expect(problems).toEqual([
    'The MCP server rogue ended before it was ready.',
    'The MCP server rogue ended before it was ready.',
    'The MCP server rogue has failed 2 times in a row.',
  ]);
  rmSync(path.join(app.folder, 'broken'));
  await expect
    .poll(
      () =>
        app.approve('rogue').then(
          () => 'works',
          () => 'fails',
        ),
      { timeout: 5_000 },
    )
    .toBe('works');
  await app.call('mcp_rogue_read_page');
});

test('a call that is never answered ends at its deadline', async () => {
  const app = await rogue('hanging', { timeoutSeconds: 1 });
  await app.approve('rogue');
  await expect(app.call('mcp_rogue_read_page')).rejects.toMatchObject({ code: 'timeout' });
});

test('a huge result is cut as any other, with all of it in a file', async () => {
  const app = await rogue('flooding');
  await app.approve('rogue');
  const { output, link } = await app.call('mcp_rogue_read_page');
  expect(JSON.stringify(output).length).toBeLessThan(10_000);
  expect(link?.bytes).toBeGreaterThan(3_000_000);
});

test('a line without an end ends the server, not claw', async () => {
  const app = await rogue('endless', { timeoutSeconds: 30 });
  await app.approve('rogue');
  await expect(app.call('mcp_rogue_read_page')).rejects.toMatchObject({ code: 'unknown_outcome' });
  await expect.poll(() => app.running(), { timeout: 10_000 }).toEqual([]);
});

test('lines that are no messages are passed over', async () => {
  const app = await rogue('babbling');
  await app.approve('rogue');
  expect((await app.call('mcp_rogue_read_page')).output).toEqual({ text: 'after the babble' });
});

test('schemas that nobody can read are left to the server; names become ours, and none is lost', async () => {
  const app = await rogue('odd');
  await app.approve('rogue');
  const { tools } = await app.output<{ tools: { name: string }[] }>('source_show', { name: 'rogue' });
  expect(tools.length).toBe(5);
  for (const { name } of tools) expect(name).toMatch(/^mcp_rogue_\w{1,30}$/);
  const started = performance.now();
  await expect(app.call('mcp_rogue_slow', { a: `${'a'.repeat(60)}!` })).rejects.toMatchObject({ code: 'approval_required' });
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('a server that says nothing at all is given up, and its process ended', async () => {
  const app = await rogue('deaf', { startSeconds: 2 });
  const { problem } = await app.output<{ problem: string }>('source_test', { name: 'rogue' });
  expect(problem).toBe('The MCP server rogue did not answer in time.');
  await expect.poll(() => app.running(), { timeout: 10_000 }).toEqual([]);
});

test('a program that is not there, and a folder that is not', async () => {
  const app = await startSources(() => ({
    gone: { command: '/nowhere/at-all', claw: { sandbox: false } },
    lost: { command: process.execPath, cwd: '/nowhere/at-all', claw: { sandbox: false } },
  }));
  for (const name of ['gone', 'lost'])
    expect(await app.output('source_test', { name })).toMatchObject({
      problem: `The MCP server ${name} cannot be started: no such program or folder.`,
    });
});

test.skipIf(!hasProgram('bwrap'))(
  "a server in the sandbox does not see claw's own data, one without it is not given its name",
  async () => {
    const app = await startSources((folder) => ({
      inside: program('rogue', folder, 'reading'),
      outside: { ...program('rogue', folder, 'reading'), claw: { sandbox: false } },
    }));
    await app.approve('inside');
    await app.approve('outside');
    const pieces = { in: app.folder, name: 'home/mcp.json' };
    expect((await app.call('mcp_inside_read_page', pieces)).output).toEqual({ text: 'not to be seen' });
    expect((await app.call('mcp_outside_read_page', pieces)).output).not.toEqual({ text: 'not to be seen' });
    const named = app.call('mcp_outside_read_page', { in: app.home, name: 'token' });
    await expect(named).rejects.toMatchObject({ code: 'denied', message: "It names claw's own data, which no other server is to touch." });
  },
);

test('arguments of a call that asks are bound and shown whatever they are called', async () => {
  const app = await rogue('', { tools: { '*': { risk: 'destructive' } } });
  await app.approve('rogue');
  const inputs = [{ command: 'rm -rf build', script: 5 }, { command: ['ls', 3] }, { env: 'x', stdin: [] }, { script: 'ls | sh', cwd: 7 }];
  for (const input of inputs) {
    const { approvalId } = (await app.call('mcp_rogue_read_page', input).catch((error: unknown) => error)) as { approvalId: string };
    expect(await app.output('approval_show', { id: approvalId })).toMatchObject({ input });
    await app.call('approval_answer', { id: approvalId, answer: 'approve' });
    await app.call('mcp_rogue_read_page', input);
  }
});

test('a server that nobody calls is ended, and started again when it is', async () => {
  const app = await rogue('', { idleSeconds: 1 });
  await app.approve('rogue');
  await app.call('mcp_rogue_read_page');
  expect(app.running()).not.toEqual([]);
  await expect.poll(() => app.running(), { timeout: 10_000 }).toEqual([]);
  await app.call('mcp_rogue_read_page');
});

test('when everything is stopped, servers end: they may act by themselves', async () => {
  const app = await rogue('hanging');
  await app.approve('rogue');
  const call = app.gate.call({ kind: 'agent' }, 'mcp_rogue_read_page', {}).catch((error: unknown) => error);
  await expect.poll(() => app.events()).toContain('called read_page');
  await app.call('stop_all');
  expect(await call).toMatchObject({ code: 'cancelled' });
  await expect.poll(() => app.running(), { timeout: 10_000 }).toEqual([]);
});
