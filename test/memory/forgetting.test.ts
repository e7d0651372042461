import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { manualClock } from '../../src/core/clock.ts';
import type { Caller } from '../../src/core/tool.ts';
import { startApp, type TestApp } from '../support/app.ts';

const wordsOnly = { env: { CLAW_EMBEDDINGS: 'none' } };
const cron: Caller = { kind: 'cron' };
const remember = (app: TestApp, text: string, more: object = {}): Promise<{ id: string; change: string }> =>
  app.output('memory_remember', { text, ...more });
const texts = async (app: TestApp, query: string): Promise<string[]> =>
  (await app.output<{ items: { text: string }[] }>('memory_recall', { query })).items.map(({ text }) => text);

function fileWith(app: TestApp, name: string, text: string): string {
  mkdirSync(app.files, { recursive: true });
  const file = path.join(app.files, name);
  writeFileSync(file, text);
  return file;
}

test('what was forgotten comes back through no import and through nobody but a person', async () => {
  const app = await startApp(wordsOnly);
  const { id } = await remember(app, 'The gate code is 4711');
  const file = path.join(app.files, 'all.jsonl');
  await app.call('memory_export', { path: file });
  await app.call('memory_forget', { id });
  expect(await app.output('memory_import', { path: file })).toMatchObject({ created: 0, forgotten: 1 });
  const graph = fileWith(
    app,
    'graph.json',
    JSON.stringify({ type: 'entity', name: 'gate', entityType: 'thing', observations: ['the gate code is 4711!'] }),
  );
  expect(await app.output('memory_import', { path: graph, from: 'server-memory' })).toMatchObject({ created: 0, forgotten: 1 });
  const page = fileWith(app, 'page.md', '- the gate code is 4711\n');
  expect(await app.output('memory_import', { path: page, from: 'markdown' })).toMatchObject({ created: 0, forgotten: 1 });
  await expect(app.gate.call(cron, 'memory_remember', { text: 'the gate code is 4711' })).rejects.toMatchObject({ code: 'denied' });
  await expect(app.gate.call(cron, 'memory_restore', { id })).rejects.toMatchObject({ code: 'denied' });
  expect(await texts(app, 'gate code')).toEqual([]);
  expect((await remember(app, 'The gate code is 4711')).change).toBe('created');
});

test('forgetting by words, subject or source takes all that fit, and undo brings all back', async () => {
  const app = await startApp(wordsOnly);
  await remember(app, 'Berta likes tea', { subject: 'Berta' });
  await remember(app, 'Berta lives in Bern', { subject: 'berta' });
  await remember(app, 'Anna lives in Bern', { subject: 'Anna' });
  const { forgotten, batch } = await app.output<{ forgotten: unknown[]; batch: string }>('memory_forget', { subject: 'Berta' });
  expect(forgotten).toHaveLength(2);
  expect(await texts(app, 'Bern')).toEqual(['Anna lives in Bern']);
  await app.call('memory_restore', { id: batch });
  expect(await texts(app, 'Bern')).toHaveLength(2);
  expect((await app.output<{ forgotten: unknown[] }>('memory_forget', { query: 'Bern lives' })).forgotten).toHaveLength(2);
  await expect(app.call('memory_forget', { namespace: 'default' })).rejects.toMatchObject({ code: 'invalid_input' });
});

test('purging leaves nothing of the text in the file, and the tombstone still holds', async () => {
  const app = await startApp();
  const { id } = await remember(app, 'The zanzibar contract has clause nineteen');
  await app.call('memory_recall', { query: 'zanzibar' });
  await app.call('memory_update', { id, text: 'The zanzibar contract has clause twenty' });
  const asked = await app.call('memory_purge', { id }).catch((error: unknown) => error as { approvalId: string });
  await app.call('approval_answer', { id: (asked as { approvalId: string }).approvalId, answer: 'approve' });
  expect(await app.output('memory_purge', { id })).toEqual({ purged: 1 });
  const bytes = ['', '-wal'].map((end) => readFileSync(`${app.home}/memory.db${end}`, 'latin1').toLowerCase()).join('');
  expect(bytes).not.toContain('zanzibar');
  expect(await app.output('memory_maintain', { check: true })).toMatchObject({ problems: [] });
  await expect(app.gate.call(cron, 'memory_remember', { text: 'the zanzibar contract has clause twenty' })).rejects.toMatchObject({
    code: 'denied',
  });
});

test('what nobody asked for in 90 days goes to the archive; pinned and used memories stay', async () => {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const app = await startApp({ ...wordsOnly, clock });
  const old = await remember(app, 'the attic has two windows');
  await remember(app, 'the cellar has one window', { pinned: true });
  await remember(app, 'the hall has three windows');
  clock.advance(80 * 24 * 3_600_000);
  await texts(app, 'hall');
  clock.advance(20 * 24 * 3_600_000);
  expect(await app.output('memory_maintain')).toMatchObject({ archived: 1, problems: [] });
  expect(await texts(app, 'windows')).toHaveLength(2);
  await app.call('memory_restore', { id: old.id });
  expect(await texts(app, 'attic')).toHaveLength(1);
});

test('opening the file archives what was not used for 90 days, and what is restored stays', async () => {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const first = await startApp({ ...wordsOnly, clock });
  await remember(first, 'the attic has two windows');
  await remember(first, 'the cellar has one window', { pinned: true });
  await first[Symbol.asyncDispose]();
  clock.advance(91 * 24 * 3_600_000);
  const second = await startApp({ ...wordsOnly, clock, home: first.home });
  expect(await texts(second, 'window')).toEqual(['the cellar has one window']);
  expect(await second.output('memory_stats')).toMatchObject({ memories: 1, archived: 1 });
  await second.call('memory_restore', { id: 'unused' });
  await second[Symbol.asyncDispose]();
  const third = await startApp({ ...wordsOnly, clock, home: first.home });
  expect(await texts(third, 'window')).toHaveLength(2);
});

test('an export is the same memories when it is imported elsewhere', async () => {
  const app = await startApp(wordsOnly);
  await remember(app, 'Anna likes tea', { subject: 'Anna', tags: ['people'], pinned: true, confidence: 0.5 });
  await remember(app, 'Staging uses port 8443', { key: 'staging', namespace: 'work', validFrom: '2026-02-01' });
  const file = path.join(app.files, 'all.jsonl');
  await app.call('memory_export', { path: file });
  const other = await startApp(wordsOnly);
  const copied = fileWith(other, 'all.jsonl', readFileSync(file, 'utf8'));
  expect(await other.output('memory_import', { path: copied })).toMatchObject({ created: 2, unreadable: 0 });
  expect(await other.output('memory_import', { path: copied })).toMatchObject({ created: 0, known: 2 });
  const shape = async (from: TestApp): Promise<unknown> =>
    (await from.output<{ items: Record<string, unknown>[] }>('memory_list')).items.map(
      ({ text, namespace, key, tags, subject, pinned, confidence }) => ({
        text,
        namespace,
        key,
        tags,
        subject,
        pinned,
        confidence,
      }),
    );
  expect(await shape(other)).toEqual(await shape(app));
});

test('the file of the knowledge-graph server is taken over with its entities, observations and relations', async () => {
  const app = await startApp(wordsOnly);
  const lines = [
    { type: 'entity', name: 'Anna', entityType: 'person', observations: ['speaks Spanish', 'Anna lives in Bern'] },
    { type: 'entity', name: 'Acme', entityType: 'company', observations: [] },
    { type: 'relation', from: 'Anna', to: 'Acme', relationType: 'works_at' },
    'broken',
  ];
  const file = fileWith(app, 'memory.json', lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  expect(await app.output('memory_import', { path: file, from: 'server-memory' })).toMatchObject({ created: 4, unreadable: 1 });
  expect(await texts(app, 'where does Anna work')).toContain('Anna works at Acme');
  expect(await texts(app, 'Spanish')).toEqual(['Anna, person: speaks Spanish']);
});

test('files say by their name and content what they are', async () => {
  const app = await startApp(wordsOnly);
  await remember(app, 'Anna likes tea');
  const page = path.join(app.files, 'all.md');
  await app.call('memory_export', { path: page });
  expect(readFileSync(page, 'utf8')).toBe('# Memories\n\n## fact\n\n- Anna likes tea\n');
  expect(await app.output('memory_import', { path: page })).toMatchObject({ known: 1 });
  const graph = fileWith(app, 'memory.json', JSON.stringify({ type: 'relation', from: 'Anna', to: 'Acme', relationType: 'works_at' }));
  expect(await app.output('memory_import', { path: graph })).toMatchObject({ created: 1 });
});

test('nobody is asked about a purge or an update of nothing', async () => {
  const app = await startApp(wordsOnly);
  const { id } = await remember(app, 'Anna likes tea');
  await expect(app.call('memory_purge')).rejects.toMatchObject({ code: 'invalid_input' });
  await expect(app.call('memory_update', { id })).rejects.toMatchObject({ code: 'invalid_input' });
});

test('rows that an index lost are named, and written anew', async () => {
  const app = await startApp(wordsOnly);
  await remember(app, 'the attic has two windows');
  await remember(app, 'the cellar has one window');
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(`${app.home}/memory.db`);
  db.exec("DELETE FROM memory_text WHERE rowid = 1; INSERT INTO memory_text (rowid, text) VALUES (99, 'ghost')");
  db.close();
  const { problems } = await app.output<{ problems: string[] }>('memory_maintain', { check: true });
  expect(problems).toEqual(['1 memories without words in the index', '1 entries of the index without a memory']);
  await app.call('memory_maintain');
  expect(await app.output('memory_maintain', { check: true })).toMatchObject({ problems: [] });
  expect(await texts(app, 'attic')).toHaveLength(1);
});
