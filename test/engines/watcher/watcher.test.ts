import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync, appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { RunRecord } from '../../../src/durable/backend.ts';
import { startApp, type TestApp, type TestAppOptions } from '../../support/app.ts';

vi.setConfig({ testTimeout: 30_000 });
const settleMs = 60;

interface Inbox {
  app: TestApp;
  inbox: string;
  archive: string;
  /** The runs of rules, oldest first. */
  runs(): Promise<RunRecord[]>;
  /** Resolves once so many have ended, and fails where there are more after a pause. */
  ended(count: number): Promise<RunRecord[]>;
}

async function startInbox(rule: Record<string, unknown> = {}, options: TestAppOptions = {}): Promise<Inbox> {
  const app = await startApp({ recover: true, ...options });
  const [inbox, archive] = [path.join(app.files, 'inbox'), path.join(app.files, 'archive')];
  for (const folder of [inbox, archive]) mkdirSync(folder, { recursive: true });
  const action = ['move', 'shell', 'script', 'tool', 'steps', 'copy'].some((name) => name in rule) ? {} : { copy: archive };
  if (!options.home) await app.call('watcher_add', { name: 'scans', path: inbox, settleMs, ...action, ...rule });
  const runs = async (): Promise<RunRecord[]> => (await app.backend.list({ kind: 'watcher', limit: 100 })).items.toReversed();
  const ended = async (count: number): Promise<RunRecord[]> => {
    await vi.waitFor(
      async () => expect((await runs()).filter(({ endedAt }) => endedAt !== undefined).length).toBeGreaterThanOrEqual(count),
      {
        timeout: 15_000,
        interval: 30,
      },
    );
    await pause(settleMs * 6);
    const all = await runs();
    expect(all.length).toBe(count);
    return all;
  };
  return { app, inbox, archive, runs, ended };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const drop = (folder: string, name: string, text = name): void => writeFileSync(path.join(folder, name), text);
const eventOf = ({ input }: RunRecord): string => (input as { file: { event: string } }).file.event;

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

test('files that were there before the rule are no news, unless it says so', async () => {
  const { app, inbox, archive, ended } = await startInbox({ name: 'first', glob: '*.never' });
  drop(inbox, 'old.txt');
  await pause(30);
  await app.call('watcher_add', { name: 'quiet', path: inbox, settleMs, copy: archive });
  await app.call('watcher_add', { name: 'eager', path: inbox, settleMs, existing: true, copy: path.join(archive, 'all') });
  const [run] = await ended(1);
  expect(run!.input).toMatchObject({ rule: 'eager' });
});

test('a file that is still being written does not fire', async () => {
  const { inbox, archive, runs, ended } = await startInbox({ settleMs: 400 });
  for (let part = 0; part < 12; part += 1) {
    appendFileSync(path.join(inbox, 'big.bin'), `part ${part}\n`);
    await pause(80);
    expect(await runs()).toEqual([]);
  }
  await ended(1);
  expect(readFileSync(path.join(archive, 'big.bin'), 'utf8').split('\n')).toHaveLength(13);
});

test('created, modified, moved and deleted are told apart; the same content written again is nothing', async () => {
  const events = ['created', 'modified', 'moved', 'deleted'];
  const { inbox, ended } = await startInbox({
    events,
    tool: 'memory_remember',
    input: { text: '${{ event }}: ${{ file.name }} ${{ file.from }}' },
  });
  drop(inbox, 'a.txt', 'one');
  await ended(1);
  drop(inbox, 'a.txt', 'two');
  await ended(2);
  drop(inbox, 'a.txt', 'two');
  renameSync(path.join(inbox, 'a.txt'), path.join(inbox, 'b.txt'));
  await ended(3);
  rmSync(path.join(inbox, 'b.txt'));
  expect((await ended(4)).map(eventOf)).toEqual(events);
});

test('what changed while claw was not running is caught up with, once', async () => {
  const { app, inbox, ended } = await startInbox({
    events: ['created', 'modified', 'deleted'],
    tool: 'memory_remember',
    input: { text: '${{ event }} ${{ file.name }}' },
  });
  for (const name of ['same', 'edited', 'gone']) drop(inbox, name);
  await ended(3);
  await app[Symbol.asyncDispose]();
  drop(inbox, 'edited', 'other');
  drop(inbox, 'new');
  rmSync(path.join(inbox, 'gone'));
  const again = await startInbox({}, { home: app.home });
  expect((await again.ended(6)).slice(3).map(eventOf).toSorted()).toEqual(['created', 'deleted', 'modified']);
});

test("a rule reacts neither to its own writes nor to those of claw's tools, unless it says so", async () => {
  const { app, inbox, ended } = await startInbox({
    name: 'chain',
    ownWrites: true,
    glob: '*.txt',
    events: ['created'],
    tool: 'memory_remember',
    input: { text: 'saw ${{ file.name }}' },
  });
  await app.call('watcher_add', {
    name: 'inside',
    path: inbox,
    settleMs,
    events: ['created', 'modified', 'deleted', 'moved'],
    glob: '*.txt',
    move: path.join(inbox, 'done'),
  });
  await app.call('file_write', { path: path.join(inbox, 'claws.txt'), text: 'x' });
  await ended(1);
  drop(inbox, 'a.txt');
  const runs = await ended(4);
  expect(runs.map(({ input }) => (input as { rule: string }).rule).toSorted()).toEqual(['chain', 'chain', 'chain', 'inside']);
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

test('a rule that keeps firing on one path is paused, and says so', async () => {
  const { app, inbox, ended } = await startInbox({
    events: ['created', 'modified'],
    maxPerMinute: 2,
    tool: 'memory_remember',
    input: { text: '${{ file.sha256 }}' },
  });
  for (let round = 1; round <= 3; round += 1) {
    drop(inbox, 'loop', `round ${round}`);
    await ended(round);
  }
  drop(inbox, 'loop', 'round 4');
  await pause(1_500);
  await ended(3);
  await expect(app.output('status_show')).resolves.toMatchObject({ warnings: [expect.stringContaining('Watcher scans is paused')] });
  await app.call('watcher_resume', { name: 'scans' });
  await ended(4);
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

test('the file is read again when it is edited; a broken one keeps the last good rules and says where it is broken', async () => {
  const { app, inbox, archive, ended } = await startInbox();
  const good = readFileSync(app.paths.watchers, 'utf8');
  writeFileSync(app.paths.watchers, good.replace('copy:', 'copi:'), { mode: 0o600 });
  await vi.waitFor(
    async () =>
      expect(await app.output('status_show')).toMatchObject({
        warnings: [expect.stringMatching(/watchers\.yaml, line \d+, column \d+: .*copi/)],
      }),
    { timeout: 5_000 },
  );
  drop(inbox, 'a.txt');
  await ended(1);
  writeFileSync(app.paths.watchers, `# mine\n${good.replace('scans', 'papers')}`, { mode: 0o600 });
  await vi.waitFor(async () => expect(await app.output('status_show')).toMatchObject({ warnings: [] }), { timeout: 5_000 });
  await pause(1_200);
  drop(inbox, 'b.txt');
  const runs = await ended(2);
  expect(runs[1]!.input).toMatchObject({ rule: 'papers' });
  await app.call('watcher_add', { name: 'more', path: inbox, copy: archive });
  expect(readFileSync(app.paths.watchers, 'utf8')).toContain('# mine');
});
