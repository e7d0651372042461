import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test as always } from 'vitest';
import type { OpenGate } from '../../../src/gate/gate-types.ts';
import { createApp, type App } from '../../../src/app.ts';
import { loadConfig } from '../../../src/core/config.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { Caller } from '../../../src/core/tool.ts';
import { createSandbox } from '../../../src/engines/shell/sandbox.ts';
import { temporaryFolder } from '../../support/folder.ts';

const isHere = createSandbox({ hidden: [] }).available();
if (!isHere) console.log('bubblewrap cannot start here, so what it guards is not tested: scripts/install-system-packages.sh');
const test = always.skipIf(!isHere);

const mcp: Caller = { kind: 'mcp' };
const owner: Caller = { kind: 'owner' };

interface Place {
  app: App;
  gate: OpenGate;
  user: string;
  project: string;
  run(
    command: string[],
    options?: { caller?: Caller; cwd?: string; script?: string },
  ): Promise<{ ok: boolean; stdout: string; stderr: string }>;
}

/** A home with a project in it, a repository of git, whose package runs what PROGRAM says when it is tested. */
async function homeWith(program: string): Promise<Place> {
  const user = path.join(temporaryFolder(), 'user');
  const project = path.join(user, 'src', 'project');
  for (const folder of [project, path.join(user, '.config', 'ordinary'), path.join(user, '.local', 'share', 'ordinary')])
    mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(user, '.bashrc'), '# mine\n');
  execFileSync('git', ['init', '-q', project]);
  writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', scripts: { test: 'sh test.sh' } }));
  writeFileSync(path.join(project, 'test.sh'), program);
  const env = { HOME: user, PATH: process.env.PATH, CLAW_HOME: path.join(user, '.claw') };
  const config = loadConfig({ env, cwd: project, root: project });
  const app = await createApp({ config, env, folder: project, log: silentLog });
  const gate = await app.openGate();
  onTestFinished(() => app[Symbol.asyncDispose]());
  const run: Place['run'] = async (command, { caller = mcp, cwd = project, script } = {}) => {
    const input = { ...(script === undefined ? { command } : { script }), cwd, timeoutMs: 60_000 };
    return (await app.gate.call(caller, 'shell_run', input)).output as { ok: boolean; stdout: string; stderr: string };
  };
  return { app, gate, user, project, run };
}

const startup = [
  '.bashrc',
  '.bash_profile',
  '.profile',
  '.zshenv',
  '.ssh/authorized_keys',
  '.gitconfig',
  '.npmrc',
  '.config/systemd/user/x.service',
  '.config/autostart/x.desktop',
  '.config/environment.d/x.conf',
  '.config/fish/config.fish',
  '.local/bin/ls',
  '.local/share/systemd/user/x.service',
  '.local/share/applications/x.desktop',
  'bin/ls',
  'src/project/.git/hooks/pre-commit',
  'src/project/.git/config',
];

const attack = (user: string): string =>
  startup.map((file) => `mkdir -p "$(dirname ${user}/${file})"; echo evil >> ${user}/${file}`).join('\n');

test('a program that nobody has looked into changes and makes no start-up file, key, unit, hook or program of the user', async () => {
  const place = await homeWith('');
  writeFileSync(
    path.join(place.project, 'test.sh'),
    `${attack(place.user)}\necho built > result.txt\necho data > ${place.user}/.config/ordinary/x\n`,
  );
  expect(await place.run(['npm', 'test'])).toMatchObject({ ok: true });
  const changed = startup.filter(
    (file) => existsSync(path.join(place.user, file)) && readFileSync(path.join(place.user, file), 'utf8').includes('evil'),
  );
  expect(changed).toEqual([]);
  expect(readFileSync(path.join(place.project, 'result.txt'), 'utf8')).toBe('built\n');
  expect(readFileSync(path.join(place.user, '.config/ordinary/x'), 'utf8')).toBe('data\n');
});

test('nor by putting a folder away and making it anew, by a link, or by a mount of its own', async () => {
  const place = await homeWith('');
  const { user } = place;
  writeFileSync(
    path.join(place.project, 'test.sh'),
    [
      `mv ${user}/.config ${user}/c; mkdir -p ${user}/.config/autostart; echo evil > ${user}/.config/autostart/x`,
      `mv ${user} ${user}2; mkdir -p ${user}/.ssh; echo evil > ${user}/.ssh/authorized_keys`,
      `mv .git g; cp -r g .git; echo evil > .git/hooks/pre-commit`,
      `cd ..; mv project p2; cp -r p2 project; echo evil > project/.git/hooks/pre-commit; cd -`,
      `ln -sf /dev/null ${user}/.bashrc; rm -f ${user}/.bashrc`,
      `umount ${user}; mount -o remount,rw ${user}; unshare -Urm sh -c 'mount -o remount,rw,bind ${user}; echo evil > ${user}/.zshenv'`,
      `echo evil > ${user}/.zshenv`,
      'true',
    ].join('\n'),
  );
  await place.run(['npm', 'test']);
  expect(readFileSync(path.join(user, '.bashrc'), 'utf8')).toBe('# mine\n');
  for (const file of ['.config/autostart/x', '.ssh/authorized_keys', '.zshenv', 'src/project/.git/hooks/pre-commit', 'src/project/p2'])
    expect([file, existsSync(path.join(user, file))]).toEqual([file, false]);
  expect(existsSync(path.join(place.project, '.git', 'HEAD'))).toBe(true);
});

test.for([
  ['an archive, from the folder above', 'cd ../.. && tar xf src/project/a.tar'],
  ['an archive, by an option', 'tar xf a.tar --one-top-level=USER'],
  ['an archive, by another option', 'tar xf a.tar --directory=../..'],
  ['a patch', 'patch -p1 -d ../.. -i PROJECT/a.patch'],
  ['a folder that is copied whole', 'cp -r d/. ../..'],
  ['a glob', 'cp d/.z* ../..'],
  ['a prefix', 'csplit -s -f ../../.zsh -b env%.0d a.patch 1'],
  ['a name that is put together', 'cp a.patch ../../.xenv && rename x zsh ../../.xenv'],
  ['what a packed file was called', 'gzip -kN d/.zshenv && mv d/.zshenv.gz ../../z.gz && gunzip -N ../../z.gz'],
  ['a link made earlier, then a folder', 'mkdir -p config/fish'],
  ['a link made earlier, then a file', 'echo evil > home/.zshenv'],
  ['a link made earlier, by another command', 'cp a.patch home/.zshenv'],
  ['a link made earlier, then cd', 'cd config && mkdir fish'],
  ['a glob that is moved', 'mv d/.[z]* ../..'],
  ['a folder below an ordinary name', 'cp -r d/x/.config ../..'],
])('what a command writes without naming it is no start-up file: %s', async ([, script]) => {
  const { user, project, run } = await homeWith('');
  for (const [name, text] of [
    ['d/.zshenv', 'evil'],
    ['d/x/.config/fish/config.fish', 'evil'],
    ['a.patch', newFile],
  ] as const) {
    mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    writeFileSync(path.join(project, name), text);
  }
  execFileSync('tar', ['cf', 'a.tar', '-C', 'd', '.zshenv'], { cwd: project });
  symlinkSync(path.join(user, '.config'), path.join(project, 'config'));
  symlinkSync(user, path.join(project, 'home'));
  await run([], { script: script!.replace('USER', user).replace('PROJECT', project) }).catch(() => undefined);
  for (const name of ['.zshenv', '.config/fish']) expect([name, existsSync(path.join(user, name))]).toEqual([name, false]);
});

const newFile = '--- /dev/null\n+++ b/.zshenv\n@@ -0,0 +1 @@\n+evil\n';

test('a repository that came with settings of its own runs nothing among start-up files, and one that only looks like it nothing at all', async () => {
  const { user, project, run } = await homeWith('');
  const config = `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfsmonitor = "echo ran >> ${project}/ran; echo evil > ${user}/.zshenv; true"\n`;
  for (const folder of ['theirs/.git', 'bare']) {
    for (const name of ['objects', 'refs']) mkdirSync(path.join(project, folder, name), { recursive: true });
    writeFileSync(path.join(project, folder, 'HEAD'), 'ref: refs/heads/main\n');
  }
  writeFileSync(path.join(project, 'theirs/.git/config'), config);
  writeFileSync(path.join(project, 'bare/config'), `${config}\tworktree = ..\n`);
  await run(['git', 'add', '.'], { cwd: path.join(project, 'bare') });
  await run(['git', 'status'], { cwd: path.join(project, 'bare') });
  expect(existsSync(path.join(project, 'ran'))).toBe(false);
  writeFileSync(path.join(project, 'theirs', 'x'), 'x');
  await run(['git', 'add', '.'], { cwd: path.join(project, 'theirs') });
  await run(['git', 'status'], { cwd: path.join(project, 'theirs') });
  expect([existsSync(path.join(project, 'ran')), existsSync(path.join(user, '.zshenv'))]).toEqual([true, false]);
});

test('what unpacks or copies whole folders still does so among ordinary ones', async () => {
  const { project, run } = await homeWith('');
  for (const folder of ['d/e', 'out']) mkdirSync(path.join(project, folder), { recursive: true });
  writeFileSync(path.join(project, 'd/e/f'), 'x');
  const script = 'tar cf a.tar d && tar xf a.tar -C out && cp -r d copied && cp d/e/* out/ && mv copied ../moved && git init -q new';
  expect(await run([], { script })).toMatchObject({ ok: true });
  for (const file of ['out/d/e/f', 'out/f', '../moved/e/f']) expect(readFileSync(path.join(project, file), 'utf8')).toBe('x');
});

test('a program that nobody has looked into does not reach the sockets by which others start things', async () => {
  const { user, project, run } = await homeWith('');
  const socket = path.join(user, '.docker', 'run', 'docker.sock');
  mkdirSync(path.dirname(socket), { recursive: true });
  const server = createServer((connection) => connection.end('HTTP/1.0 200 OK\r\n\r\nreached')).listen(socket);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const asked = `curl -s --unix-socket ${socket} http://d/version > heard.txt; true\n`;
  writeFileSync(path.join(project, 'test.sh'), asked);
  await run(['npm', 'test']);
  expect(readFileSync(path.join(project, 'heard.txt'), 'utf8')).toBe('');
  await run(['npm', 'test'], { caller: owner });
  expect(readFileSync(path.join(project, 'heard.txt'), 'utf8')).toBe('reached');
});

test('what fails because of it says why, and the way on', async () => {
  const place = await homeWith('echo x > ~/.zshenv');
  expect(await place.run(['npm', 'test'])).toMatchObject({ ok: false, stderr: expect.stringContaining('let the owner run it') });
});

test('the owner’s own programs do what they do', async () => {
  const place = await homeWith('echo mine >> ~/.zshenv');
  await place.run(['npm', 'test'], { caller: owner });
  expect(readFileSync(path.join(place.user, '.zshenv'), 'utf8')).toBe('mine\n');
});

test('ordinary work of an assistant goes on unasked: git, files in the project and beside it, a build', async () => {
  const place = await homeWith('mkdir -p dist && echo built > dist/out.txt && mktemp > /dev/null');
  for (const command of [
    ['git', 'config', 'user.email', 'a@example.org'],
    ['git', 'config', 'user.name', 'a'],
    ['git', 'add', '.'],
    ['git', 'commit', '-q', '-m', 'Begin'],
    ['git', 'remote', 'add', 'origin', '../other'],
    ['git', 'checkout', '-b', 'feature'],
    ['touch', path.join(place.user, 'notes.txt')],
    ['mkdir', path.join(place.user, 'new')],
    ['npm', 'test'],
    ['git', 'status'],
  ])
    expect([command, await place.run(command)]).toMatchObject([command, { ok: true }]);
  expect(existsSync(path.join(place.project, 'dist', 'out.txt'))).toBe(true);
});

test('in the home folder itself an unknown program asks', async () => {
  const place = await homeWith('');
  await expect(place.run(['npm', 'test'], { cwd: place.user })).rejects.toMatchObject({ code: 'approval_required' });
  expect(await place.run(['ls'], { cwd: place.user })).toMatchObject({ ok: true });
});

test('what a person said yes to is not held back', async () => {
  const place = await homeWith('');
  const script = `echo mine >> ${place.user}/.zshenv`;
  const { approvalId: id } = (await place.run([], { script }).catch((error: unknown) => error)) as { approvalId: string };
  await place.app.gate.call(owner, 'approval_answer', { id, answer: 'approve' });
  await place.run([], { script });
  expect(readFileSync(path.join(place.user, '.zshenv'), 'utf8')).toBe('mine\n');
});

test('for a connection that may only read, nothing on the machine can be written', async () => {
  const place = await homeWith('');
  const caller: Caller = { kind: 'mcp', readOnly: true };
  expect(await place.run(['cat', 'package.json'], { caller })).toMatchObject({ ok: true });
  const { argv } = createSandbox({ hidden: [], userHome: place.user }).wrap(
    ['touch', path.join(place.project, 'x')],
    {},
    { guard: 'everything' },
  );
  expect(() => execFileSync(argv[0]!, argv.slice(1), { stdio: 'pipe' })).toThrow(/Read-only/);
});

test('once a session has read a stranger’s text, an unknown program asks, in every kind of session', async () => {
  for (const kind of ['mcp', 'agent', 'cron', 'workflow', 'watcher', 'skill', 'hook'] as const) {
    const { app, gate, project } = await homeWith('');
    const asks = (command: string[]): string => gate.explain({ kind }, 'shell_run', { command, cwd: project }).verdict;
    expect([kind, asks(['npm', 'test']), asks(['make']), asks(['some-program'])]).toEqual([kind, 'allow', 'allow', 'allow']);
    expect([kind, asks(['tar', 'xf', 'a.tar']), asks(['git', 'apply', 'a.patch'])]).toEqual([kind, 'allow', 'allow']);
    app.taints.mark(`caller:${kind}`, { readsUntrusted: true });
    expect([kind, asks(['tar', 'xf', 'a.tar']), asks(['git', 'apply', 'a.patch'])]).toEqual([kind, 'ask', 'ask']);
    expect([kind, asks(['npm', 'test']), asks(['make']), asks(['some-program']), asks(['git', 'status']), asks(['ls'])]).toEqual([
      kind,
      'ask',
      'ask',
      'ask',
      'allow',
      'allow',
    ]);
  }
});

test('while claw’s own folder is not there, no sandbox is: there is nothing yet that it could hide', async () => {
  const data = path.join(temporaryFolder(), 'home');
  const sandbox = createSandbox({ hidden: [], data });
  expect(sandbox.available()).toBe(false);
  expect(() => sandbox.wrap(['true'], {})).toThrow("claw's own folder is not there");
  mkdirSync(data);
  expect(sandbox.available()).toBe(true);
  renameSync(data, `${data}2`);
  expect(sandbox.available()).toBe(false);
});
