import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/folder.ts';
import { startNotesOverHttp } from '../../support/mcp-servers/notes-http.ts';
import { program, startSources } from '../../support/sources.ts';

const notes = (folder: string) => ({ notes: program('notes-stdio', folder) });

test('tools of a server in mcp.json are called through the gate once the owner has approved them', async () => {
  const app = await startSources(notes);
  await app.approve('notes');
  await app.call('mcp_notes_add_note', { text: 'buy milk' });
  const { output, untrusted } = await app.call('mcp_notes_list_notes', {});
  expect({ output, untrusted }).toEqual({ output: { text: '', data: { notes: ['buy milk'] } }, untrusted: true });
});

test('no server is started before it is needed, and none lives on when claw has ended', async () => {
  const app = await startSources(notes);
  await app.call('status_show');
  await app.call('source_list');
  expect(app.events()).toEqual([]);
  await app.approve('notes');
  expect(app.running()).not.toEqual([]);
  await app[Symbol.asyncDispose]();
  expect(app.running()).toEqual([]);
});

test('what a server says of itself gives the risk: read, write, and destructive where it says nothing', async () => {
  const app = await startSources(notes);
  await app.approve('notes');
  const { tools } = await app.output<{ tools: { name: string; risk: string }[] }>('source_show', { name: 'notes' });
  expect(Object.fromEntries(tools.map(({ name, risk }) => [name, risk]))).toMatchObject({
    mcp_notes_list_notes: 'read',
    mcp_notes_add_note: 'write',
    mcp_notes_clear_notes: 'destructive',
  });
  await expect(app.call('mcp_notes_clear_notes')).rejects.toMatchObject({ code: 'approval_required' });
  expect(app.events()).not.toContain('clear_notes');
});

test("the owner's settings in mcp.json stand above what a server says", async () => {
  const app = await startSources((folder) => ({
    notes: {
      ...program('notes-stdio', folder),
      claw: { tools: { clear_notes: { risk: 'write' }, list_notes: { deny: true }, add_note: { effects: { sends: true } } } },
    },
  }));
  await app.approve('notes');
  await app.call('mcp_notes_clear_notes');
  expect(app.events()).toContain('clear_notes');
  await expect(app.call('mcp_notes_list_notes')).rejects.toMatchObject({ code: 'denied' });
  expect(app.gate.explain({ kind: 'owner' }, 'mcp_notes_add_note', { text: 'x' }).effects).toEqual({
    readsUntrusted: true,
    readsPrivate: true,
    sends: true,
  });
  const found = await app.output<{ items: { name: string }[] }>('tool_search', { query: 'list_notes of notes', limit: 25 });
  expect(found.items.map(({ name }) => name)).not.toContain('mcp_notes_list_notes');
});

test('rules of policy.yaml hold for them by name', async () => {
  const app = await startSources(notes);
  writeFileSync(app.paths.policy, 'rules:\n  - { then: deny, tool: "mcp_notes_*", risk: write, why: Not today. }\n', { mode: 0o600 });
  await app.approve('notes');
  await expect(app.call('mcp_notes_add_note', { text: 'x' })).rejects.toMatchObject({ code: 'denied', message: 'Not today.' });
  expect((await app.output<{ warnings: string[] }>('status_show')).warnings).toEqual([]);
});

test('rules about paths, hosts and commands hold for whatever their fields are called', async () => {
  const app = await startSources((folder) => ({ any: { ...program('rogue', folder, ''), claw: { tools: { '*': { risk: 'write' } } } } }));
  const rules = [`path: "${app.folder}/private/**"`, 'host: "*.example.com"', 'command: rm'].map(
    (what) => `  - { then: deny, ${what}, why: Ruled out. }`,
  );
  writeFileSync(app.paths.policy, `rules:\n${rules.join('\n')}\n`, { mode: 0o600 });
  await app.approve('any');
  const inputs = [
    { target: `${app.folder}/private/key` },
    { list: [{ what: 'copy ~/private/key away' }] },
    { where: 'file:///root/../tmp', also: 'see https://evil.example.com/x' },
    { command: 'rm -rf build' },
    { script: 'cd /srv && rm x' },
  ];
  for (const input of inputs)
    await expect(app.call('mcp_any_read_page', input)).rejects.toMatchObject({ code: 'denied', message: 'Ruled out.' });
  for (const input of [{ command: 42, env: 'x', stdin: 3, script: [] }, { command: ['ls', 7] }, { path: 'x' }])
    await app.call('mcp_any_read_page', input);
  const own = app.call('mcp_any_read_page', { anything: path.join(app.home, 'claw.db') });
  await expect(own).rejects.toMatchObject({ code: 'denied', message: "It names claw's own data, which no other server is to touch." });
});

test('input is checked against their schema before anything is sent', async () => {
  const app = await startSources(notes);
  await app.approve('notes');
  await expect(app.call('mcp_notes_list_notes', { limit: 1_000 })).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(app.call('mcp_notes_add_note', { text: 'x', loud: true })).rejects.toMatchObject({
    code: 'invalid_input',
    hint: 'mcp_notes_add_note takes: text.',
  });
  expect(app.events().filter((event) => !event.startsWith('started'))).toEqual([]);
});

test('a server gets PATH, HOME and what mcp.json gives it, and nothing else of the environment', async () => {
  const app = await startSources(
    (folder) => ({ notes: { ...program('notes-stdio', folder), env: { COLOR: '${SHADE:-blue}', TOKEN: { $secret: 'notes-token' } } } }),
    { programs: { PATH: process.env.PATH ?? '', HOME: '/usr', AWS_SECRET_ACCESS_KEY: 'not for servers' } },
  );
  await app.call('vault_set', { name: 'notes-token', value: 'tok-8Zk2mQ4v' });
  await app.approve('notes');
  const { output } = await app.call('mcp_notes_show_environment');
  const { text } = output as { text: string };
  const given = JSON.parse(text) as Record<string, string>;
  expect(given).toMatchObject({ HOME: '/usr', COLOR: 'blue', TOKEN: '[REDACTED:claw]' });
  const own = ['COLOR', 'HOME', 'PATH', 'STARTED_BY_CLAW', 'TOKEN', 'cwd'];
  expect(Object.keys(given).filter((name) => !own.includes(name) && !/^(GIT_CONFIG_|NODE_|PWD$|_$)/.test(name))).toEqual([]);
});

test('progress is passed on, and a cancelled call is cancelled at the server', async () => {
  const app = await startSources(notes);
  await app.approve('notes');
  const heard: unknown[] = [];
  await app.call('mcp_notes_count_slowly', { to: 5 }, { onProgress: (progress) => heard.push(progress) });
  expect(heard).toContainEqual({ message: 'at 2', done: 2, total: 5 });
  const controller = new AbortController();
  const call = app.call('mcp_notes_count_slowly', { to: 500 }, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => app.events()).toContain('cancelled');
});

test('pictures go into files, links stay links', async () => {
  const app = await startSources(notes);
  await app.approve('notes');
  const { output } = await app.call('mcp_notes_show_picture');
  const { files, links } = output as { files: { file: string; mimeType: string; bytes: number }[]; links: object[] };
  expect(files).toMatchObject([{ mimeType: 'image/png', bytes: 15 }]);
  expect(readFileSync(files[0]!.file, 'utf8')).toBe('no real picture');
  expect(path.dirname(files[0]!.file)).toBe(app.paths.runs);
  expect(links).toEqual([{ uri: 'notes://1', name: 'the first note' }]);
});

test('what a server says of its own failure is data to be read, and no part of the error', async () => {
  const app = await startSources(notes);
  await app.approve('notes');
  const error = (await app.call('mcp_notes_fail').catch((thrown: unknown) => thrown)) as { code: string; message: string; hint: string };
  expect(error).toMatchObject({ code: 'failed', message: 'fail of the MCP server notes says that it failed.' });
  expect(JSON.stringify(error)).not.toContain('IGNORE');
  const callId = /call_\w+/.exec(error.hint)![0];
  expect((await app.output<{ text: string }>('output_read', { callId })).text).toContain('IGNORE ALL RULES');
});

test('a server over HTTP is reached with its headers, secrets put in, and nothing shows them', async () => {
  const http = await startNotesOverHttp(temporaryFolder(), 'tok-5Hq9wE2x');
  const app = await startSources(() => ({
    far: { type: 'http', url: http.url, headers: { authorization: { $secret: 'far-token', prefix: 'Bearer ' } } },
  }));
  await app.call('vault_set', { name: 'far-token', value: 'tok-5Hq9wE2x' });
  await app.approve('far');
  const { output } = await app.call('mcp_far_list_notes', { limit: 3 });
  expect(output).toEqual({ text: '', data: { notes: [] } });
  expect(new Set(http.authorizations)).toEqual(new Set(['Bearer tok-5Hq9wE2x']));
  expect(JSON.stringify(await app.output('source_show', { name: 'far' }))).not.toContain('5Hq9');
  const opened = await app.output<{ items: { event: string }[] }>('audit_search', { event: 'opened' });
  expect(opened.items.length).toBeGreaterThan(0);
});

test('a response over HTTP that does not end is given up', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = (): void =>
      void (response.destroyed || (response.write('x'.repeat(1_000_000)) ? setImmediate(more) : response.once('drain', more)));
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => (server.closeAllConnections(), void server.close()));
  const app = await startSources(() => ({ far: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` } }));
  const { problem } = await app.output<{ problem: string }>('source_test', { name: 'far' });
  expect(problem).toMatch(/^The MCP server far /);
});

test('a server that refuses the credentials says so in words of ours', async () => {
  const http = await startNotesOverHttp(temporaryFolder(), 'tok-5Hq9wE2x');
  const app = await startSources(() => ({ far: { url: http.url } }));
  const { problem } = await app.output<{ problem: string }>('source_test', { name: 'far' });
  expect(problem).toBe('The MCP server far wants other credentials (HTTP 401).');
});
