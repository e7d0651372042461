import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { connectLines } from '../../support/mcp-lines.ts';
import { claw } from '../../support/processes.ts';

const asking = 'steps:\n  - {id: people, approval_gate: "Go on?"}\n  - {id: after, if: steps.people.approved, tool: status_show}\n';

test('from the command line: saved, looked at, run as approved, answered in another process, deleted', { timeout: 60_000 }, async () => {
  const home = path.join(temporaryFolder(), 'home');
  const run = (...args: string[]) => claw(args, { home });
  const json = async <Value>(...args: string[]): Promise<Value> => JSON.parse((await run(...args, '--json')).stdout) as Value;
  const file = path.join(temporaryFolder(), 'one.yaml');
  writeFileSync(file, asking);
  expect((await claw(['workflow', 'save', 'one', '--text', '-'], { home, stdin: asking })).code).toBe(0);
  const { hash } = await json<{ hash: string }>('workflow', 'run', 'one', '--dry-run');
  expect(await run('workflow', 'run', 'one', '--approved', 'a'.repeat(64))).toMatchObject({ code: 1 });
  const started = await run('workflow', 'run', 'one', '--approved', hash);
  expect([started.code, started.stdout]).toEqual([3, expect.stringContaining('waits: Go on?')]);
  const approval = /apr_\w+/.exec(started.stdout)?.[0] ?? '';
  const runId = /run_\w+/.exec(started.stdout)?.[0] ?? '';
  expect((await run('run', 'show', runId)).stdout).toContain(`claw approval answer ${approval} approve`);
  expect((await run('approval', 'answer', approval, 'approve')).code).toBe(0);
  expect(await json('run', 'wait', runId)).toMatchObject({ status: 'done' });
  expect((await run('workflow', 'run', 'none')).code).not.toBe(0);
  expect((await run('workflow', 'delete', 'one')).code).toBe(3);
});

test('a workflow that failed is no success of the command', { timeout: 60_000 }, async () => {
  const home = path.join(temporaryFolder(), 'home');
  await claw(['workflow', 'save', 'bad', '--text', '-'], { home, stdin: 'steps: [{tool: file_read, input: {path: /none/such}}]' });
  expect((await claw(['workflow', 'run', 'bad'], { home })).code).toBe(1);
  expect((await claw(['workflow', 'run', 'health-check'], { home })).code).toBe(0);
  expect((await claw(['workflow', 'validate', '--text', 'steps: 3'], { home })).code).toBe(2);
});

test('over MCP: an agent writes a workflow, sees what is wrong, runs it, and a person answers', { timeout: 60_000 }, async () => {
  const app = await startApp({ recover: true });
  const lines = connectLines(app, { toolsets: ['all'] });
  const call = async (name: string, given: object) => (await lines.ask('tools/call', { name, arguments: given })).result;
  expect(await call('workflow_validate', { text: 'steps:\n  - tol: x' })).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('line 2, column 10') as string }],
  });
  expect(await call('workflow_save', { name: 'one', text: asking })).not.toHaveProperty('isError');
  const ran = (await call('workflow_run', { name: 'one' })) as { structuredContent: { status: string; approvalId: string; runId: string } };
  expect(ran.structuredContent.status).toBe('waiting');
  expect(await call('approval_answer', { id: ran.structuredContent.approvalId, answer: 'approve' })).toMatchObject({ isError: true });
  await app.call('approval_answer', { id: ran.structuredContent.approvalId, answer: 'approve' });
  expect(await call('run_wait', { id: ran.structuredContent.runId })).toMatchObject({ structuredContent: { status: 'done' } });
});
