import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';

const lines = 100;

test('two processes that add lines to one file at once lose none, and taking one back takes no other along', async () => {
  const base = temporaryFolder();
  const { call, home, files } = await startApp({ home: path.join(base, 'home') });
  const file = path.join(files, 'shared.txt');
  const first = await call('file_write', { path: file, text: 'first', mode: 'line' });
  const children = ['a', 'b'].map((name) => {
    const order = [path.join(import.meta.dirname, 'appending-child.ts'), home, files, file, name, String(lines)];
    return spawn(process.execPath, order, { stdio: 'inherit' });
  });
  onTestFinished(() => children.forEach((child) => void child.kill('SIGKILL')));
  await Promise.all(children.map((child) => once(child, 'exit')));
  const found = readFileSync(file, 'utf8').split('\n');
  for (const name of ['a', 'b']) {
    const own = found.filter((line) => line.startsWith(name));
    expect(own).toEqual(Array.from({ length: lines }, (_, index) => `${name} ${index}`));
  }
  await expect(call('run_undo', { id: first.callId })).resolves.toMatchObject({ output: { status: 'failed', undone: 0 } });
  expect(readFileSync(file, 'utf8').split('\n')).toEqual(found);
});
