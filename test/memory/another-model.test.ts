import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import { unit, type Embedder } from '../../src/core/embedder.ts';
import { createRedactor } from '../../src/core/redact.ts';
import { vectorExtension } from '../../src/engines/embeddings/choose-embedder.ts';
import { openMemoryStore } from '../../src/memory/memory-store.ts';
import type { MemoryStore } from '../../src/memory/memory-types.ts';
import { temporaryFolder } from '../support/folder.ts';

/** Tells texts about food from all others; two of them differ in name and size. */
const model = (fingerprint: string, dimensions: number): Embedder => ({
  fingerprint,
  dimensions,
  embed: async (texts) =>
    texts.map((text) => unit(Array.from({ length: dimensions }, (_, place) => Number(place === Number(/soup|eat/.test(text)))))),
  close: () => {},
});

function open(file: string, embedder: Embedder): MemoryStore {
  const store = openMemoryStore({ file, clock: manualClock(), redactor: createRedactor(), embedder, vectorExtension });
  onTestFinished(() => store.close());
  return store;
}

test(
  'another model embeds all anew after a question, which is answered meanwhile and says how much is left',
  { timeout: 30_000 },
  async () => {
    const file = path.join(temporaryFolder(), 'memory.db');
    const first = open(file, model('one', 8));
    for (let index = 0; index < 100; index += 1)
      first.remember({
        text: index === 50 ? 'Anna cooks soup' : `House ${index} has a blue door`,
        category: 'fact',
        namespace: 'default',
        tags: [],
        source: 'owner',
        tainted: false,
        writeKey: String(index),
        mayRevive: true,
      });
    await first.maintain({ repair: true, embedMs: 10_000 });
    expect(first.stats().withoutVector).toBe(0);
    first.close();

    const second = open(file, model('two', 16));
    const ask = (): ReturnType<MemoryStore['recall']> => second.recall({ query: 'what is there to eat', limit: 1, offset: 0 });
    expect(second.stats()).toMatchObject({ embeddings: 'two', withoutVector: 100 });
    expect((await ask()).notice).toBe('68 memories are not yet found by meaning, only by their words.');
    expect((await second.recall({ query: 'soup', limit: 1, offset: 0 })).items[0]!.text).toBe('Anna cooks soup');
    await expect.poll(() => second.stats().withoutVector, { timeout: 20_000 }).toBe(0);
    const found = await ask();
    expect([found.items[0]!.text, found.notice]).toEqual(['Anna cooks soup', undefined]);
  },
);
