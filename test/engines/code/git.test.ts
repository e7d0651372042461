import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { changeSetOf } from '../../../src/engines/code/change-set.ts';
import { createGit } from '../../../src/engines/code/git.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { makeRepository } from '../../support/repository.ts';

/** As on a machine without a sandbox, which would hide what is started. */
const git = createGit({ sandbox: { available: () => false, wrap: (argv) => ({ argv }) }, env: { PATH: process.env.PATH } });
const { signal } = new AbortController();

const settings = [
  'core.fsmonitor',
  'core.pager',
  'core.sshCommand',
  'diff.external',
  'diff.trap.command',
  'diff.trap.textconv',
  'filter.trap.clean',
  'filter.trap.process',
  'filter.trap.smudge',
];

test('nothing that a repository names is started by looking at it', async () => {
  const folder = temporaryFolder();
  const repository = makeRepository(path.join(folder, 'shop'));
  repository.write('a.ts', 'one\n');
  repository.commit('first');
  const [trap, sprung] = [path.join(folder, 'trap.sh'), path.join(folder, 'sprung')];
  writeFileSync(trap, `#!/bin/sh\ntouch ${sprung}\ncat\n`);
  chmodSync(trap, 0o755);
  for (const setting of settings) repository.git('config', setting, trap);
  writeFileSync(path.join(repository.folder, '.git', 'info', 'attributes'), '* filter=trap diff=trap\n');
  repository.write('a.ts', 'two\n');
  expect(() => repository.git('diff')).not.toThrow();
  expect(existsSync(sprung)).toBe(true);
  rmSync(sprung);
  for (const asked of [{}, { staged: true }, { range: 'HEAD' }, { range: 'HEAD..HEAD' }])
    await changeSetOf({ at: repository.folder, ...asked }, { git, signal, mayRead: async () => true });
  expect(existsSync(sprung)).toBe(false);
});

test('a call that is cancelled ends git with it', async () => {
  const repository = makeRepository(path.join(temporaryFolder(), 'shop'));
  await expect(git.ask(repository.folder, ['status'], AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
});
