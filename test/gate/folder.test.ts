import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ToolError } from '../../src/core/errors.ts';
import type { Caller } from '../../src/core/tool.ts';
import { startApp } from '../support/app.ts';

/** Two folders of the owner's, outside every allowed one, each with a file of the same name. */
function twoFolders(): [string, string] {
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'claw-folders-')));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const folders = ['here', 'there'].map((name) => path.join(base, name)) as [string, string];
  for (const folder of folders) {
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'a.txt'), path.basename(folder));
  }
  return folders;
}

const standingIn = (folder: string, kind: Caller['kind'] = 'owner'): Caller => ({ kind, folder });

test('an approval means the file of whoever asked, not one of that name where it is made again', async () => {
  const { gate, call } = await startApp({ env: { CLAW_FILE_ROOTS: '' } });
  const [here, there] = twoFolders();
  const asked = await gate.call(standingIn(here), 'file_delete', { path: 'a.txt' }).catch((error: ToolError) => error);
  await call('approval_answer', { id: (asked as ToolError).approvalId, answer: 'approve' });
  await expect(gate.call(standingIn(there), 'file_delete', { path: 'a.txt' })).rejects.toMatchObject({ code: 'approval_required' });
  await gate.call(standingIn(here), 'file_delete', { path: 'a.txt' });
  expect([here, there].map((folder) => existsSync(path.join(folder, 'a.txt')))).toEqual([false, true]);
});

test('a request goes on in the folder where it was made, and is undone there', async () => {
  const { gate, call, output } = await startApp({ env: { CLAW_FILE_ROOTS: '' } });
  const [here, there] = twoFolders();
  const { output: asked } = await gate.call(standingIn(here), 'intake_run', { request: 'delete a.txt' });
  const { runId, approvalId } = asked as { runId: string; approvalId: string };
  await gate.call(standingIn(there), 'approval_answer', { id: approvalId, answer: 'approve' });
  expect(await output('run_wait', { id: runId })).toMatchObject({ status: 'done' });
  expect(existsSync(path.join(here, 'a.txt'))).toBe(false);
  await gate.call(standingIn(there), 'run_undo', { id: runId });
  expect(readFileSync(path.join(here, 'a.txt'), 'utf8')).toBe('here');
  expect((await call('shell_run', { command: ['pwd'] })).output).not.toMatchObject({ stdout: `${here}\n` });
});

test('a command runs where its caller stands', async () => {
  const { gate } = await startApp();
  const [here] = twoFolders();
  expect((await gate.call(standingIn(here), 'shell_run', { command: ['pwd'] })).output).toMatchObject({ stdout: `${here}\n` });
});

test('only the owner brings their current folder, and never the whole disk', async () => {
  const { gate } = await startApp({ env: { CLAW_FILE_ROOTS: '' } });
  const [here] = twoFolders();
  const file = path.join(here, 'a.txt');
  await expect(gate.call(standingIn(here), 'file_read', { path: 'a.txt' })).resolves.toMatchObject({ output: { text: 'here' } });
  await expect(gate.call(standingIn(here, 'mcp'), 'file_read', { path: 'a.txt' })).rejects.toMatchObject({ code: 'denied' });
  await expect(gate.call(standingIn('/'), 'file_read', { path: file })).rejects.toMatchObject({ code: 'denied' });
});
