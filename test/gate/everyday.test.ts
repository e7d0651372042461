import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { Caller } from '../../src/core/tool.ts';
import type { CallOptions } from '../../src/gate/gate-types.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { startEchoServer } from '../support/echo-server.ts';
import { temporaryFolder } from '../support/folder.ts';
import { connectLines } from '../support/mcp-lines.ts';
import { everyday, type EverydayCall } from './everyday-calls.ts';

const words = (script: string): string[] => script.match(/[a-z][\w.-]*/gi) ?? [];

/** Programs that end well and do nothing, under every name that a line could start: nothing of this machine is restarted. */
function standIns(): string {
  const folder = temporaryFolder();
  for (const name of new Set(everyday.flatMap(([, { script }]) => words(script ?? '')))) {
    writeFileSync(path.join(folder, name), '#!/bin/sh\nexit 0\n');
    chmodSync(path.join(folder, name), 0o755);
  }
  return folder;
}

async function start(programs: string): Promise<{ app: TestApp; calls: EverydayCall[] }> {
  const server = await startEchoServer();
  const home = path.join(temporaryFolder(), 'home');
  const files = path.join(path.dirname(home), 'files');
  mkdirSync(files);
  for (const [name, text] of [
    ['notes.txt', 'todo: call on Monday\n'],
    ['old.txt', 'old'],
    ['old.log', 'old'],
  ] as const)
    writeFileSync(path.join(files, name), text);
  const app = await startApp({ home, env: { CLAW_HTTP_ALLOW: server.host }, programs: { PATH: programs, HOME: files } });
  const calls = everyday.map(([tool, input]): EverydayCall => [tool, tool === 'http_request' ? { ...input, url: server.url } : input]);
  return { app, calls };
}

interface Outcome {
  call: string;
  code?: string;
  message?: string;
  approvalId?: string;
}

async function make(app: TestApp, [tool, input]: EverydayCall, options: CallOptions): Promise<Outcome> {
  const owner: Caller = { kind: 'owner', folder: app.files };
  const call = `${tool} ${JSON.stringify(input)}`;
  return app.gate.call(owner, tool, input, options).then(
    () => ({ call }),
    ({ code, message, approvalId }: Outcome) => ({ call, code, message, approvalId }),
  );
}

/** As the command line makes a call, and as the only step of a run that was made from the request. */
const ways: [string, (app: TestApp, call: EverydayCall) => CallOptions][] = [
  ['called by the owner', () => ({})],
  [
    'as a step that the request fixed',
    (app, [tool, input]) => {
      const id = newId('run');
      app.taints.fix(id, [{ tool, input }]);
      return { run: { id, stepId: 'step' } };
    },
  ],
];

test.for(ways)(
  'of a hundred ordinary requests at most five ask, none is refused, and each question shows why: %s',
  { timeout: 120_000 },
  async ([way, options]) => {
    const { app, calls } = await start(standIns());
    const outcomes: Outcome[] = [];
    for (const call of calls) outcomes.push(await make(app, call, options(app, call)));
    const asked = outcomes.filter(({ code }) => code === 'approval_required');
    console.log(
      `${outcomes.length} ordinary requests, ${way}: ${asked.length} ask\n${asked.map(({ call, message }) => `  ${call}: ${message}`).join('\n')}`,
    );
    expect(outcomes).toHaveLength(100);
    expect(outcomes.filter(({ code }) => code !== undefined && code !== 'approval_required')).toEqual([]);
    expect(asked.length).toBeLessThanOrEqual(5);
    for (const { call, approvalId } of asked) {
      const { output, summary } = await app.call('approval_show', { id: approvalId });
      expect([call, (output as { reason: string }).reason]).toEqual([call, expect.stringMatching(/^It is destructive: .{10,}/)]);
      expect(summary).toContain(call.split(' ')[0]);
      expect(summary).toMatch(/changes +(delete|run) /);
    }
  },
);

/** What an assistant does in a project, one call after another in one session. */
const assistants: [string, object][] = [
  ['file_list', { path: '.' }],
  ['file_read', { path: 'notes.txt' }],
  ['file_search', { path: '.', text: 'todo' }],
  ['shell_run', { command: ['ls', '-la'] }],
  ['shell_run', { script: 'cat notes.txt | head -n 5' }],
  ['shell_run', { script: 'grep -rn todo . | wc -l' }],
  ['shell_run', { command: ['find', '.', '-name', '*.txt'] }],
  ['shell_run', { script: 'df -h; uptime; free -m' }],
  ['folder_create', { path: 'src' }],
  ['file_write', { path: 'src/main.ts', text: 'export const a = 1;' }],
  ['file_edit', { path: 'src/main.ts', find: '1', replace: '2' }],
  ['file_write', { path: 'README.md', text: '# Project' }],
  ['file_copy', { from: 'README.md', to: 'src/README.md' }],
  ['file_move', { from: 'src/README.md', to: 'src/notes.md' }],
  ['file_read', { path: 'src/main.ts' }],
  ['memory_recall', { query: 'project' }],
  ['machine_status', {}],
  ['run_list', {}],
  ['audit_tail', {}],
  ['policy_test', { call: 'file_read {"path":"notes.txt"}' }],
  ['shell_run', { command: ['cat', 'src/main.ts'] }],
  ['file_write', { path: 'src/more.ts', text: 'export const b = 2;' }],
];

test('an assistant that reads and writes in a project is not asked, though it has read files by then', { timeout: 60_000 }, async () => {
  const { app } = await start(process.env.PATH ?? '');
  const lines = connectLines(app, { toolsets: ['all'], folder: app.files });
  for (const [name, input] of assistants) {
    const { result } = await lines.ask('tools/call', { name, arguments: input });
    expect([name, input, result]).toEqual([name, input, expect.not.objectContaining({ isError: true })]);
  }
  expect(app.approvals.list({ limit: 10 })).toEqual([]);
});
