import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from '../support/app.ts';

function elsewhere(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'claw-elsewhere-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('no path leads out of the allowed folders: neither dots nor links nor claw itself', async () => {
  const { files, home, call } = await startApp();
  const outside = elsewhere();
  writeFileSync(path.join(outside, 'secret.txt'), 'x');
  symlinkSync(outside, path.join(files, 'link'));
  symlinkSync(path.join(outside, 'absent'), path.join(files, 'dangling'));
  symlinkSync(home, path.join(files, 'own'));
  const paths = [
    '../x.txt',
    `${files}/../x.txt`,
    `${outside}/secret.txt`,
    `${files}/link/secret.txt`,
    `${files}/dangling`,
    `${files}/own/token`,
  ];
  for (const one of paths) {
    await expect(call('file_read', { path: one }), one).rejects.toMatchObject({ code: 'denied' });
    await expect(call('file_write', { path: one, text: 'x', mode: 'overwrite' }), one).rejects.toMatchObject({ code: 'denied' });
    await expect(call('file_move', { from: one, to: `${files}/y` }), one).rejects.toMatchObject({ code: 'denied' });
  }
  expect(readFileSync(path.join(outside, 'secret.txt'), 'utf8')).toBe('x');
});

test('a pipe or a device is left alone, and nothing waits for it', async () => {
  const { call } = await startApp({ env: { CLAW_FILE_ROOTS: '/dev' } });
  await expect(call('file_read', { path: '/dev/zero' })).rejects.toMatchObject({ code: 'invalid_input' });
});

test('writing over a file, adding to it and taking it back', async () => {
  const { files, call } = await startApp();
  const file = path.join(files, 'a.txt');
  await call('file_write', { path: file, text: 'one' });
  await expect(call('file_write', { path: file, text: 'two' })).rejects.toMatchObject({ code: 'conflict' });
  const added = await call('file_write', { path: file, text: 'two', mode: 'line' });
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  await call('file_write', { path: file, text: '!', mode: 'append' });
  await expect(call('run_undo', { id: added.callId })).resolves.toMatchObject({ output: { status: 'failed', undone: 0 } });
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n!');
  for (const left of ['one\ntwo\n', 'one']) {
    await call('run_undo', { id: 'last' });
    expect(readFileSync(file, 'utf8')).toBe(left);
  }
});

test('an edit says how many places it changed, and names the way where there is none', async () => {
  const { files, call, output } = await startApp();
  const file = path.join(files, 'a.conf');
  writeFileSync(file, 'port=80\nother=80\n');
  expect(await output('file_edit', { path: file, find: '80', replace: '90' })).toMatchObject({ replaced: 2 });
  expect(readFileSync(file, 'utf8')).toBe('port=90\nother=90\n');
  await expect(call('file_edit', { path: file, find: '80', replace: '$&' })).rejects.toMatchObject({ code: 'not_found' });
});

test('a search counts all, shows some, follows no link and passes over what is not text', async () => {
  const { files, output } = await startApp();
  const outside = elsewhere();
  mkdirSync(path.join(files, 'deep'));
  writeFileSync(path.join(outside, 'd.log'), 'error');
  symlinkSync(outside, path.join(files, 'link'));
  writeFileSync(path.join(files, 'a.log'), 'Error one\nfine\nerror two\n');
  writeFileSync(path.join(files, 'deep', 'b.log'), `${'x'.repeat(500)} error ${'y'.repeat(500)}\n`);
  writeFileSync(path.join(files, 'c.bin'), Buffer.from('error\0'));
  const found = await output<{ items: { line: number; text: string }[] }>('file_search', { path: files, text: 'error', limit: 2 });
  expect(found).toMatchObject({ matches: 3, files: 2, searched: 2, passedOver: 1 });
  expect(found.items).toHaveLength(2);
  expect(await output('file_search', { path: files, text: 'error', ignoreCase: false, pattern: '*.log' })).toMatchObject({ matches: 1 });
});

test('a listing sorts by size, shows one file, and stays inside its folder', async () => {
  const { files, call, output } = await startApp();
  writeFileSync(path.join(files, 'small'), 'x');
  writeFileSync(path.join(files, 'large'), 'x'.repeat(100));
  expect(await output('file_list', { path: files, sortBy: 'size', limit: 1 })).toMatchObject({
    items: [{ path: 'large', sizeBytes: 100 }],
    nextCursor: '1',
  });
  expect(await output('file_list', { path: path.join(files, 'small') })).toMatchObject({ items: [{ path: 'small', kind: 'file' }] });
  await expect(call('file_list', { path: files, pattern: '../*' })).rejects.toMatchObject({ code: 'invalid_input' });
});

test('a move names the file that is not there, and never overwrites', async () => {
  const { files, call } = await startApp();
  writeFileSync(path.join(files, 'a'), 'a');
  writeFileSync(path.join(files, 'b'), 'b');
  const absent = path.join(files, 'absent');
  await expect(call('file_move', { from: absent, to: files })).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('absent'),
  });
  await expect(call('file_move', { from: path.join(files, 'a'), to: path.join(files, 'b') })).rejects.toMatchObject({ code: 'conflict' });
});

test('a folder that was made goes with undo, unless something is in it', async () => {
  const { files, call, output } = await startApp();
  const folder = path.join(files, 'x', 'y');
  await call('folder_create', { path: folder });
  writeFileSync(path.join(folder, 'kept'), '');
  expect(await output('run_undo', { id: 'last' })).toMatchObject({ status: 'failed' });
  expect(readFileSync(path.join(folder, 'kept'), 'utf8')).toBe('');
});

test('a folder that holds claw itself is not moved away with it', async () => {
  const home = path.join(elsewhere(), 'config', 'claw');
  const app = await startApp({ home, env: { CLAW_FILE_ROOTS: path.dirname(path.dirname(home)) } });
  const from = path.dirname(home);
  await expect(app.call('file_move', { from, to: `${from}-2` })).rejects.toMatchObject({ code: 'denied' });
});
