import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runsHooks } from '../../src/core/commands/git-hooks.ts';
import { temporaryFolder } from '../support/folder.ts';

/** A repository with a folder in it, and what stands in its settings and among its hooks. */
function repository({ config = '', hooks = ['pre-commit.sample'] }: { config?: string; hooks?: string[] }): string {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, '.git', 'hooks'), { recursive: true });
  mkdirSync(path.join(folder, 'src'));
  writeFileSync(path.join(folder, '.git', 'config'), config);
  for (const hook of hooks) writeFileSync(path.join(folder, '.git', 'hooks', hook), '');
  return folder;
}

const commit = 'git commit -m x';

test('git runs what the hooks of a repository say, wherever in it the command stands', () => {
  const folder = repository({ hooks: ['pre-commit'] });
  for (const script of [commit, 'git push', 'git checkout -b x', 'ls && git merge x', `git -C ${folder} commit`])
    expect([script, runsHooks({ script, cwd: folder })]).toEqual([script, true]);
  expect(runsHooks({ script: commit, cwd: path.join(folder, 'src') })).toBe(true);
  expect(runsHooks({ script: `cd ${folder} && ${commit}`, cwd: '/' })).toBe(true);
  expect(runsHooks({ script: `git -C ${folder} commit`, cwd: '/' })).toBe(true);
});

test('so it does where the settings name another folder of hooks', () => {
  const folder = repository({ config: '[core]\n\thooksPath = .husky\n' });
  expect(runsHooks({ script: commit, cwd: folder })).toBe(true);
});

test('and so does any command of git where the settings name a program', () => {
  const settings = [
    '[core] fsmonitor = x',
    '[diff]\n\texternal = x',
    '[filter "a"]\n  clean= x',
    '[include]\n\tpath = x',
    '[remote "o"]\n\turl = ext::x',
  ];
  for (const config of [...settings, '[alias]\n\tst = "!x"', '[credential]\n\thelper = !x'])
    for (const script of ['git status', 'git diff', 'git add .', 'git log -p'])
      expect([config, script, runsHooks({ script, cwd: repository({ config }) })]).toEqual([config, script, true]);
  const usual =
    '[core]\n\tbare = false\n\tfsmonitor = true\n[remote "origin"]\n\turl = https://example.org/x?path=y\n[user]\n\tname = a\n[branch "main"]\n\tremote = origin\n';
  expect(runsHooks({ script: 'git status', cwd: repository({ config: usual }) })).toBe(false);
});

test('without hooks, and for what runs none, it does not', () => {
  expect(runsHooks({ script: commit, cwd: repository({}) })).toBe(false);
  const hooked = repository({ hooks: ['pre-commit'] });
  for (const script of ['git status', 'git log', 'git add .', 'echo git commit'])
    expect([script, runsHooks({ script, cwd: hooked })]).toEqual([script, false]);
});
