import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { claw, olderNode, startServe } from '../support/processes.ts';

const newHome = (): string => path.join(temporaryFolder(), 'home');
const story = 'check the disk and memory of this machine and remember the result';

test('a newcomer asks for something, and it is done and proved', async () => {
  const home = newHome();
  const { code, stdout } = await claw(['do', story], { home });
  expect(code).toBe(0);
  expect(stdout.trim().split('\n').at(-1)).toBe('done: 2 of 2 verified');
  const { stdout: memories } = await claw(['memory', 'recall', 'disk', '--json'], { home });
  expect((JSON.parse(memories) as { items: object[] }).items).toHaveLength(1);
});

test('--json prints one object with the run, its plan and the evidence of each task', async () => {
  const { code, stdout } = await claw(['do', story, '--json'], { home: newHome() });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'done',
    verified: 2,
    total: 2,
    plan: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string, missing: [] },
    tasks: [
      { tool: 'machine_status', evidence: [{ ok: true }] },
      { tool: 'memory_remember', evidence: [{ ok: true }] },
    ],
  });
});

test.each([
  ['an unknown command', ['memroy', 'list'], 2, 'unknown_tool'],
  ['an unknown tool', ['call', 'nothing_here', '{}'], 2, 'unknown_tool'],
  ['input that is not JSON', ['call', 'memory_list', '{'], 2, 'invalid_input'],
  ['a flag that is not there', ['memory', 'list', '--nope'], 2, 'invalid_input'],
  ['an id that is not there', ['run', 'show', 'run_0'], 1, 'not_found'],
  ['a command that would destroy everything', ['shell', 'run', '--', 'rm', '-rf', '/'], 3, 'denied'],
  ['a setting that is not there', ['config'], 2, 'bad_config', { CLAW_NOPE: '1' }],
] as [string, string[], number, string, Record<string, string>?][])(
  '%s is an error in JSON with its own exit code and a next step',
  async (_what, args, exit, code, env) => {
    const failed = await claw(['--json', ...args], { home: newHome(), env });
    expect(failed.code).toBe(exit);
    expect(JSON.parse(failed.stderr)).toMatchObject({ code, hint: expect.stringMatching(/\w/) as string });
    expect(failed.stdout).toBe('');
  },
);

test('without a terminal nothing waits for a person: the run stays, and goes on when it is approved', async () => {
  const home = newHome();
  const file = path.join(path.dirname(home), 'old.txt');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'x');
  const asked = await claw(['do', `delete the file ${file}`, '--json'], { home });
  expect(asked.code).toBe(3);
  const { approvalId, runId } = JSON.parse(asked.stdout) as { approvalId: string; runId: string };
  expect(existsSync(file)).toBe(true);
  expect((await claw(['approval', 'answer', approvalId, 'approve'], { home })).code).toBe(0);
  expect(existsSync(file)).toBe(false);
  const shown = await claw(['run', 'show', runId, '--json'], { home });
  expect(JSON.parse(shown.stdout)).toMatchObject({ status: 'done' });
  expect((await claw(['undo', runId], { home })).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('x');
});

test('a missing value is asked for, and the answer goes on with the same run', async () => {
  const home = newHome();
  const file = path.join(path.dirname(home), 'notes.txt');
  writeFileSync(file, 'first line');
  const asked = await claw(['do', 'read the file', '--json'], { home });
  expect(asked.code).toBe(3);
  const { runId, question } = JSON.parse(asked.stdout) as { runId: string; question: string };
  expect(question).toMatch(/which file/i);
  await claw(['run', 'answer', runId, file], { home });
  const shown = await claw(['run', 'show', runId], { home });
  expect(shown.stdout).toContain('done');
});

test('a run is shown to people with its calls, their evidence, its question and how to answer it', async () => {
  const home = newHome();
  const idOf = (text: string): string => (JSON.parse(text) as { runId: string }).runId;
  const done = idOf((await claw(['do', story, '--json'], { home })).stdout);
  const shown = (await claw(['run', 'show', done], { home })).stdout;
  expect(shown).toMatch(/✓ t1 machine_status .* done\n {4}shown: /);
  expect(shown).toContain('done: 2 of 2 verified');
  const file = path.join(path.dirname(home), 'old.txt');
  writeFileSync(file, 'x');
  const asking = idOf((await claw(['do', `delete the file ${file}`, '--json'], { home })).stdout);
  expect((await claw(['run', 'show', asking], { home })).stdout).toMatch(/waiting: .*\nAnswer with: claw approval answer apr_\w+ approve/);
  const unclear = idOf((await claw(['do', 'read the file', '--json'], { home })).stdout);
  expect((await claw(['run', 'show', unclear], { home })).stdout).toMatch(/Which file.*\nAnswer with: claw run answer run_/);
});

test('commands go through the daemon while it lives, and see the same runs', async () => {
  await using server = await startServe();
  const { home } = server;
  const done = await claw(['do', story, '--json'], { home });
  const { runId } = JSON.parse(done.stdout) as { runId: string };
  const viaDaemon = await claw(['status', 'show', '--json'], { home });
  expect(JSON.parse(viaDaemon.stdout)).toMatchObject({ leader: true });
  const alone = await claw(['run', 'show', runId, '--json', '--no-daemon'], { home });
  expect(JSON.parse(alone.stdout)).toMatchObject({ id: runId, status: 'done' });
  const second = await claw(['serve', '--port', '0', '--json'], { home });
  expect([second.code, JSON.parse(second.stderr)]).toMatchObject([1, { code: 'conflict' }]);
});

test('through a daemon that stands elsewhere, a path means the folder of whoever typed it', async () => {
  await using server = await startServe();
  const folder = realpathSync(temporaryFolder());
  const { code } = await claw(['file', 'write', 'note.txt', 'hello'], { home: server.home, cwd: folder });
  expect(code).toBe(0);
  expect(readFileSync(path.join(folder, 'note.txt'), 'utf8')).toBe('hello');
  expect((await claw(['shell', 'run', '--json', '--', 'pwd'], { home: server.home, cwd: folder })).stdout).toContain(folder);
});

test('a daemon that was killed leaves no door shut', async () => {
  const server = await startServe();
  const killed = new Promise((resolve) => server.child.once('close', resolve));
  server.child.kill('SIGKILL');
  await killed;
  await using again = await startServe(undefined, { home: server.home });
  expect((await claw(['memory', 'list', '--json'], { home: again.home })).code).toBe(0);
  await server[Symbol.asyncDispose]();
});

test('a data folder that others can enter is refused with the command that closes it', async () => {
  const home = newHome();
  mkdirSync(home);
  chmodSync(home, 0o755);
  writeFileSync(path.join(home, 'anything'), '');
  const { code, stderr } = await claw(['memory', 'list', '--json'], { home });
  expect([code, JSON.parse(stderr)]).toMatchObject([2, { code: 'bad_config', hint: `Close it with: chmod 700 ${home}` }]);
  expect((await claw(['doctor'], { home })).code).toBe(1);
});

test('an empty data folder of our own is closed, not refused', async () => {
  const home = newHome();
  mkdirSync(home);
  chmodSync(home, 0o755);
  expect((await claw(['memory', 'list', '--json'], { home })).code).toBe(0);
  expect(statSync(home).mode & 0o777).toBe(0o700);
});

test.skipIf(!existsSync('/proc'))('a data folder that cannot be made is said in one line', async () => {
  const { code, stderr } = await claw(['memory', 'list'], { home: '/proc/nope', cwd: temporaryFolder() });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^The data folder \/proc\/nope cannot be created \(\w+\)\.\nSet CLAW_HOME/);
});

test.skipIf(!olderNode)('a CLAW_NODE that cannot run claw is said in one line', async () => {
  const { code, stderr } = await claw(['config'], { home: newHome(), node: olderNode, env: { CLAW_NODE: olderNode! } });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^CLAW_NODE is \S+, which is v\d+\.\d+\.\d+: claw needs Node 22\.18 or newer\.\n$/);
});

test('doctor works in an empty home and says what is missing', async () => {
  const { code, stdout } = await claw(['doctor', '--json'], { home: newHome() });
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { items: { check: string }[] }).items.map((item) => item.check)).toContain('daemon');
});

test('help and version load nothing of the data', async () => {
  const home = newHome();
  expect((await claw(['--version'], { home })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await claw(['--help'], { home })).stdout).toContain('claw do');
  expect((await claw(['file', 'write', '--help'], { home })).stdout).toContain('--mode create|overwrite|append');
  expect(existsSync(home)).toBe(false);
});

test.each(['do', 'call', 'tools', 'undo', 'stop', 'serve', 'mcp', 'config', 'doctor'])(
  'claw %s --help shows how it is typed, and makes nothing',
  async (command) => {
    const home = newHome();
    const { code, stdout } = await claw([command, '--help'], { home });
    expect(code).toBe(0);
    expect(stdout).toContain(`claw ${command}`);
    expect(existsSync(home)).toBe(false);
  },
);

test.each([
  [['tools']],
  [['tools', 'memory', '--json']],
  [['nonsense']],
  [['memory', 'nonsense']],
  [['memory', 'list', '--nonsense']],
  [['call', 'x', '{']],
])('%j makes no data folder: nothing is kept', async (args) => {
  const home = newHome();
  const { stdout, stderr } = await claw(args, { home });
  expect(stdout + stderr).not.toBe('');
  expect(existsSync(home)).toBe(false);
});

test('the tools are the same before there is a data folder and after', async () => {
  const home = newHome();
  const before = await claw(['tools', '--json'], { home });
  await claw(['memory', 'list'], { home });
  expect((await claw(['tools', '--json'], { home })).stdout).toBe(before.stdout);
});

test('what was left out, or is not there, is said in the words of the command line', async () => {
  const home = newHome();
  expect((await claw(['status'], { home })).stdout).toMatch(/^claw \d/);
  expect((await claw(['help', 'file'], { home })).stdout).toContain('claw file write');
  expect((await claw(['help', 'nope'], { home })).stderr).toContain('claw nope is no command');
  expect((await claw(['memory', 'help'], { home })).stdout).toContain('claw memory recall');
  expect((await claw(['tools', 'zzz'], { home })).stdout).toContain('No tool has all of these words');
  const left = await claw(['file', 'write'], { home });
  expect(left).toMatchObject({ code: 2, stderr: expect.stringContaining('claw file write needs <path> and <text>.') as string });
});

test('a way back is offered where something was changed, and tells what it put back', async () => {
  const home = newHome();
  const looked = await claw(['do', 'how full is the disk'], { home });
  expect(looked.stdout + looked.stderr).not.toContain('claw undo');
  const kept = await claw(['do', 'remember that the router is at 192.168.1.1'], { home });
  expect(kept.stdout + kept.stderr).toContain('claw undo run_');
  const undone = await claw(['undo', 'last'], { home });
  expect(undone.stdout).toMatch(/^Undone: 1 of 1 \(run_\w+\)\.\n✓ memory_forget: /);
  const { stdout } = await claw(['run', 'list'], { home });
  expect(stdout).toContain('remember that the router is at 192.168.1.1');
  expect(stdout).not.toContain('{"request"');
});
