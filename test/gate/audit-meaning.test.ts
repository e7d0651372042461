import { expect, test } from 'vitest';
import { unit, type Embedder } from '../../src/core/embedder.ts';
import { createNearness } from '../../src/core/nearness.ts';
import { searchTexts } from '../../src/core/text-search.ts';
import { createAuditMeaning, saidIn } from '../../src/gate/audit/audit-meaning.ts';
import { startApp, type TestApp } from '../support/app.ts';

interface Found {
  items: { seq: number; tool: string; detail: string; score: number; why: string; times: number }[];
  nextCursor?: string;
  looked: { rows: number; texts: number; compared: number; isAll: boolean };
}

/** Texts about mail point one way, all others another; it counts what it is asked. */
function twoWays(): Embedder & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fingerprint: 'two ways',
    dimensions: 2,
    embed: async (texts) => {
      asked.push(...texts);
      return texts.map((text) => unit(/mail|letter/.test(text) ? [1, 0.05] : [0.05, 1]));
    },
    close: () => {},
  };
}

async function used(embeddings: string): Promise<TestApp> {
  const app = await startApp({ env: { CLAW_EMBEDDINGS: embeddings } });
  await app.call('memory_remember', { text: 'The dentist moved to Station Road' });
  for (let time = 0; time < 3; time += 1) await app.call('file_list', { path: app.files });
  await app.call('file_write', { path: `${app.files}/shopping.txt`, text: 'apples, bread and milk' });
  await app.call('file_read', { path: `${app.files}/missing.txt` }).catch(() => undefined);
  return app;
}

test('calls are found by what they mean, without a shared word', { timeout: 60_000 }, async () => {
  const app = await used('bundled');
  const find = (query: string): Promise<Found> => app.output('audit_search', { query });
  await expect
    .poll(async () => (await find('groceries')).looked, { timeout: 50_000, interval: 500 })
    .toMatchObject({ compared: expect.any(Number) });
  const { items, looked } = await find('groceries');
  expect(items[0]).toMatchObject({ tool: 'file_write', times: 1 });
  expect(items[0]!.why).toMatch(/^meaning 0\.\d+$/);
  expect(looked).toMatchObject({ isAll: true, compared: looked.texts });
});

test('without a model they are found by words, and it is said', async () => {
  const app = await used('none');
  const { items, looked } = await app.output<Found>('audit_search', { query: 'who listed files' });
  expect(items[0]).toMatchObject({ tool: 'file_list', times: 3 });
  expect(looked).toMatchObject({ compared: 0, isAll: true });
});

test('filters hold, searches do not find themselves, and pages follow each other', async () => {
  const app = await used('none');
  const failed = await app.output<Found>('audit_search', { query: 'file', event: 'failed' });
  expect(failed.items.map(({ tool }) => tool)).toEqual(['file_read']);
  const first = await app.output<Found>('audit_search', { query: 'file', limit: 1 });
  const second = await app.output<Found>('audit_search', { query: 'file', limit: 1, cursor: first.nextCursor });
  expect(second.items[0]!.seq).not.toBe(first.items[0]!.seq);
  const all = await app.output<Found>('audit_search', { query: 'file' });
  expect(all.items.map(({ tool }) => tool)).not.toContain('audit_search');
  await expect(app.call('audit_search', { query: 'file', cursor: '7' })).rejects.toMatchObject({ code: 'invalid_input' });
});

test('a text is computed once, however often it was called and asked for', async () => {
  const model = twoWays();
  const nearness = createNearness(async () => model);
  const items = [
    { id: 'a', texts: ['write a mail'] },
    { id: 'b', texts: ['mow the lawn'] },
  ];
  for (let time = 0; time < 3; time += 1)
    expect((await searchTexts(items, 'letter', { nearness, patienceMs: 1_000 })).hits.map(({ id }) => id)).toEqual(['a']);
  expect(model.asked.filter((text) => text === 'write a mail')).toHaveLength(1);
});

test('it looks back a bounded way, and says how far', async () => {
  const model = twoWays();
  const rows = Array.from({ length: 30_000 }, (_, index) => ({
    seq: 30_000 - index,
    at: 'then',
    event: 'started' as const,
    tool: 'mail_send',
  }));
  const row = (index: number): never => ({ ...rows[index], detail: JSON.stringify({ input: { to: `person ${index % 3_000}` } }) }) as never;
  const audit = {
    search: ({ before = 0, limit = 0 }) => rows.slice(30_001 - before, 30_001 - before + limit).map(({ seq }) => row(30_000 - seq)),
    row: (seq: number) => row(30_000 - seq),
  };
  const meaning = createAuditMeaning({ audit, nearness: createNearness(async () => model) });
  const { looked, findings } = await meaning.find('letter', {}, { upTo: 30_000, signal: new AbortController().signal });
  expect(looked).toEqual({ rows: 2_000, since: 'then', texts: 2_000, compared: 2_000, isAll: false });
  expect(findings[0]!.row.tool).toBe('mail_send');
});

test('what a row says is the tool and its values, without ids of ours', () => {
  const detail = JSON.stringify({ input: { id: 'mem_01m874k5zd4xjg5w160g', text: 'the NAS', tags: [], limit: 5 } });
  expect(saidIn({ tool: 'memory_update', event: 'started', detail })).toBe('memory update: the NAS');
  expect(saidIn({ tool: 'shell_run', event: 'unknown', detail: '"The process ended during the call."' })).toBe(
    'shell run unknown: The process ended during the call.',
  );
});
