import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { drop, eventOf, pause, settleMs, startInbox } from './inbox.ts';

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

test('a file that is being written while claw starts does not fire either', async () => {
  const { app, inbox, archive } = await startInbox({ settleMs: 400 });
  await app[Symbol.asyncDispose]();
  drop(inbox, 'big.bin', '');
  const again = await startInbox({}, { home: app.home });
  for (let part = 0; part < 12; part += 1) {
    appendFileSync(path.join(inbox, 'big.bin'), `part ${part}\n`);
    await pause(80);
    expect(await again.runs()).toEqual([]);
  }
  await again.ended(1);
  expect(readFileSync(path.join(archive, 'big.bin'), 'utf8').split('\n')).toHaveLength(13);
});

test('with polling, and of several steps each after the one before', async () => {
  const { app, inbox, archive, ended } = await startInbox({
    polling: true,
    pollMs: 100,
    steps: [
      { tool: 'file_copy', input: { from: '${{ file.path }}', to: '/nowhere/${{ file.name }}' } },
      { tool: 'memory_remember', input: { text: '${{ file.name }}' } },
    ],
  });
  drop(inbox, 'a.txt');
  const [run] = await ended(1);
  expect(run).toMatchObject({ status: 'failed', output: { steps: [{ tool: 'file_copy', status: 'failed' }] } });
  expect(await app.backend.steps(run!.id)).toHaveLength(1);
  expect(readdirSync(archive)).toEqual([]);
});

test('a file that is handled, taken away and dropped again is handled again', async () => {
  const { app, inbox, archive, ended } = await startInbox({ name: 'other', glob: '*.never' });
  await app.call('watcher_add', { name: 'sorts', path: inbox, settleMs, move: archive });
  for (const round of [1, 2]) {
    drop(inbox, 'a.txt', 'the same');
    await ended(round);
    expect(readdirSync(archive)).toEqual(['a.txt']);
    rmSync(path.join(archive, 'a.txt'));
  }
});

test('while everything is stopped no rule fires; after that it catches up', async () => {
  const { app, inbox, archive, runs, ended } = await startInbox();
  await app.call('stop_all', {});
  drop(inbox, 'a.txt');
  await pause(800);
  expect(await runs()).toEqual([]);
  await app.call('stop_release', {});
  await ended(1);
  expect(readdirSync(archive)).toEqual(['a.txt']);
});
