import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sourcesSchema } from '../../../src/core/source-settings.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { connectLines } from '../../support/mcp-lines.ts';
import { claw, launcher, root } from '../../support/processes.ts';
import { program, startSources } from '../../support/sources.ts';
import { runText } from '../workflow/run-text.ts';

const notes = (folder: string) => ({ notes: program('notes-stdio', folder) });

test('on the command line a server is added, shown, approved, called and removed', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const home = path.join(folder, 'home');
  const run = (...args: string[]) => claw(args, { home });
  const { command, args } = program('notes-stdio', folder) as { command: string; args: string[] };
  const added = await run('call', 'source_add', JSON.stringify({ name: 'notes', command, args }), '--json');
  expect([added.code, added.stderr]).toEqual([0, '']);
  const { hash } = JSON.parse(added.stdout) as { hash: string };
  const early = await run('call', 'mcp_notes_list_notes', '{}', '--json');
  expect([early.code, (JSON.parse(early.stderr) as { code: string }).code]).toEqual([3, 'approval_required']);
  expect((await run('source', 'show', 'notes')).stdout).toContain(`claw source approve notes --hash ${hash}`);
  expect((await run('source', 'approve', 'notes', '--hash', hash)).code).toBe(0);
  expect((await run('call', 'mcp_notes_add_note', '{"text":"milk"}', '--json')).code).toBe(0);
  const listed = await run('call', 'mcp_notes_list_notes', '{}', '--json');
  expect(JSON.parse(listed.stdout)).toEqual({ text: '', data: { notes: ['milk'] } });
  expect((await run('tools')).stdout).toContain('mcp_notes_list_notes');
  expect((await run('source', 'list')).stdout).toMatch(/notes +ready +7 +0 /);
  expect((await run('source', 'remove', 'notes')).code).toBe(0);
  expect((await run('call', 'mcp_notes_list_notes', '{}')).code).toBe(2);
});

test('an approval of a server that a command asked for can be given on the command line', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const home = path.join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(path.join(home, 'mcp.json'), JSON.stringify({ mcpServers: notes(folder) }), { mode: 0o600 });
  const run = (...args: string[]) => claw(args, { home });
  for (let question = 1; question <= 2; question += 1) {
    const asked = await run('call', 'mcp_notes_list_notes', '{}', '--json');
    const { approvalId } = JSON.parse(asked.stderr) as { approvalId: string };
    expect((await run('approval', 'answer', approvalId, 'approve')).code).toBe(0);
  }
  expect((await run('call', 'mcp_notes_list_notes', '{}')).code).toBe(0);
});

test('an MCP client finds them by search and calls them by name; with the toolset mcp they are in its list', async () => {
  const app = await startSources(notes);
  await app.approve('notes');
  const client = connectLines(app);
  const core = await client.ask('tools/list');
  expect(JSON.stringify(core.result)).not.toContain('mcp_notes');
  const found = await client.ask('tools/call', { name: 'tool_search', arguments: { query: 'write a note down', limit: 5 } });
  const { items } = found.result!.structuredContent as { items: { name: string; inputSchema: object }[] };
  const item = items.find(({ name }) => name === 'mcp_notes_add_note');
  expect(item?.inputSchema).toMatchObject({ properties: { text: { type: 'string', minLength: 1, maxLength: 1_000 } }, required: ['text'] });
  const added = await client.ask('tools/call', {
    name: 'tool_call',
    arguments: { tool: 'mcp_notes_add_note', input: { text: 'through two servers' } },
  });
  expect(added.result!.structuredContent).toEqual({ tool: 'mcp_notes_add_note', output: { text: 'Noted: through two servers' } });

  const shown = await connectLines(app, { toolsets: ['mcp'] }).ask('tools/list');
  const tools = shown.result!.tools as { name: string; annotations: object }[];
  expect(tools.map(({ name }) => name)).toContain('mcp_notes_list_notes');
  expect(tools.find(({ name }) => name === 'mcp_notes_clear_notes')?.annotations).toMatchObject({ destructiveHint: true });
  await app.call('source_revoke', { name: 'notes' });
  const later = await connectLines(app, { toolsets: ['all'] }).ask('tools/list');
  expect(JSON.stringify(later.result)).not.toContain('mcp_notes');
});

test('a step of a workflow calls them; where one waits for approval, the run waits, and goes on by itself', async () => {
  const app = await startSources(notes, { recover: true });
  await app.call('source_test', { name: 'notes' });
  const { runId, status } = await runText(
    app,
    'steps:\n  - {id: write, tool: mcp_notes_add_note, input: {text: from a workflow}}\n  - {id: read, tool: mcp_notes_list_notes, needs: [write]}\n',
  );
  expect(status).toBe('waiting');
  const { items } = await app.output<{ items: { id: string; tool: string }[] }>('approval_list', {});
  expect(items.map(({ tool }) => tool)).toEqual(['source_approve']);
  await app.call('approval_answer', { id: items[0]!.id, answer: 'approve' });
  const run = await app.backend.wait(runId, { timeoutMs: 20_000, throughWaiting: true });
  expect(run.status).toBe('done');
  expect(app.events().filter((event) => event.startsWith('add_note'))).toEqual(['add_note from a workflow']);
});

test('a request in plain words reaches them by name and server', async () => {
  const app = await startSources(notes, { recover: true });
  await app.approve('notes');
  const done = await app.output<{ status: string; tasks: { tool: string }[] }>('intake_run', { request: 'list notes with notes' });
  expect(done).toMatchObject({ status: 'done', tasks: [{ tool: 'mcp_notes_list_notes' }] });
  // A server shows nobody that it did what it says, so a write is not called done.
  const wrote = await app.output<{ status: string; tasks: { tool: string; status: string }[] }>('intake_run', {
    request: 'add note with notes: buy bread',
  });
  expect(wrote).toMatchObject({ status: 'unverified', tasks: [{ tool: 'mcp_notes_add_note', status: 'unverified' }] });
  expect(app.events()).toContain('add_note buy bread');
});

test('the example of docs/sources.md works: another claw is a server', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const run = (...args: string[]) => claw(args, { home: path.join(folder, 'home') });
  const way = [
    '--command',
    process.execPath,
    '--args',
    launcher,
    '--args',
    'mcp',
    '--env',
    JSON.stringify({ CLAW_HOME: path.join(folder, 'other') }),
  ];
  const added = await run('source', 'add', 'other', ...way, '--json');
  const { hash } = JSON.parse(added.stdout) as { hash: string };
  expect((await run('source', 'approve', 'other', '--hash', hash)).code).toBe(0);
  const called = await run('call', 'mcp_other_machine_status', '{"parts":["disks"]}', '--json');
  expect(JSON.parse(called.stdout)).toMatchObject({ data: { disks: expect.any(Array) as unknown } });
  const done = await run('do', 'machine status with other', '--json');
  expect(JSON.parse(done.stdout)).toMatchObject({ status: 'done', tasks: [{ tool: 'mcp_other_machine_status' }] });
});

test('every mcp.json of docs/sources.md fits its schema', () => {
  const text = readFileSync(path.join(root, 'docs', 'sources.md'), 'utf8');
  const blocks = [...text.matchAll(/```json\n([^]*?)```/g)].map(([, block]) => sourcesSchema().safeParse(JSON.parse(block!)).error);
  expect(blocks).toEqual([undefined, undefined]);
});
