import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

const wordsOnly = { env: { CLAW_EMBEDDINGS: 'none' } };
const remember = (app: TestApp, text: string, more: object = {}): Promise<{ id: string; change: string }> =>
  app.output('memory_remember', { text, ...more });
const listed = async (app: TestApp): Promise<string[]> =>
  (await app.output<{ items: { text: string }[] }>('memory_list')).items.map(({ text }) => text);

test.each([
  ['Anna speaks Spanish', 'Anna can speak Spanish'],
  ['The server room is locked at night', 'At night the server room is locked'],
  ['User prefers dark mode', 'The user likes dark mode'],
])('what says the same in the same order merges at once: %s / %s', async (one, other) => {
  const app = await startApp(wordsOnly);
  const first = await remember(app, one);
  expect(await remember(app, other)).toEqual({ id: first.id, change: 'merged' });
});

test('a request to remember what is known in other words is done', async () => {
  const app = await startApp(wordsOnly);
  await remember(app, 'Anna speaks Spanish');
  expect(await app.output('intake_run', { request: 'remember that Anna can speak Spanish' })).toMatchObject({ status: 'done' });
});

test('what says the same in another order merges when its vector is there, and answers to both ids', async () => {
  const app = await startApp();
  const first = await remember(app, 'Backups of the NAS run at two in the night', { tags: ['backup'] });
  const second = await remember(app, 'The NAS backups run at two at night', { tags: ['nas'] });
  await app.call('memory_maintain');
  expect(await listed(app)).toEqual(['Backups of the NAS run at two in the night']);
  expect(await app.output('memory_show', { id: second.id })).toMatchObject({ id: first.id, tags: ['backup', 'nas'] });
  await app.call('memory_restore', { id: second.id });
  await app.call('memory_maintain');
  expect(await listed(app)).toHaveLength(2);
});

test.each([
  ['Anna likes tea', 'Anna dislikes tea'],
  ['The gate is open', 'The gate is closed'],
  ['Berta is allergic to peanuts', 'Berta is not allergic to peanuts'],
  ['I prefer short answers', 'I prefer long answers'],
  ['Anna lives in Bern', 'Anna moved to Zurich'],
  ['Anna works for Acme', 'Anna joined Globex'],
  ["Anna's favourite colour is blue", "Anna's favourite colour is dark green"],
  ['Project deadline is March 5', 'Project deadline is April 10'],
  ['I prefer tabs over spaces', 'I prefer spaces over tabs'],
])('what contradicts takes the place of the old, which stays as history: %s / %s', async (before, after) => {
  const app = await startApp(wordsOnly);
  const first = await remember(app, before);
  expect(await remember(app, after)).toMatchObject({ id: first.id, change: 'updated' });
  const { items } = await app.output<{ items: { text: string; until?: string }[] }>('memory_history', { id: first.id });
  expect(items.map(({ text }) => text)).toEqual([after, before]);
});

test.each([
  ['Anna manages Berta', 'Berta manages Anna'],
  ['The door on the left is locked', 'The door on the right is locked'],
  ['The printer on the first floor is broken', 'The printer on the second floor is broken'],
  ['Increase the timeout of the proxy', 'Decrease the timeout of the proxy'],
  ['Anna likes tea', 'Anna likes green tea'],
  ['Ran a long race with the club', 'Ran a short race with the club'],
  ['The dark room is locked', 'The light room is locked'],
  ['All tests pass', 'Some tests pass'],
  ['Anna is the admin of the printer', 'Anna was the admin of the printer'],
  ['Anna lives in Bern', 'Berta lives in Zurich'],
])('what may both be true stands side by side, with vectors too: %s / %s', async (one, other) => {
  const app = await startApp();
  await remember(app, one);
  expect((await remember(app, other)).change).toBe('created');
  await app.call('memory_maintain');
  expect(await listed(app)).toHaveLength(2);
});

test('text from outside that contradicts the owner stands beside his word', async () => {
  const app = await startApp(wordsOnly);
  await remember(app, 'The gate is closed');
  app.taints.mark('page', { readsUntrusted: true });
  const { output } = await app.gate.call({ kind: 'agent' }, 'memory_remember', { text: 'The gate is open' }, { session: 'page' });
  expect(output).toMatchObject({ change: 'created' });
  expect(await listed(app)).toEqual(['The gate is open', 'The gate is closed']);
});

test('what was forgotten does not come back in an earlier wording, nor in other words for the same', async () => {
  const app = await startApp(wordsOnly);
  const { id } = await remember(app, 'The gate code is 4711');
  await remember(app, 'The gate code is 4712');
  await app.call('memory_forget', { id });
  for (const text of ['the gate code is 4711', 'The gate code is 4712!', '4712 is the code of the gate'])
    await expect(app.gate.call({ kind: 'cron' }, 'memory_remember', { text })).rejects.toMatchObject({ code: 'denied' });
});
