import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { connectLines } from '../../support/mcp-lines.ts';

/** A folder with one thing to find in it, and no model: what everybody has. */
async function withCode(): Promise<TestApp> {
  const app = await startApp();
  writeFileSync(path.join(app.files, 'shop.py'), 'import pdb\npdb.set_trace()\n');
  return app;
}

test('in plain words: the code-reviewer looks at a folder', async () => {
  const app = await withCode();
  const done = await app.output<{ status: string; summary: string }>('intake_run', { request: `review the code in ${app.files}` });
  expect(done.status).toBe('done');
  expect(done.summary).toContain('shop.py:1 debugging');
});

test('over MCP: a client gives the code-reviewer a task', async () => {
  const app = await withCode();
  const client = connectLines(app);
  const input = { persona: 'code-reviewer', task: `review the code in ${app.files}` };
  const { result } = await client.ask('tools/call', { name: 'tool_call', arguments: { tool: 'agent_run', input } });
  const { output } = result!.structuredContent as { output: { status: string; answer: string } };
  expect(output).toMatchObject({ status: 'done' });
  expect(output.answer).toContain('shop.py:1 debugging');
});

test('in a workflow: what the code-reviewer found is remembered', async () => {
  const app = await withCode();
  const text = [
    'steps:',
    '  - id: review',
    '    tool: agent_run',
    `    input: { persona: code-reviewer, task: 'review the code in ${app.files}' }`,
    '  - id: note',
    '    if: steps.review.output.status == "done"',
    '    tool: memory_remember',
    "    input: { text: '${{ steps.review.output.answer }}' }",
  ].join('\n');
  await app.call('workflow_save', { name: 'review', text });
  expect(await app.output('workflow_run', { name: 'review' })).toMatchObject({ status: 'done' });
  expect(JSON.stringify(await app.output('memory_list'))).toContain('shop.py:1 debugging');
});
