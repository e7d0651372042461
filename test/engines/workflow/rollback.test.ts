import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Step } from '../../../src/engines/workflow/definition.ts';
import type { StepOutcome } from '../../../src/engines/workflow/outcomes.ts';
import { newestFirst } from '../../../src/engines/workflow/rollback-order.ts';
import { owner, startApp } from '../../support/app.ts';
import { runText } from './run-text.ts';
import { trialTools } from './trial-tools.ts';

const put = (id: string, more = ''): string => `  - {id: ${id}, tool: trial_put, input: {name: ${id}}${more}}\n`;
const fail = '  - {id: bad, tool: trial_fail, input: {name: bad}}\n';
const undo = (name: string): string => `, undo: {tool: trial_put, input: {name: "${name}"}}`;

test('where a step says no undo, the way back is the tool’s own, and nobody is asked for it', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  const ran = await runText(app, `on_failure: rollback\nsteps:\n${put('a')}${put('b', undo('own-b'))}${put('c')}${fail}`);
  expect(ran.status).toBe('failed');
  expect(trial.log).toEqual(['put a', 'put b', 'put c', 'fail bad', 'take c', 'put own-b', 'take a']);
  expect(ran.output.rolledBack?.map(({ step, tool, status }) => [step, tool, status])).toEqual([
    ['c', 'trial_take', 'ok'],
    ['b', 'trial_put', 'ok'],
    ['a', 'trial_take', 'ok'],
  ]);
});

test('a rule of the owner’s asks for the way back too', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  writeFileSync(path.join(app.home, 'policy.yaml'), 'rules: [{ then: ask, tool: trial_take, why: Taking is asked for. }]', { mode: 0o600 });
  const { runId, status } = await runText(app, `on_failure: rollback\nsteps:\n${put('a')}${fail}`);
  expect([status, trial.log]).toEqual(['waiting', ['put a', 'fail bad']]);
  expect(app.approvals.list({ runId, limit: 1 })[0]).toMatchObject({
    tool: 'trial_take',
    reason: expect.stringContaining('asked for') as string,
  });
});

test('what was rolled back is not offered to be undone again', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  const { runId } = await runText(app, `on_failure: rollback\nsteps:\n${put('a')}${put('b', undo('own-b'))}${fail}`);
  await expect(app.call('run_undo', { id: runId })).rejects.toMatchObject({ code: 'not_found' });
});

test('without a rollback the owner may still undo what was done', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  const { runId } = await runText(app, `steps:\n${put('a')}${put('b')}${fail}`);
  await app.call('run_undo', { id: runId });
  expect(trial.log.slice(-2)).toEqual(['take b', 'take a']);
});

test('a call of the workflow’s own that is destructive asks, in a rollback too', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools, recover: true });
  const text = `on_failure: rollback\nsteps:\n${put('a', ', undo: {tool: trial_take, input: {name: "${{ output.name }}"}}')}${fail}`;
  const { runId, status } = await runText(app, text);
  expect([status, trial.log]).toEqual(['waiting', ['put a', 'fail bad']]);
  app.approvals.answer(app.approvals.list({ runId, limit: 1 })[0]!.id, 'approve', owner);
  const ended = await app.backend.wait(runId, { timeoutMs: 10_000, throughWaiting: true });
  expect([ended.status, trial.log.at(-1)]).toEqual(['failed', 'take a']);
});

test('of a loop that broke off, what was done is taken back, item by item', async () => {
  const trial = trialTools();
  trial.failures = 1;
  const app = await startApp({ tools: trial.tools });
  const loop = `  - id: loop
    for_each: [x, y, z]
    tool: trial_put
    input: {name: "\${{ item }}"}
    verify: item != "z"
    undo: {tool: trial_put, input: {name: "un-\${{ item }}-\${{ output.name }}"}}
`;
  const ran = await runText(app, `on_failure: rollback\nsteps:\n${loop}`);
  expect(ran.status).toBe('failed');
  expect(trial.log).toEqual(['put x', 'put y', 'put z', 'put un-z-z', 'put un-y-y', 'put un-x-x']);
});

test('a step that ran and did not hold what it promised is taken back once, however often it was tried', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  const again = ', verify: output.name == "b", retry: {times: 2, backoff: 1ms}';
  await runText(app, `on_failure: rollback\nsteps:\n${put('a', again + undo('own-a'))}`);
  expect(trial.log).toEqual(['put a', 'put a', 'put own-a']);
});

test('of lanes side by side, the one that ended last is taken back first', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools, recover: true });
  const lane = (id: string): string => `  - {id: ${id}, needs: [], tool: trial_hold, input: {name: ${id}}${undo(`un-${id}`)}}\n`;
  const text = `on_failure: rollback\nsteps:\n${lane('a')}${lane('b')}  - {id: bad, needs: [a, b], tool: trial_fail, input: {name: bad}}\n`;
  const ran = runText(app, text);
  await expect.poll(() => trial.log).toEqual(['hold a', 'hold b']);
  trial.release('b');
  await new Promise((resolve) => setTimeout(resolve, 20));
  trial.release('a');
  expect((await ran).status).toBe('failed');
  expect(trial.log.slice(2)).toEqual(['fail bad', 'put un-a', 'put un-b']);
});

test('a clock that was set back does not turn the order round', () => {
  const step = (id: string, needs: string[]): Step => ({ id, needs }) as Step;
  const made = (id: string): [string, StepOutcome] => [id, { id, status: 'ok', summary: '', made: [{ stepId: id, output: null }] }];
  const past = ['a', 'b'].map((id, index) => ({ id, output: null, endedAt: 10 - index }));
  const order = newestFirst([step('a', []), step('b', ['a'])], new Map([made('a'), made('b')]), past);
  expect(order.map(({ callId }) => callId)).toEqual(['b', 'a']);
});

test('one that cannot be taken back does not keep the others from it', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  const broken = ', undo: {tool: trial_fail, input: {name: no}}';
  const ran = await runText(app, `on_failure: rollback\nsteps:\n${put('a')}${put('b', broken)}${fail}`);
  expect(ran.output.rolledBack?.map(({ step, status }) => [step, status])).toEqual([
    ['b', 'failed'],
    ['a', 'ok'],
  ]);
  expect(trial.log.at(-1)).toBe('take a');
});
