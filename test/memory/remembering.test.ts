import { chmodSync } from 'node:fs';
import { expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { startApp, type TestApp } from '../support/app.ts';

interface Item {
  id: string;
  text: string;
  why: string;
  tainted: boolean;
}
interface Found {
  items: Item[];
  search: string;
  notice?: string;
}

const wordsOnly = { env: { CLAW_EMBEDDINGS: 'none' } };
const remember = (app: TestApp, text: string, more: object = {}): Promise<{ id: string; change: string; previousText?: string }> =>
  app.output('memory_remember', { text, ...more });
const recall = (app: TestApp, query: string, more: object = {}): Promise<Found> => app.output('memory_recall', { query, ...more });

test('a memory is found by its meaning, without a shared word', async () => {
  const app = await startApp();
  await remember(app, 'The espresso machine is descaled every six weeks');
  await remember(app, 'Backups of the NAS run at two in the night');
  const { items, search } = await recall(app, 'how often do we clean the coffee maker');
  expect(search).toBe('hybrid');
  expect(items[0]).toMatchObject({
    text: expect.stringContaining('espresso') as string,
    why: expect.stringContaining('meaning') as string,
  });
});

test('without embeddings the search is by words, and says so', async () => {
  const app = await startApp(wordsOnly);
  await remember(app, 'Backups of the NAS run at two in the night');
  const { items, search, notice } = await recall(app, 'when do backups run');
  expect(items[0]!.why).toContain('backups');
  expect(search).toBe('full_text');
  expect(notice).toContain('words only');
  expect(await app.output('memory_stats')).toMatchObject({ embeddings: 'none', withoutVector: 1 });
});

test('a model that cannot be reached leaves the search by words, with the reason', async () => {
  const app = await startApp({ env: { CLAW_EMBEDDINGS: 'ollama/none-such', OLLAMA_HOST: 'http://127.0.0.1:9' } });
  await remember(app, 'Backups of the NAS run at two in the night');
  const { items, search, notice } = await recall(app, 'when do backups run');
  expect([items.length, search]).toEqual([1, 'full_text']);
  expect(notice).toContain('ollama/none-such');
});

test('the same words merge, whatever case, articles and punctuation', async () => {
  const app = await startApp(wordsOnly);
  const first = await remember(app, 'The printer is on the second floor.');
  const second = await remember(app, 'printer is on second floor');
  expect(second).toEqual({ id: first.id, change: 'merged' });
});

test.each([
  ['the NAS is at 10.0.0.5', 'the NAS is at 10.0.0.6'],
  ["Anna's phone is 555-1234", "Anna's phone is 555-9876"],
  ['my favourite editor is Vim', 'my favourite editor is Emacs'],
  ['Staging port: 8443', 'Staging port: 9443'],
])('a fact that contradicts one takes its place, and the old one is history: %s', async (before, after) => {
  const app = await startApp(wordsOnly);
  const first = await remember(app, before);
  expect(await remember(app, after)).toEqual({ id: first.id, change: 'updated', previousText: before });
  const { items } = await app.output<{ items: { text: string; until?: string }[] }>('memory_history', { id: first.id });
  expect(items.map(({ text }) => text)).toEqual([after, before]);
});

test.each([
  ['Anna is tall', 'Anna is kind'],
  ['the printer is broken', 'the printer is in the cellar'],
  ['the NAS is at 10.0.0.5', 'the NAS is called Fritz'],
  ['Anna manages Berta', 'Berta manages Anna'],
  ['backups run at 2', 'backups of photos run at 3'],
])('facts that may both be true stand beside each other: %s / %s', async (one, other) => {
  const app = await startApp(wordsOnly);
  await remember(app, one);
  expect((await remember(app, other)).change).toBe('created');
});

test('what was believed at a time can be asked for', async () => {
  const clock = manualClock(Date.UTC(2026, 4, 1));
  const app = await startApp({ ...wordsOnly, clock });
  const { id } = await remember(app, 'the NAS is at 10.0.0.5');
  clock.advance(60 * 24 * 3_600_000);
  await remember(app, 'the NAS is at 10.0.0.6');
  const { items } = await app.output<{ items: { text: string }[] }>('memory_history', { id, at: '2026-05-15' });
  expect(items.map(({ text }) => text)).toEqual(['the NAS is at 10.0.0.5']);
});

test('turns of a conversation are found by what was said around them', async () => {
  const app = await startApp(wordsOnly);
  const turn = (speaker: string, text: string): Promise<unknown> =>
    remember(app, text, { category: 'conversation', thread: 'chat-1', subject: speaker });
  await turn('Mira', 'How was the trip to Lisbon?');
  await turn('Jon', 'Wonderful, but we lost a suitcase');
  await turn('Mira', 'Anyway, see you on Friday');
  const { items } = await recall(app, 'Lisbon');
  expect(items.map(({ text }) => text)).toEqual(['How was the trip to Lisbon?', 'Wonderful, but we lost a suitcase']);
});

test('a question that names someone prefers what they said themselves', async () => {
  const app = await startApp();
  const turn = (speaker: string, text: string): Promise<unknown> =>
    remember(app, text, { category: 'conversation', thread: 'chat-1', subject: speaker });
  await turn('Mira', 'Hey Jon, good to see you! I started pottery last week');
  await turn('Jon', 'Nice! I took up the cello in spring');
  const { items } = await recall(app, 'Which instrument does Jon play?');
  expect(items[0]!.text).toContain('cello');
  expect(items[0]!.why).toContain('subject');
});

test('a question that names a month prefers what was so then', async () => {
  const app = await startApp(wordsOnly);
  await remember(app, 'Ran a long race with the club', { validFrom: '2025-03-10' });
  await remember(app, 'Ran a short race with the club', { validFrom: '2025-05-20' });
  const { items } = await recall(app, 'which race in May 2025');
  expect(items[0]!.text).toContain('short');
});

test('filters are part of the search: what they leave out takes nobody’s place', { timeout: 20_000 }, async () => {
  const app = await startApp();
  for (let number = 0; number < 120; number += 1)
    await remember(app, `router setting number ${number} of the office`, { namespace: 'office' });
  await remember(app, 'the router at home hangs in the hall', { namespace: 'home', tags: ['network'] });
  for (const filter of [{ namespace: 'home' }, { tag: 'network' }]) {
    const { items } = await recall(app, 'router setting', filter);
    expect(items.map(({ text }) => text)).toEqual(['the router at home hangs in the hall']);
  }
});

test('an older memory.db is taken over with its rows, and they are found', async () => {
  const home = (await startApp(wordsOnly)).home;
  const { default: Database } = await import('better-sqlite3');
  const { memorySchema } = await import('../../src/memory/memory-schema.ts');
  const old = new Database(`${home}/memory.db`);
  old.exec('CREATE TABLE schema_version (part TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT');
  for (const step of memorySchema.migrations.slice(0, 2)) old.exec(step);
  old.exec(`INSERT INTO schema_version VALUES ('memory', 2);
    INSERT INTO memories (id, text, category, namespace, key, tags, source, tainted, createdAt, updatedAt, writeKey)
      VALUES ('mem_old', 'The lease ends in March', 'fact', 'default', NULL, '["home"]', 'owner call', 0, ${Date.now()}, ${Date.now()}, 'w');
    INSERT INTO memory_text (rowid, text, tags) VALUES (1, 'The lease ends in March', 'home')`);
  old.close();
  chmodSync(`${home}/memory.db`, 0o600);
  const app = await startApp({ ...wordsOnly, home });
  expect((await recall(app, 'lease')).items.map(({ id }) => id)).toEqual(['mem_old']);
  expect((await remember(app, 'the lease ends in march')).change).toBe('merged');
});
