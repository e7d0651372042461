import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { sha256 } from '../../../src/core/json.ts';
import { afterCutOff } from '../../../src/engines/watcher/cut-off.ts';
import type { Occurrence } from '../../../src/engines/watcher/template.ts';
import { drop, startInbox } from './inbox.ts';

test('a new file that fits is copied once, by a run whose step is a checked call of the watcher', async () => {
  const { app, inbox, archive, ended } = await startInbox({ glob: '*.pdf' });
  drop(inbox, 'a.pdf');
  drop(inbox, 'b.txt');
  drop(inbox, '.c.pdf');
  const [run] = await ended(1);
  expect(readdirSync(archive)).toEqual(['a.pdf']);
  expect(run).toMatchObject({ status: 'done', caller: 'watcher' });
  await expect(app.backend.steps(run!.id)).resolves.toMatchObject([{ tool: 'file_copy', status: 'done', evidence: [{ ok: true }] }]);
  await expect(app.output('watcher_list')).resolves.toMatchObject({
    watching: true,
    items: [{ name: 'scans', firings: 1, lastRun: run!.id }],
  });
});

test('a file name is an argument and an environment variable, and never a command', async () => {
  const name = '$(touch pwned); `touch pwned` && "x';
  const { app, inbox, runs } = await startInbox({ shell: ['touch', '${{ file.path }}.seen'], ignore: ['*.seen'] });
  drop(inbox, name);
  await vi.waitFor(async () => expect((await runs()).map(({ status }) => status)[0]).toMatch(/done|waiting|failed/), { timeout: 10_000 });
  const [run] = await runs();
  const [step] = await app.backend.steps(run!.id);
  const file = path.join(inbox, name);
  expect(step!.input).toMatchObject({ command: ['touch', `${file}.seen`], env: { WATCHED_FILE: file, WATCHED_EVENT: 'created' } });
  expect(readdirSync(app.files)).not.toContain('pwned');
});

test('add, pause and remove can be taken back', async () => {
  const { app, inbox, archive } = await startInbox();
  const { callId: paused } = await app.call('watcher_pause', { name: 'scans' });
  await expect(app.output('watcher_test', { path: path.join(inbox, 'x.txt') })).resolves.toMatchObject({
    items: [{ events: [], why: 'it is paused (by hand)' }],
  });
  await app.call('run_undo', { id: paused });
  await expect(app.output('watcher_test', { path: path.join(inbox, 'x.txt') })).resolves.toMatchObject({
    items: [{ events: ['created'] }],
  });
  const { callId: removed } = await app.call('watcher_remove', { name: 'scans' });
  await expect(app.output('watcher_list')).resolves.toMatchObject({ items: [] });
  await app.call('run_undo', { id: removed });
  await expect(app.output('watcher_list')).resolves.toMatchObject({ items: [{ name: 'scans', path: inbox }] });
  const { callId: added } = await app.call('watcher_add', { path: inbox, glob: '*.pdf', copy: archive });
  await app.call('run_undo', { id: added });
  await expect(app.output('watcher_list')).resolves.toMatchObject({ items: [{ name: 'scans' }] });
});

test('above its number of files a rule stops, and says so', async () => {
  const { app, inbox, runs } = await startInbox({ maxFiles: 3 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) drop(inbox, name);
  await vi.waitFor(async () =>
    expect(await app.output('status_show')).toMatchObject({ warnings: [expect.stringContaining('more than 3 files')] }),
  );
  expect((await runs()).length).toBeLessThanOrEqual(3);
});

test('a copy that was cut off is finished or found done; what cannot be told stays unknown', async () => {
  const { app, inbox, archive } = await startInbox();
  drop(inbox, 'a.txt', 'text');
  const from = path.join(inbox, 'a.txt');
  const file: Occurrence = { event: 'created', path: from, root: inbox, size: 4, sha256: sha256('text') };
  const copy = { tool: 'file_copy', input: { from, to: `${archive}/` } };
  await expect(afterCutOff(copy, file)).resolves.toBe('not begun');
  await expect(afterCutOff({ tool: 'shell_run', input: {} }, file)).resolves.toBe('unknown');
  drop(archive, 'a.txt', 'text');
  await expect(afterCutOff(copy, file)).resolves.toBe('done');
  drop(archive, 'a.txt', 'other');
  await expect(afterCutOff(copy, file)).resolves.toBe('unknown');
  await app[Symbol.asyncDispose]();
});

test('the example in the documentation is one that works', async () => {
  const { app, inbox } = await startInbox();
  const text = readFileSync(path.join(import.meta.dirname, '..', '..', '..', 'docs', 'watcher.md'), 'utf8');
  const example = /```yaml\n([^]*?)```/.exec(text)![1]!;
  writeFileSync(app.paths.watchers, example.replaceAll(/\/(srv|mnt\/nas)(?=\/)/g, app.files), { mode: 0o600 });
  await expect(app.output('watcher_test', { path: path.join(inbox, 'sub', 'a.pdf') })).resolves.toMatchObject({
    items: [
      { rule: 'scans', events: ['created'] },
      { rule: 'thumbnails', events: [] },
      { rule: 'share', events: [] },
    ],
  });
});

test('in plain words: a watch with what it is for is one rule, proved and taken back; without it nothing is guessed', async () => {
  const { app, inbox, archive } = await startInbox({ name: 'other', glob: '*.never' });
  const request = `watch ${inbox} for new pdf files and copy them to ${archive}`;
  const { callId, output } = await app.call('intake_run', { request });
  expect(output).toMatchObject({ status: 'done', verified: 1, total: 1 });
  const names = async (): Promise<string[]> =>
    (await app.output<{ items: { name: string }[] }>('watcher_list')).items.map(({ name }) => name);
  expect(await names()).toEqual(['other', 'inbox-pdf']);
  expect(readFileSync(app.paths.watchers, 'utf8')).toContain(`copy: ${archive}`);
  await app.call('run_undo', { id: (output as { runId?: string }).runId ?? callId });
  expect(await names()).toEqual(['other']);
  const asked = await app.output('intake_run', { request: `watch ${inbox} for new csv files and tell me about them` });
  expect(asked).toMatchObject({ status: 'waiting' });
  expect(await names()).toEqual(['other']);
});
