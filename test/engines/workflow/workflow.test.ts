import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { WorkflowReport } from '../../../src/engines/workflow/workflow-parts.ts';
import type { RunRecord } from '../../../src/durable/backend.ts';
import { owner, startApp, type TestApp } from '../../support/app.ts';
import { runText, statusesOf, type Ran } from './run-text.ts';

const write = (file: string, text = 'x', more = ''): string =>
  `tool: file_write\n    input: {path: "\${{ inputs.folder }}/${file}", text: ${JSON.stringify(text)}}${more}`;
const head = 'inputs: {folder: {type: string, required: true}}\n';

test('steps follow each other, pass values on, and begin or not by their conditions', async () => {
  const app = await startApp();
  const ran = await runText(
    app,
    `${head}steps:
  - id: a
    ${write('a.txt', 'hello')}
  - id: b
    tool: file_read
    input: {path: "\${{ inputs.folder }}/a.txt"}
    verify: output.text contains "hello"
  - id: never
    if: steps.b.failed
    tool: status_show
  - id: always
    needs: [b]
    if: steps.b.ok and inputs.folder != null
    tool: status_show
`,
    { folder: app.files },
  );
  expect([ran.status, statusesOf(ran)]).toEqual(['done', { a: 'ok', b: 'ok', never: 'skipped', always: 'ok' }]);
});

test('after a failure nothing more begins, except what was written for it', async () => {
  const app = await startApp();
  const ran = await runText(
    app,
    `${head}steps:
  - id: bad
    tool: file_read
    input: {path: "\${{ inputs.folder }}/absent"}
  - id: next
    ${write('next.txt')}
  - id: tidy
    if: always()
    ${write('tidy.txt')}
  - id: told
    needs: [bad]
    if: steps.bad.failed
    ${write('told.txt')}
`,
    { folder: app.files },
  );
  expect([ran.status, statusesOf(ran)]).toEqual(['failed', { bad: 'failed', next: 'skipped', tidy: 'ok', told: 'ok' }]);
  expect(existsSync(path.join(app.files, 'next.txt'))).toBe(false);
});

test('a failure that may be passed over keeps nothing back', async () => {
  const app = await startApp();
  const ran = await runText(
    app,
    `${head}steps:
  - {id: bad, tool: file_read, input: {path: "\${{ inputs.folder }}/absent"}, on_failure: continue}
  - {id: next, tool: status_show}
`,
    { folder: app.files },
  );
  expect([ran.status, statusesOf(ran)]).toEqual(['done', { bad: 'failed', next: 'ok' }]);
});

test('a loop does one item after the other', async () => {
  const app = await startApp();
  const ran = await runText(
    app,
    `${head}steps:
  - id: files
    for_each: [one, two, three]
    tool: file_write
    input: {path: "\${{ inputs.folder }}/\${{ item }}.txt", text: "\${{ item }}"}
`,
    { folder: app.files },
  );
  expect(ran.status).toBe('done');
  expect(['one', 'two', 'three'].map((name) => readFileSync(path.join(app.files, `${name}.txt`), 'utf8'))).toEqual(['one', 'two', 'three']);
  const steps = await app.backend.steps(ran.runId);
  expect(steps.map(({ id }) => id)).toEqual(['files.0', 'files.1', 'files.2']);
});

test('a step is tried as often as it says', async () => {
  const app = await startApp();
  const ran = await runText(
    app,
    'steps: [{id: no, tool: status_show, verify: output.version == "none", retry: {times: 3, backoff: 10ms}}]',
  );
  expect([ran.status, statusesOf(ran)]).toEqual(['failed', { no: 'failed' }]);
  const steps = await app.backend.steps(ran.runId);
  expect(steps.filter(({ tool }) => tool === 'status_show').map(({ id }) => id)).toEqual(['no', 'no.try2', 'no.try3']);
});

test('a rollback takes back in reverse order what was done, then follows its own list', async () => {
  const app = await startApp();
  const append = (text: string): string => `{tool: file_write, input: {path: "\${{ inputs.folder }}/undone-${text}", text: ${text}}}`;
  const ran = await runText(
    app,
    `${head}on_failure: rollback
steps:
  - {id: first, tool: status_show, undo: ${append('first')}}
  - {id: second, tool: status_show, undo: ${append('second')}}
  - {id: bad, tool: file_read, input: {path: "\${{ inputs.folder }}/absent"}, undo: ${append('bad')}}
rollback: [${append('list')}]
`,
    { folder: app.files },
  );
  expect(ran.status).toBe('failed');
  expect(ran.output.rolledBack?.map(({ step, status }) => [step, status])).toEqual([
    ['second', 'ok'],
    ['first', 'ok'],
    ['rollback', 'ok'],
  ]);
  expect(existsSync(path.join(app.files, 'undone-bad'))).toBe(false);
});

const asking = `${head}steps:
  - {id: people, approval_gate: "Go on?"}
  - {id: after, if: steps.people.approved, tool: file_write, input: {path: "\${{ inputs.folder }}/yes", text: yes}}
`;

async function answer(app: TestApp, runId: string, word: 'approve' | 'deny'): Promise<RunRecord> {
  const [approval] = app.approvals.list({ runId, limit: 1 });
  app.approvals.answer(approval!.id, word, owner);
  await app.settled();
  return app.backend.wait(runId, { timeoutMs: 10_000, throughWaiting: true });
}

test('a step that asks people waits through a restart', async () => {
  const before = await startApp({ recover: true });
  const { runId, status, question } = await runText(before, asking, { folder: before.files });
  expect([status, question]).toEqual(['waiting', 'Go on?']);
  await before[Symbol.asyncDispose]();
  const app = await startApp({ home: before.home, recover: true });
  expect((await answer(app, runId, 'approve')).status).toBe('done');
  expect(existsSync(path.join(app.files, 'yes'))).toBe(true);
});

test('a no is no failure of ours, and what depends on a yes does not begin', async () => {
  const app = await startApp({ recover: true });
  const { runId } = await runText(app, asking, { folder: app.files });
  expect((await answer(app, runId, 'deny')).status).toBe('declined');
  expect(existsSync(path.join(app.files, 'yes'))).toBe(false);
});

test('a run keeps to the text it was started with', async () => {
  const app = await startApp({ recover: true });
  const { runId } = await runText(app, asking, { folder: app.files });
  await app.call('workflow_save', { name: 'one', text: 'steps: [{tool: status_show}]' });
  const ended = await answer(app, runId, 'approve');
  expect((ended.output as WorkflowReport).steps.map(({ id }) => id)).toEqual(['people', 'after']);
});

test('a dry run tells what would change, and does nothing', async () => {
  const app = await startApp();
  const text = `${head}summary: "\${{ steps.a.summary }}"
steps:
  - {id: a, ${write('a.txt', 'hello').replace('\n    ', ', ')}}
  - {id: b, if: inputs.folder == "none", tool: status_show}
  - {id: c, shell: [echo, "\${{ steps.a.output.path }}"], input: {cwd: "\${{ inputs.folder }}"}}
  - {id: d, approval_gate: "Go on with \${{ inputs.folder }}?"}
  - {id: e, tool: file_read, input: {path: "\${{ inputs.folder }}/../../etc/passwd"}}
`;
  await app.call('workflow_save', { name: 'one', text });
  const { summary, output } = await app.call('workflow_run', { name: 'one', inputs: { folder: app.files }, dryRun: true });
  const { plan } = output as { plan: { id: string; changes: { action: string; target: string }[]; asks: boolean; skipped?: boolean }[] };
  expect(plan.map(({ id, asks, skipped = false }) => [id, asks, skipped])).toEqual([
    ['a', false, false],
    ['b', false, true],
    ['c', false, false],
    ['d', true, false],
    ['e', false, false],
  ]);
  expect(plan[0]!.changes).toMatchObject([{ action: 'create', target: path.join(app.files, 'a.txt') }]);
  expect(plan[2]!.changes[0]!.target).toContain('${{ steps.a.output.path }}');
  expect(summary).toContain(`  + create ${app.files}/a.txt\n    + create: hello`);
  expect(summary).toContain('--approved');
  expect(existsSync(path.join(app.files, 'a.txt'))).toBe(false);
});

test('a dry run shows plan and hash, and only that is run on its hash', async () => {
  const app = await startApp();
  await app.call('workflow_save', { name: 'one', text: 'steps: [{tool: status_show}]' });
  const { hash } = await app.output<Ran>('workflow_run', { name: 'one', dryRun: true });
  expect((await app.output<Ran>('workflow_run', { name: 'one', approved: hash })).status).toBe('done');
  await app.call('workflow_save', { name: 'one', text: 'steps: [{tool: machine_status}]' });
  await expect(app.call('workflow_run', { name: 'one', approved: hash })).rejects.toMatchObject({ code: 'conflict' });
});

test('a workflow that is wrong is not kept; one that needs what is not there is kept and not run', async () => {
  const app = await startApp();
  const wrong = app.call('workflow_save', { name: 'one', text: 'steps:\n  - if: previous.oops\n    tool: status_show' });
  await expect(wrong).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('line 2') as string });
  expect(existsSync(path.join(app.paths.workflows, 'one.yaml'))).toBe(false);
  await app.call('workflow_save', { name: 'one', text: 'steps: [{skill: heartbeat}]' });
  await expect(app.call('workflow_run', { name: 'one' })).rejects.toMatchObject({ code: 'unavailable' });
});

test('a workflow is saved, and the save taken back', async () => {
  const app = await startApp();
  const { callId } = await app.call('workflow_save', { name: 'one', text: 'steps: [{tool: status_show}]' });
  await app.call('run_undo', { id: callId });
  expect((await app.output<{ items: { name: string }[] }>('workflow_list')).items.map(({ name }) => name)).not.toContain('one');
});

test('a file that was broken by hand is listed with what is wrong', async () => {
  const app = await startApp();
  await app.call('workflow_save', { name: 'one', text: 'steps: [{tool: status_show}]' });
  writeFileSync(path.join(app.paths.workflows, 'one.yaml'), 'steps: 3');
  const { items } = await app.output<{ items: { name: string; problem?: string }[] }>('workflow_list');
  expect(items.find(({ name }) => name === 'one')?.problem).toContain('line 1');
});
