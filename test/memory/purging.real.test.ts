import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { startChild } from './memory-children.ts';

const secret = 'zanzibar';

function bytesOf(file: string): string {
  return ['', '-wal'].map((end) => readFileSync(`${file}${end}`, 'latin1').toLowerCase()).join('');
}

async function purge(app: TestApp, input: object): Promise<{ purged: number }> {
  const asked = (await app.call('memory_purge', input).catch((error: unknown) => error)) as { approvalId: string };
  await app.call('approval_answer', { id: asked.approvalId, answer: 'approve' });
  return app.output('memory_purge', input);
}

test('purging leaves nothing of a text in the file while other processes write and search', { timeout: 60_000 }, async () => {
  const app = await startApp({ env: { CLAW_EMBEDDINGS: 'none' } });
  const file = `${app.home}/memory.db`;
  for (let number = 0; number < 30; number += 1) {
    const { id } = await app.output<{ id: string }>('memory_remember', { text: `The ${secret} contract has clause ${number} of 30` });
    if (number % 3 === 0) await app.call('memory_update', { id, text: `The ${secret} contract has clause ${number}, corrected` });
  }
  await app.call('memory_remember', { text: 'Hello', subject: secret, thread: 'talk' });
  const others = [0, 1, 2].map((index) => startChild({ file, name: `p${index}x`, forMs: 3_000, embeddings: 'none' }));
  await Promise.all(others.map((child) => child.ready));
  await app.call('memory_forget', { query: secret });
  await app.call('memory_forget', { subject: secret });
  expect((await purge(app, { forgotten: true })).purged).toBe(31);
  expect(bytesOf(file)).not.toContain(secret);
  const ended = await Promise.all(others.map((child) => child.ended));
  expect(ended.map(({ code, errors }) => [code, errors])).toEqual(ended.map(() => [0, '']));
  expect(bytesOf(file)).not.toContain(secret);
  expect(await app.output('memory_maintain', { check: true })).toMatchObject({ problems: [] });
});
