import { expect, test } from 'vitest';
import { together } from '../../../src/agents/routing/catalog.ts';
import { createMeaning } from '../../../src/agents/routing/meaning.ts';
import { unit, type Embedder } from '../../../src/core/embedder.ts';
import { startApp } from '../../support/app.ts';

const routes = ['disk', 'mail'].map((name) => ({ name, title: name, description: name, examples: [] }));
/** Texts about mail point one way, all others another. */
const twoWays: Embedder = {
  fingerprint: 'two ways',
  dimensions: 2,
  embed: async (texts) => texts.map((text) => unit(/mail|letter/.test(text) ? [1, 0.2] : [0.2, 1])),
  close: () => {},
};

test('the first question is answered without waiting for vectors, later ones by meaning too', async () => {
  const meaning = createMeaning(routes, async () => twoWays);
  expect(await meaning.of('write a letter')).toBeUndefined();
  await expect.poll(() => meaning.of('write a letter')).toBeDefined();
  const found = together([{ name: 'disk', score: 0.1 }], (await meaning.of('write a letter'))!);
  expect(found[0]!.name).toBe('mail');
});

test('without a model, and with one that fails, tools are found by words', async () => {
  expect(await createMeaning(routes, async () => undefined).of('letter')).toBeUndefined();
  const failing = createMeaning(routes, async () => ({ ...twoWays, embed: async () => Promise.reject(new Error('no')) }));
  expect(await failing.of('letter')).toBeUndefined();
  expect(await failing.of('letter')).toBeUndefined();
});

test('tool_search finds by meaning what shares no word, once the vectors are there', { timeout: 60_000 }, async () => {
  const app = await startApp();
  const found = async (): Promise<string[]> => {
    const { items } = await app.output<{ items: { name: string }[] }>('tool_search', { query: 'wake me every morning', limit: 8 });
    return items.map(({ name }) => name);
  };
  expect(await found()).not.toContain('cron_add');
  await expect.poll(found, { timeout: 50_000, interval: 500 }).toContain('cron_add');
});
