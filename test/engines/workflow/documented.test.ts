import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { owner, startApp } from '../../support/app.ts';
import { root } from '../../support/processes.ts';
import type { Ran } from './run-text.ts';

test('the workflow of docs/workflows.md does what it says', async () => {
  const guide = readFileSync(path.join(root, 'docs', 'workflows.md'), 'utf8');
  const text = /```yaml\n([^]*?)```/.exec(guide)![1]!;
  for (const [answer, status, kept] of [
    ['approve', 'done', true],
    ['deny', 'declined', false],
  ] as const) {
    const app = await startApp({ recover: true });
    const file = path.join(app.files, 'note.txt');
    await app.call('workflow_save', { name: 'note', text });
    const inputs = { file };
    const { hash } = await app.output<Ran>('workflow_run', { name: 'note', inputs, dryRun: true });
    const { runId, question } = await app.output<Ran>('workflow_run', { name: 'note', inputs, approved: hash });
    expect(question).toBe(`Keep ${file}?`);
    app.approvals.answer(app.approvals.list({ runId, limit: 1 })[0]!.id, answer, owner);
    const ended = await app.backend.wait(runId, { timeoutMs: 10_000, throughWaiting: true });
    expect([ended.status, existsSync(file)]).toEqual([status, kept]);
    if (kept) expect(ended.output).toMatchObject({ summary: `${file} says Hello` });
  }
});
