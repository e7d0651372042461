import { expect, onTestFinished, test } from 'vitest';
import { bundledEmbedder } from '../../src/engines/embeddings/bundled.ts';
import { queryTerms } from '../../src/core/query-terms.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { paraphrases } from './paraphrases.ts';

interface Row {
  category: string;
  memory: string;
  question: string;
}

const rows: Row[] = Object.entries(paraphrases).flatMap(([category, pairs]) =>
  pairs.map(([memory, question]) => ({ category, memory, question })),
);

async function filled(embeddings: string): Promise<TestApp> {
  const app = await startApp({ env: { CLAW_EMBEDDINGS: embeddings } });
  for (const { category, memory } of rows) await app.call('memory_remember', { text: memory, category });
  await app.call('memory_maintain');
  return app;
}

/** Of 100 questions, how many have their memory among the first five. */
async function foundBy(app: TestApp): Promise<boolean[]> {
  const found: boolean[] = [];
  for (const { memory, question } of rows) {
    const { items } = await app.output<{ items: { text: string }[] }>('memory_recall', { query: question, limit: 5 });
    found.push(items.some(({ text }) => text === memory));
  }
  return found;
}

async function foundByVectors(): Promise<boolean[]> {
  const embedder = bundledEmbedder();
  onTestFinished(() => embedder.close());
  const memories = await embedder.embed(rows.map(({ memory }) => memory));
  const questions = await embedder.embed(rows.map(({ question }) => question));
  const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);
  return questions.map((question, index) => {
    const own = cosine(question, memories[index]!);
    return memories.filter((memory) => cosine(question, memory) > own).length < 5;
  });
}

const count = (found: boolean[], category?: string): number =>
  found.filter((one, index) => one && (category === undefined || rows[index]!.category === category)).length;

test('the 100 questions share no telling word with their memory', () => {
  const stem = (word: string): string => word.replace(/(?:ies|es|s|ing|ed)$/, '');
  for (const { memory, question } of rows) {
    const said = new Set(queryTerms(memory).map(stem));
    expect({
      question,
      shared: queryTerms(question)
        .map(stem)
        .filter((word) => said.has(word)),
    }).toEqual({ question, shared: [] });
  }
});

test('paraphrases without a shared word find their memory, and both halves together lose nothing against the better one', async () => {
  const hybrid = await foundBy(await filled('bundled'));
  const words = await foundBy(await filled('none'));
  const vectors = await foundByVectors();
  for (const category of [...Object.keys(paraphrases), undefined]) {
    const [both, byWords, byVectors] = [hybrid, words, vectors].map((found) => count(found, category));
    console.log(
      `${category ?? 'all'}: hybrid ${both}, words ${byWords}, vectors ${byVectors} of ${category === undefined ? 100 : 25} in the first five`,
    );
  }
  expect(rows).toHaveLength(100);
  expect(count(hybrid)).toBeGreaterThanOrEqual(85);
  expect(count(hybrid)).toBeGreaterThanOrEqual(Math.max(count(words), count(vectors)) - 2);
});
