import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { connectLines } from '../../support/mcp-lines.ts';
import { claw, startServe } from '../../support/processes.ts';

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

test('from the command line: a rule is added to a running daemon, fires, is tested, listed and taken back', async () => {
  const files = temporaryFolder();
  const [inbox, archive] = [path.join(files, 'inbox'), path.join(files, 'archive')];
  mkdirSync(inbox);
  await using served = await startServe(['--port', '0'], { env: { CLAW_FILE_ROOTS: files } });
  const { home } = served;
  const run = (...args: string[]) => claw(args, { home, cwd: files });

  const added = await run('watcher', 'add', inbox, 'scans', '*.pdf', '--settle-ms', '100', '--copy', archive);
  expect(added.code).toBe(0);
  writeFileSync(path.join(inbox, 'a.pdf'), 'pages');
  await vi.waitFor(() => expect(readText(path.join(archive, 'a.pdf'))).toBe('pages'), { timeout: 15_000, interval: 100 });
  await vi.waitFor(async () => expect((await run('watcher', 'list')).stdout).toMatch(/scans .* 1 .*a\.pdf/), {
    timeout: 15_000,
    interval: 200,
  });
  expect((await run('watcher', 'test', path.join(inbox, 'a.txt'))).stdout).toContain('it does not match *.pdf');
  expect(await run('watcher', 'add', inbox, 'bad', '--script', 'gzip ${{ file.path }}')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('shell: [gzip, -k, "${{ file.path }}"]') as string,
  });
  const callId = /undo with: claw undo (call_\w+)/.exec(added.stderr)?.[1] ?? '';
  expect((await run('undo', callId)).code).toBe(0);
  expect((await run('watcher', 'list')).stdout).not.toContain('scans');
});

test('a daemon without rules loads neither chokidar nor the reader of YAML; with the first rule it loads them', async () => {
  const files = temporaryFolder();
  const modules = path.join(files, 'modules.txt');
  const env = {
    CLAW_FILE_ROOTS: files,
    NOTE_MODULES: modules,
    NODE_OPTIONS: `--import ${path.join(import.meta.dirname, 'note-modules.ts')}`,
  };
  await using served = await startServe(['--port', '0'], { env });
  await claw(['watcher', 'list'], { home: served.home });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(readText(modules)).toContain('src/engines/watcher/watchers.ts');
  expect(readText(modules)).not.toMatch(/node_modules\/(chokidar|readdirp|yaml)\//);
  await claw(['watcher', 'add', files, 'any', '*.pdf', '--copy', path.join(files, 'copies')], { home: served.home, cwd: files });
  await vi.waitFor(() => expect(readText(modules)).toContain('node_modules/chokidar/'), { timeout: 10_000 });
});

test('over MCP: an agent adds a rule, and what it may not do is refused in words', async () => {
  const app = await startApp({ recover: true });
  const lines = connectLines(app, { toolsets: ['all'] });
  const call = async (name: string, given: object) => (await lines.ask('tools/call', { name, arguments: given })).result;
  const added = await call('watcher_add', {
    path: app.files,
    glob: '*.csv',
    tool: 'memory_remember',
    input: { text: '${{ file.name }} has come' },
  });
  expect(added).toMatchObject({ structuredContent: { calls: ['memory_remember'], watching: true } });
  await expect(call('watcher_add', { path: '/etc', copy: app.files })).resolves.toMatchObject({ isError: true });
  await expect(call('watcher_list', {})).resolves.toMatchObject({ structuredContent: { items: [{ glob: '*.csv', firings: 0 }] } });
});
