import { expect, test } from 'vitest';
import { createRouter } from '../../../src/agents/routing/router.ts';
import { createMeaning } from '../../../src/agents/routing/meaning.ts';
import { unit, type Embedder } from '../../../src/core/embedder.ts';
import { emptyPhrasebook } from '../../../src/core/phrasebook.ts';
import { startApp } from '../../support/app.ts';

const routes = ['disk', 'mail'].map((name) => ({ name, title: name, description: name, examples: [] }));
/** Texts about mail point one way, all others another. */
const twoWays: Embedder = {
  fingerprint: 'two ways',
  dimensions: 2,
  embed: async (texts) => texts.map((text) => unit(/mail|letter/.test(text) ? [1, 0.2] : [0.2, 1])),
  close: () => {},
};
const failing: Embedder = { ...twoWays, embed: async () => Promise.reject(new Error('no')) };

test('what shares no word is found by what it means', async () => {
  const [ranking] = await createRouter(routes, { embedder: async () => twoWays }).rank(['write a letter']);
  expect(ranking!.matches[0]!.name).toBe('mail');
});

test('without a model, with one that fails and with one that takes too long, tools are found by words', async () => {
  const slow: Embedder = { ...twoWays, embed: () => new Promise(() => {}) };
  for (const embedder of [undefined, failing, slow]) {
    const meaning = createMeaning(routes, { embedder: async () => embedder, patienceMs: 20 });
    expect(await meaning.of(['letter'])).toBeUndefined();
    const [ranking] = await createRouter(routes, { embedder: async () => embedder, patienceMs: 20 }).rank(['the disk']);
    expect(ranking!.matches[0]!.name).toBe('disk');
  }
});

test('a model that failed once is asked again', async () => {
  const answers = [failing, failing, twoWays, twoWays];
  const meaning = createMeaning(routes, { embedder: async () => answers.shift() });
  expect(await meaning.of(['letter'])).toBeUndefined();
  expect(await meaning.of(['letter'])).toHaveLength(1);
});

test('vectors that are known beforehand are not computed again, unless another model made them', async () => {
  const vectors = new Map(['disk. disk', 'mail. mail'].map((text) => [text, unit([1, 0])]));
  for (const [fingerprint, computed] of [
    [twoWays.fingerprint, ['letter']],
    ['another', ['letter', 'disk. disk', 'mail. mail']],
  ] as const) {
    const asked: string[] = [];
    const counting: Embedder = { ...twoWays, embed: (texts) => (asked.push(...texts), twoWays.embed(texts)) };
    await createMeaning(routes, { embedder: async () => counting, phrasebook: { ...emptyPhrasebook, fingerprint, vectors } }).of([
      'letter',
    ]);
    expect(asked.toSorted()).toEqual(computed.toSorted());
  }
});

test('tool_search finds by meaning what shares no word', { timeout: 60_000 }, async () => {
  const app = await startApp();
  const found = async (): Promise<string[]> => {
    const { items } = await app.output<{ items: { name: string }[] }>('tool_search', { query: 'wake me at dawn', limit: 8 });
    return items.map(({ name }) => name);
  };
  await expect.poll(found, { timeout: 50_000, interval: 500 }).toContain('cron_add');
});
