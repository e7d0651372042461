import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test as always } from 'vitest';
import type { Caller, CallerKind } from '../../../src/core/tool.ts';
import { createSandbox } from '../../../src/engines/shell/sandbox.ts';
import { owner, startApp, type TestApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';

const isHere = createSandbox({ hidden: [] }).available();
if (!isHere) console.log('bubblewrap cannot start here, so the sandbox is not tested: scripts/install-system-packages.sh');
const test = always.skipIf(!isHere);

const agent: Caller = { kind: 'agent' };

interface Output {
  ok: boolean;
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

async function appWithToken(): Promise<TestApp> {
  const app = await startApp();
  writeFileSync(path.join(app.home, 'token'), 'the-secret-token', { mode: 0o600 });
  return app;
}

/** Runs it as someone else; what asks is approved first, so that only the sandbox stands between. */
async function runAs(app: TestApp, input: object, caller: Caller = agent): Promise<Output> {
  try {
    return (await app.gate.call(caller, 'shell_run', input)).output as Output;
  } catch (error) {
    const { approvalId: id } = error as { approvalId?: string };
    if (id === undefined) throw error;
    await app.call('approval_answer', { id, answer: 'approve' });
    return (await app.gate.call(caller, 'shell_run', input)).output as Output;
  }
}

/** Python is no reader of ours, so it finds the folder without a word that names it. */
const search = (what: string): string =>
  `import os,sys\nfor top, _, files in os.walk(${JSON.stringify(what)}):\n  for f in files:\n    p=os.path.join(top,f)\n    try: t=open(p,errors='replace').read()\n    except Exception: continue\n    if 'the-secret-' + 'token' in t: print('FOUND', p)`;

test('an interpreter that searches every folder around it does not find the token, and ordinary files are as they are', async () => {
  const app = await appWithToken();
  writeFileSync(path.join(app.files, 'note.txt'), 'the-secret-token of mine');
  const around = path.dirname(app.files);
  const found = await runAs(app, {
    command: ['python3', '-c', search(`/tmp/../${around}`.replace(path.basename(around), path.basename(around)))],
  });
  expect(found.stdout.match(/FOUND/g)).toHaveLength(1);
  expect(found.stdout).toContain('note.txt');
});

test.for(['mcp', 'agent', 'cron', 'workflow', 'watcher', 'skill', 'hook'] as CallerKind[])(
  '%s runs where the folder is empty, the owner where it is not',
  async (kind) => {
    const app = await appWithToken();
    const input = {
      command: ['python3', '-c', `import os; print(len(os.listdir(os.path.join(${JSON.stringify(path.dirname(app.home))}, 'ho' + 'me'))))`],
    };
    expect((await runAs(app, input, { kind })).stdout).toBe('0\n');
    expect(Number((await runAs(app, input, owner)).stdout)).toBeGreaterThan(0);
  },
);

test('a symlink made earlier, another view of the same folder, and a user namespace of its own lead nowhere', async () => {
  const app = await appWithToken();
  symlinkSync(app.home, path.join(app.files, 'link'));
  const half = app.home.slice(0, -2);
  const rest = app.home.slice(-2);
  const read = (file: string): object => ({ command: ['python3', '-c', `print(open(${JSON.stringify(file)}).read())`] });
  for (const input of [
    read(path.join(app.files, 'link', 'token')),
    { command: ['python3', '-c', `print(open('${half}' + '${rest}/token').read())`] },
    { script: `A=${half}; B=${rest}; for P in /proc/1/root /proc/$$/root; do cat "$P$A$B/token"; done; true` },
    { script: `unshare -Urm sh -c 'umount '${half}'*; cat '${half}'*/token'; nsenter -t 1 -m cat ${half}*/token; true` },
    { script: `python3 -c "import os; os.system('umount ${half}' + '${rest}; cat ${half}' + '${rest}/token')"` },
  ]) {
    const { stdout } = await runAs(app, input).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'denied' });
      return { stdout: '' };
    });
    expect(stdout).not.toContain('the-secret-token');
  }
});

test('nothing of this process is seen: no process list, environment, memory or descriptors', async () => {
  const app = await appWithToken();
  const { stdout } = await runAs(app, {
    command: ['python3', '-c', `import os; print(' '.join(sorted(p for p in os.listdir('/proc') if p.isdigit())))`],
  });
  expect(stdout.trim().split(' ').length).toBeLessThanOrEqual(3);
  const list = await runAs(app, { command: ['ls', '-l', '/proc/self/fd'] });
  expect(list.stdout).toMatch(/0 -> /);
  expect(list.stdout).not.toMatch(/claw\.db|memory\.db|audit\.log/);
});

test('LD_PRELOAD reaches the command, not bubblewrap', async () => {
  const app = await appWithToken();
  const { stdout, stderr } = await runAs(app, { command: ['env'], env: { LD_PRELOAD: '/nowhere/evil.so' } });
  expect(stdout).toContain('LD_PRELOAD=/nowhere/evil.so');
  expect(stderr.match(/nowhere/g)?.length ?? 0).toBeLessThanOrEqual(1);
});

test('ordinary work goes on: files of the owner, git, pipes, exit codes, standard input, a missing program', async () => {
  const app = await appWithToken();
  const cwd = app.files;
  expect((await runAs(app, { script: 'echo hello > a.txt; cat a.txt | tr a-z A-Z', cwd })).stdout).toBe('HELLO\n');
  expect(readFileSync(path.join(cwd, 'a.txt'), 'utf8')).toBe('hello\n');
  expect(await runAs(app, { command: ['cat'], stdin: 'given' })).toMatchObject({ ok: true, stdout: 'given' });
  expect(await runAs(app, { script: 'exit 7' })).toMatchObject({ ok: false, exitCode: 7 });
  expect((await runAs(app, { command: ['pwd'], cwd })).stdout.trim()).toBe(cwd);
  await expect(runAs(app, { command: ['no-such-program-here'] })).rejects.toMatchObject({ code: 'not_found' });
});

test('a cancelled command ends with everything it started, also what left its group', async () => {
  const app = await appWithToken();
  const mark = path.join(app.files, 'alive');
  const stop = new AbortController();
  const script = `setsid nohup sh -c 'while true; do date > ${mark}; sleep 0.05; done' > /dev/null 2>&1 & sleep 30`;
  const call = app.gate.call(agent, 'shell_run', { script }, { signal: stop.signal });
  call.catch(() => {});
  for (let tries = 0; tries < 200 && !existsSync(mark); tries += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(existsSync(mark)).toBe(true);
  stop.abort();
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(mark, 'quiet');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(readFileSync(mark, 'utf8')).toBe('quiet');
});

test('claw lying under a symlinked folder, and settings beside the program, are hidden too', async () => {
  const base = temporaryFolder();
  mkdirSync(path.join(base, 'real'));
  writeFileSync(path.join(base, 'real', 'token'), 'x');
  writeFileSync(path.join(base, '.env'), 'KEY=x');
  symlinkSync(path.join(base, 'real'), path.join(base, 'link'));
  const { argv } = createSandbox({
    hidden: [path.join(base, 'link'), path.join(base, '.env'), path.join(base, 'none')],
  }).wrap(['sh', '-c', `ls ${base}/real ${base}/link; cat ${base}/.env`], {});
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  expect(out).not.toMatch(/token|KEY/);
});

test('what a confined command gets by its environment is on no command line', async () => {
  const { argv, settings } = createSandbox({ hidden: [] }).wrap(['true'], { TOKEN: 'a-secret-value' });
  expect(argv.join(' ')).not.toContain('a-secret-value');
  expect(settings).toContain('a-secret-value');
  const { stdout } = await runAs(await startApp(), { command: ['printenv', 'TOKEN'], env: { TOKEN: 'a-secret-value' } });
  expect(stdout).toBe('a-secret-value\n');
});

always('where bubblewrap is missing, a sandbox is not available', () => {
  expect(createSandbox({ hidden: [], folders: ['/nowhere'] }).available()).toBe(false);
});
