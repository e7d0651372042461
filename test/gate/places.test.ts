import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { OpenGate } from '../../src/gate/gate-types.ts';
import { createApp, type App } from '../../src/app.ts';
import { loadConfig } from '../../src/core/config.ts';
import { silentLog } from '../../src/core/log.ts';
import { callers, type CallerKind } from '../../src/core/tool.ts';
import { isTrustedPath } from '../../src/core/trusted-path.ts';
import { temporaryFolder } from '../support/folder.ts';

/** A user's home with claw's folder, a project and some links in it; files may be touched anywhere below. */
async function open(): Promise<{ app: App; gate: OpenGate; user: string }> {
  const user = path.join(temporaryFolder(), 'user');
  const made = ['.claw', '.config/fish', 'keys', 'dotfiles/hooks', 'project/.git', 'project/bin', 'stage', 'tools/bin', '.local'];
  for (const folder of made) mkdirSync(path.join(user, folder), { recursive: true, mode: 0o700 });
  const links: [string, string][] = [
    ['.ssh', 'keys'],
    ['.bashrc', 'dotfiles/bash'],
    ['project/.git/hooks', 'dotfiles/hooks'],
    ['project/link', '.config'],
    ['harmless.txt', '.profile'],
  ];
  for (const file of ['dotfiles/bash', '.profile', 'stage/notes', 'stage/post-commit']) writeFileSync(path.join(user, file), 'echo 1\n');
  for (const [link, target] of links) symlinkSync(path.join(user, target), path.join(user, link));
  const env = { HOME: user, PATH: path.join(user, 'tools', 'bin'), CLAW_HOME: path.join(user, '.claw'), CLAW_FILE_ROOTS: user };
  const app = await createApp({ config: loadConfig({ env, cwd: user, root: user }), env, folder: user, log: silentLog });
  const gate = await app.openGate();
  onTestFinished(() => app[Symbol.asyncDispose]());
  return { app, gate, user };
}

const trusted = [
  '.bashrc',
  '.BashRC',
  '.zshrc',
  '.profile',
  'project/../.profile',
  'harmless.txt',
  'dotfiles/bash',
  '.ssh/authorized_keys',
  'keys/config',
  'project/.ssh/config',
  '.gnupg/gpg.conf',
  '.gitconfig',
  'project/.git/config',
  'project/.git/hooks/post-commit',
  'dotfiles/hooks/post-commit',
  'project/.git/modules/a/config',
  'bare.git/hooks/update',
  'project/HEAD',
  'project/.husky/pre-commit',
  '.npmrc',
  'project/.npmrc',
  '.netrc',
  '.vimrc',
  'project/.envrc',
  '.config/systemd/user/a.service',
  'project/link/systemd/user/a.service',
  '.config/autostart/a.desktop',
  '.config/fish/config.fish',
  'bin/ls',
  '.local/bin/ls',
  '.cargo/bin/ls',
  'tools/bin/ls',
  'project/node_modules/.bin/tsc',
  'project/.vscode/tasks.json',
  'project/.mcp.json',
  '.docker/config.json',
  'project/.devcontainer/devcontainer.json',
  'project/.yarn/releases/yarn.cjs',
  'project/.venv/lib/python3/site-packages/a.pth',
  '.\u200bbashrc',
];

const ordinary = [
  'notes.txt',
  'project/Makefile',
  'project/package.json',
  'project/bin/run.sh',
  'project/src/engines/cron/cron.ts',
  'project/deploy/systemd/a.service',
  'project/src/hooks/use-state.ts',
  'project/.gitignore',
  'project/.github/workflows/ci.yml',
  'project/profile.md',
  'project/.config.json',
  '.config/app/settings.json',
  '.local/share/notes/today.md',
  'ssh/readme.md',
];

/** Each way to write a file, as a call; `name` tells apart a file and the folder it is put in. */
const ways: Record<string, (user: string, place: string) => [tool: string, input: object]> = {
  write: (user, place) => ['file_write', { path: path.join(user, place), text: 'x', mode: 'overwrite' }],
  append: (user, place) => ['file_write', { path: `${user}/${place}`, text: 'x', mode: 'line' }],
  edit: (user, place) => ['file_edit', { path: path.join(user, place), find: 'echo', replace: 'x' }],
  export: (user, place) => ['memory_export', { path: path.join(user, place), format: 'markdown' }],
  restore: (user, place) => ['file_restore', { path: path.join(user, place), backup: 'bak_1' }],
  copy: (user, place) => ['file_copy', { from: path.join(user, 'stage/notes'), to: path.join(user, place), overwrite: true }],
  'copy under its name': (user, place) => ['file_copy', { from: named(user, place), to: `${path.dirname(path.join(user, place))}/` }],
  move: (user, place) => ['file_move', { from: path.join(user, 'stage/notes'), to: path.join(user, place) }],
  'move under its name': (user, place) => ['file_move', { from: named(user, place), to: `${path.dirname(path.join(user, place))}/` }],
  'a job’s call': (user, place) => ['cron_add', { schedule: '@daily', tool: 'file_write', input: { path: `${user}/${place}`, text: 'x' } }],
  'a job’s call of tool_call': (user, place) => [
    'cron_add',
    { schedule: '@daily', tool: 'tool_call', input: { tool: 'file_write', input: { path: `${user}/${place}`, text: 'x' } } },
  ],
  'a job’s result': (user, place) => ['cron_add', { schedule: '@daily', shell: ['date'], output: { file: path.join(user, place) } }],
  'a watcher’s step': (user, place) => [
    'watcher_add',
    { path: path.join(user, 'stage'), steps: [{ tool: 'file_copy', input: { from: '${{ file.path }}', to: path.join(user, place) } }] },
  ],
};

/** A harmless file elsewhere of the same name. */
const named = (user: string, place: string): string => path.join(user, 'stage', path.basename(place));

test(
  'whoever is not the owner is asked for every way to write what others execute or trust, and for nothing else',
  { timeout: 60_000 },
  async () => {
    const { gate, user } = await open();
    const verdictOf = (kind: CallerKind, call: [string, object]): string => gate.explain({ kind }, ...call).verdict;
    const cells = Object.entries(ways).flatMap(([way, make]) =>
      callers.flatMap((kind) => [
        ...trusted.map((place) => ({
          cell: `${way} ${place} by ${kind}`,
          expected: kind === 'owner' ? 'allow' : 'ask',
          kind,
          make,
          place,
        })),
        ...ordinary.map((place) => ({ cell: `${way} ${place} by ${kind}`, expected: 'allow', kind, make, place })),
      ]),
    );
    const wrong = cells
      .map(({ cell, expected, kind, make, place }) => ({ cell, expected, found: verdictOf(kind, make(user, place)) }))
      .filter(({ expected, found }) => found !== expected);
    console.log(`${cells.length} cells of ways, places and callers: ${wrong.length} wrong`);
    expect(wrong).toEqual([]);
  },
);

test.for<[string, (user: string) => [string, object]]>([
  ['a folder with units, moved to where settings are', (user) => ['file_move', { from: `${user}/stage`, to: `${user}/other/.config` }]],
  ['a folder moved to where a bare repository is looked for', (user) => ['file_move', { from: `${user}/stage`, to: `${user}/bare.git` }]],
  ['a folder moved to where a repository keeps its own', (user) => ['file_move', { from: `${user}/stage`, to: `${user}/keys/.git` }]],
  ['settings moved away whole', (user) => ['file_move', { from: `${user}/.config`, to: `${user}/other` }]],
  ['a folder above one with programs, moved away', (user) => ['file_move', { from: `${user}/tools`, to: `${user}/other` }]],
  ['the keys that .ssh is a link to, moved away', (user) => ['file_move', { from: `${user}/keys`, to: `${user}/other` }]],
  ['an own folder for programs', (user) => ['folder_create', { path: `${user}/bin` }]],
  ['the name of its end in a folder', (user) => ['file_copy', { from: `${user}/harmless.txt`, to: user, overwrite: true }]],
  ['another place for a repository’s own', (user) => ['file_write', { path: `${user}/stage/.git`, text: 'gitdir: /tmp/evil' }]],
  ['a watcher that copies into a folder of units', (user) => ['watcher_add', { path: user, copy: `${user}/.config/systemd/user` }]],
])('asked: %s', async ([, call]) => {
  const { gate, user } = await open();
  expect(gate.explain({ kind: 'mcp' }, ...call(user))).toMatchObject({ verdict: 'ask', effects: { persists: true } });
  expect(gate.explain({ kind: 'owner' }, ...call(user))).toMatchObject({ verdict: 'allow' });
});

test.for<[string, (user: string) => [string, object]]>([
  ['a project moved elsewhere', (user) => ['file_move', { from: `${user}/project`, to: `${user}/archive/` }]],
  ['a watcher that copies documents', (user) => ['watcher_add', { path: `${user}/stage`, copy: `${user}/archive` }]],
  ['a job that writes a report', (user) => ['cron_add', { schedule: '@daily', shell: ['date'], output: { file: `${user}/report.txt` } }]],
  ['a start-up file copied for safe keeping', (user) => ['file_copy', { from: `${user}/.bashrc`, to: `${user}/stage/bash.bak` }]],
  ['a start-up file read', (user) => ['file_read', { path: `${user}/.bashrc` }]],
])('not asked: %s', async ([, call]) => {
  const { gate, user } = await open();
  expect(gate.explain({ kind: 'mcp' }, ...call(user))).toMatchObject({ verdict: 'allow' });
});

test('a question leaves the file as it was, also through tool_call, and says what the place is', async () => {
  const { app, user } = await open();
  const call = { path: path.join(user, '.bashrc'), text: 'evil', mode: 'overwrite' };
  const refused = { code: 'approval_required', message: expect.stringContaining('Others execute or trust') };
  await expect(app.gate.call({ kind: 'mcp' }, 'file_write', call)).rejects.toMatchObject(refused);
  await expect(app.gate.call({ kind: 'mcp' }, 'tool_call', { tool: 'file_write', input: call })).rejects.toMatchObject(refused);
  expect(readFileSync(path.join(user, '.bashrc'), 'utf8')).toBe('echo 1\n');
  await app.gate.call({ kind: 'owner' }, 'file_write', call);
  expect(readFileSync(path.join(user, 'dotfiles', 'bash'), 'utf8')).toBe('evil');
});

test('claw’s own program is changed by nobody but the owner, who is asked', async () => {
  const root = path.dirname(path.dirname(import.meta.dirname));
  const env = { HOME: root, CLAW_HOME: path.join(temporaryFolder(), 'claw'), CLAW_FILE_ROOTS: root };
  const app = await createApp({ config: loadConfig({ env, cwd: root, root }), env, folder: root, log: silentLog });
  const gate = await app.openGate();
  onTestFinished(() => app[Symbol.asyncDispose]());
  const files = ['src/main.ts', 'bin/claw.js', 'dist/main.js', 'prompts/new.md', 'node_modules/zod/index.js', 'package.json'];
  for (const file of files) {
    const call = { path: path.join(root, file), text: 'x' };
    for (const kind of callers.filter((one) => one !== 'owner'))
      await expect(app.gate.call({ kind }, 'file_write', call)).rejects.toMatchObject({ code: 'denied' });
    expect(gate.explain({ kind: 'owner' }, 'file_write', call)).toMatchObject({ verdict: 'ask' });
  }
  expect(existsSync(path.join(root, 'prompts', 'new.md'))).toBe(false);
  const moved = { from: path.dirname(root), to: path.join(path.dirname(root), 'elsewhere') };
  expect(gate.explain({ kind: 'mcp' }, 'file_move', moved)).toMatchObject({ verdict: 'deny' });
});

test.for([
  ['one long name', 'a'.repeat(100_000)],
  ['many folders', '.a/'.repeat(30_000)],
  ['many repositories', 'a.git/'.repeat(16_000)],
  ['many folders of programs', '/opt/' + 'bin'.repeat(30_000)],
  ['many packages', '/site-packages'.repeat(7_000)],
])('%s is judged in time', ([, file]) => {
  const started = performance.now();
  isTrustedPath(file!);
  isTrustedPath(file!, '/home/pi');
  expect(performance.now() - started).toBeLessThan(2_000);
});
