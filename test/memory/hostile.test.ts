import { expect, test } from 'vitest';
import { errorCodes, ToolError } from '../../src/core/errors.ts';
import { seededRandom } from '../durable/seeded-random.ts';
import { startApp, type TestApp } from '../support/app.ts';

const seed = 20_261_124;
const pieces = [
  '"',
  "'",
  '`',
  '--',
  ';',
  '*',
  'NEAR(',
  'AND',
  'OR NOT',
  '(((',
  '{text}:',
  '^',
  ':',
  '\u0000',
  '\uD800',
  '\uDFFF',
  '🙂',
  '👩‍👩‍👧',
  '\u202E',
  'שלום',
  'مرحبا',
  '漢字',
  'ﬀ',
  'e\u0301',
  '%',
  '_',
  '\\',
  '\n',
  '\t',
  "'; DROP TABLE memories; --",
  '" OR 1=1 --',
  'memory_text',
  'rowid',
  '{"$secret":"x"}',
  'SELECT',
  '𝕬',
  '\uFEFF',
  '١٢٣',
  'ß',
  'İ',
  'x'.repeat(500),
  ' ',
];

const isTyped = (error: unknown): boolean => error instanceof ToolError && errorCodes.includes(error.code) && error.code !== 'internal';

/** What a call came to: an output, or an error of the closed list. */
async function tried(app: TestApp, tool: string, input: unknown): Promise<'answered' | 'refused'> {
  try {
    await app.call(tool, input);
    return 'answered';
  } catch (error) {
    if (isTyped(error)) return 'refused';
    throw new Error(`seed ${seed}: ${tool} ${JSON.stringify(input).slice(0, 300)}`, { cause: error });
  }
}

test('1,000 hostile inputs end in an answer or a typed error, and change no other memory', { timeout: 120_000 }, async () => {
  const app = await startApp({ env: { CLAW_EMBEDDINGS: 'none' } });
  const random = seededRandom(seed);
  const pick = (): string => pieces[Math.floor(random() * pieces.length)]!;
  const hostile = (): string => Array.from({ length: 1 + Math.floor(random() * 6) }, pick).join(random() < 0.5 ? ' ' : '');
  await app.call('memory_remember', { text: 'The lighthouse keeper is called Ottokar', key: 'keeper' });
  const inputs = (text: string): [string, object][] => [
    ['memory_recall', { query: text }],
    ['memory_remember', { text, tags: [text.slice(0, 60)], namespace: 'hostile', subject: text.slice(0, 100) }],
    ['memory_recall', { query: 'lighthouse', namespace: text.slice(0, 100), subject: text.slice(0, 100), source: text }],
    ['memory_list', { tag: text, since: text.slice(0, 40) }],
    ['memory_forget', { query: text.slice(0, 500), namespace: 'hostile' }],
    ['memory_show', { id: text.slice(0, 100) }],
    ['memory_context', { request: text }],
    ['memory_history', { id: text.slice(0, 100), at: text.slice(0, 40) }],
    ['memory_remember', { text, key: text.slice(0, 200), namespace: 'hostile', thread: text.slice(0, 200), category: 'conversation' }],
    ['memory_recall', { query: 'lighthouse', cursor: text.slice(0, 200) }],
    ['audit_search', { query: text, event: 'started', limit: 5 }],
  ];
  const counts = { answered: 0, refused: 0 };
  for (let number = 0; number < 1_000; number += 1) {
    const calls = inputs(hostile());
    const [tool, input] = calls[number % calls.length]!;
    counts[await tried(app, tool, input)] += 1;
  }
  counts[await tried(app, 'memory_remember', { text: 'm'.repeat(1_048_576) })] += 1;
  console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
  expect(counts.answered).toBeGreaterThan(300);
  const { items } = await app.output<{ items: { text: string }[] }>('memory_recall', { query: 'lighthouse keeper', namespace: 'default' });
  expect(items.map(({ text }) => text)).toEqual(['The lighthouse keeper is called Ottokar']);
  expect(await app.output('memory_maintain', { check: true })).toMatchObject({ problems: [] });
});

test('a vector of the wrong size, from a model that changed under its name, never breaks a search', async () => {
  const app = await startApp();
  await app.call('memory_remember', { text: 'The lighthouse keeper is called Ottokar' });
  await app.call('memory_recall', { query: 'keeper' });
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(`${app.home}/memory.db`);
  db.prepare('UPDATE vectors SET vector = ?').run(Buffer.from(new Int8Array(7)));
  db.close();
  const { items } = await app.output<{ items: { text: string }[] }>('memory_recall', { query: 'who keeps the lighthouse' });
  expect(items).toHaveLength(1);
});
