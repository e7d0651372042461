import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';

test('what tool_call did is undone by the call that did it', async () => {
  const app = await startApp();
  const file = path.join(app.files, 'notes.txt');
  writeFileSync(file, 'before');
  const call = { tool: 'file_write', input: { path: file, text: 'after', mode: 'overwrite' } };
  const { callId, undoable } = await app.call('tool_call', call);
  expect(undoable).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe('after');
  await expect(app.output('run_undo', { id: callId })).resolves.toMatchObject({ status: 'done', undone: 1 });
  expect(readFileSync(file, 'utf8')).toBe('before');
});

test('tool_call of what cannot be undone says so, and one within a run is undone with the run', async () => {
  const app = await startApp();
  await expect(app.call('tool_call', { tool: 'memory_stats' })).resolves.toMatchObject({ undoable: false });
  const file = path.join(app.files, 'new.txt');
  await app.call('tool_call', { tool: 'file_write', input: { path: file, text: 'x' } }, { run: { id: 'run_1', stepId: 's' } });
  expect(existsSync(file)).toBe(true);
  await expect(app.output('run_undo', { id: 'run_1' })).resolves.toMatchObject({ status: 'done', undone: 1 });
  expect(existsSync(file)).toBe(false);
});
