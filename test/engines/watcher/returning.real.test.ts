import { mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { drop, eventOf, pause, startInbox, type Inbox } from './inbox.ts';

const remembering = {
  events: ['created', 'modified', 'deleted'],
  tool: 'memory_remember',
  input: { text: '${{ event }} ${{ file.name }}' },
};

const told = async ({ ended }: Inbox, count: number): Promise<string[]> =>
  (await ended(count)).map((run) => `${eventOf(run)} ${path.basename((run.input as { file: { path: string } }).file.path)}`);

test.each([0, 5, 50, 300, 1_000, 2_500])(
  'a watched folder that is away for %i ms is watched again, and its files are no news',
  { timeout: 40_000 },
  async (awayMs) => {
    const place = await startInbox(remembering);
    drop(place.inbox, 'a.txt');
    await told(place, 1);
    renameSync(place.inbox, `${place.inbox}-away`);
    await pause(awayMs);
    renameSync(`${place.inbox}-away`, place.inbox);
    await pause(awayMs % 700);
    drop(place.inbox, 'b.txt');
    expect(await told(place, 2)).toEqual(['created a.txt', 'created b.txt']);
    mkdirSync(path.join(place.inbox, 'deep'));
    drop(place.inbox, 'deep/c.txt');
    expect((await told(place, 3)).at(-1)).toBe('created c.txt');
  },
);

test.each([{ polling: false }, { polling: true, pollMs: 100 }])(
  'what came, changed and went while the folder was away is caught up with, once: %j',
  { timeout: 40_000 },
  async (how) => {
    const place = await startInbox({ ...remembering, ...how });
    for (const name of ['same', 'edited', 'gone']) drop(place.inbox, name);
    await told(place, 3);
    const away = `${place.inbox}-away`;
    renameSync(place.inbox, away);
    await pause(300);
    drop(away, 'edited', 'other');
    drop(away, 'new');
    rmSync(path.join(away, 'gone'));
    await pause(1_200);
    renameSync(away, place.inbox);
    expect((await told(place, 6)).slice(3).toSorted()).toEqual(['created new', 'deleted gone', 'modified edited']);
  },
);

test('while it is away none of its files count as deleted, also where the folder above went with it', { timeout: 40_000 }, async () => {
  const place = await startInbox({ name: 'other', glob: '*.never' });
  const above = path.join(place.app.files, 'above');
  const inner = path.join(above, 'inner');
  mkdirSync(inner, { recursive: true });
  await place.app.call('watcher_add', { name: 'inner', path: inner, settleMs: 60, ...remembering });
  await pause(1_000);
  drop(inner, 'a.txt');
  await told(place, 1);
  renameSync(above, `${above}-away`);
  await pause(1_500);
  drop(`${above}-away`, 'inner/b.txt');
  await pause(1_500);
  expect(await told(place, 1)).toEqual(['created a.txt']);
  renameSync(`${above}-away`, above);
  expect(await told(place, 2)).toEqual(['created a.txt', 'created b.txt']);
});

test('another folder in the place of the one that was watched is watched in its stead', { timeout: 40_000 }, async () => {
  const place = await startInbox({ ...remembering, events: ['created'] });
  drop(place.inbox, 'a.txt');
  await told(place, 1);
  rmSync(place.inbox, { recursive: true });
  mkdirSync(place.inbox);
  drop(place.inbox, 'b.txt');
  expect(await told(place, 2)).toEqual(['created a.txt', 'created b.txt']);
});

test('so is a folder below it that goes and comes back', { timeout: 40_000 }, async () => {
  const place = await startInbox({ ...remembering, events: ['created'] });
  const below = path.join(place.inbox, 'below');
  mkdirSync(path.join(below, 'deep'), { recursive: true });
  drop(below, 'deep/a.txt');
  await told(place, 1);
  for (const [name, awayMs] of [
    ['b.txt', 0],
    ['c.txt', 300],
  ] as const) {
    renameSync(below, path.join(place.app.files, 'elsewhere'));
    await pause(awayMs);
    drop(place.app.files, `elsewhere/deep/${name}`);
    renameSync(path.join(place.app.files, 'elsewhere'), below);
    await pause(1_500);
  }
  drop(below, 'deep/d.txt');
  expect((await told(place, 4)).toSorted()).toEqual(['created a.txt', 'created b.txt', 'created c.txt', 'created d.txt']);
});
