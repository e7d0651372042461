import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { runText, statusesOf } from './run-text.ts';
import { trialTools } from './trial-tools.ts';

const bad = '  - {id: bad, tool: trial_fail, input: {name: bad}}\n';
const good = '  - {id: good, needs: [], tool: trial_put, input: {name: good}}\n';
const after = (condition: string): string =>
  `  - {id: after, needs: [good, bad], if: '${condition}', tool: trial_put, input: {name: after}}\n`;

test.each([
  ['always()', 'ok'],
  ['steps.bad.failed', 'ok'],
  ['not steps.bad.ok', 'ok'],
  ['steps.bad.status == "failed" and steps.good.ok', 'ok'],
  ['steps.bad.error.code == "unavailable"', 'ok'],
  ['steps.good.status == "ok"', 'skipped'],
  ['not steps.good.failed', 'skipped'],
  ['steps.good.failed or steps.good.ok', 'skipped'],
  ['steps.good.output.name == "good"', 'skipped'],
  ['true', 'skipped'],
  ['steps.good.failed', 'skipped'],
])('after a failure, a step with "%s" is %s', async (condition, status) => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  const ran = await runText(app, `steps:\n${good}${bad}${after(condition)}`);
  expect(statusesOf(ran)).toEqual({ good: 'ok', bad: 'failed', after: status });
});

test('what its own condition passed over holds nothing back', async () => {
  const app = await startApp();
  const ran = await runText(app, 'steps:\n  - {id: a, if: "1 > 2", tool: status_show}\n  - {id: b, tool: status_show}\n');
  expect([ran.status, statusesOf(ran)]).toEqual(['done', { a: 'skipped', b: 'ok' }]);
});

test('only a yes of people is an approval', async () => {
  const app = await startApp({ recover: true });
  const ran = await runText(
    app,
    'steps:\n  - {id: people, if: "1 > 2", approval_gate: "Go on?"}\n  - {id: b, if: steps.people.approved, tool: status_show}\n',
  );
  expect(statusesOf(ran)).toEqual({ people: 'skipped', b: 'skipped' });
});

test('text from outside stays outside text: through loops that break off, items and previous steps', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  const text = `steps:
  - id: loop
    for_each: [x, y]
    tool: trial_fetch
    input: {name: "\${{ item }}"}
    verify: item == "x"
    on_failure: continue
  - id: partial
    tool: trial_put
    input: {name: "\${{ steps.loop.output.0.name }}"}
    on_failure: continue
  - {id: read, tool: trial_fetch, input: {name: z}}
  - {id: before, tool: trial_put, input: {name: "\${{ previous.output.name }}"}, on_failure: continue}
  - {id: items, for_each: "\${{ steps.loop.output }}", tool: trial_put, input: {name: "\${{ item.name }}"}, on_failure: continue}
  - {id: clean, for_each: [own], tool: trial_put, input: {name: "\${{ item }}"}}
`;
  const ran = await runText(app, text);
  expect(statusesOf(ran)).toEqual({ loop: 'failed', partial: 'failed', read: 'ok', before: 'failed', items: 'failed', clean: 'ok' });
  expect(ran.output.steps.filter(({ error }) => error?.code === 'denied').map(({ id }) => id)).toEqual(['partial', 'before', 'items']);
  expect(trial.log).toEqual(['put own']);
});

test('a replay begins no step that the first life held back, and goes on with those that had begun', async () => {
  const trial = trialTools();
  const before = await startApp({ tools: trial.tools, recover: true });
  const text = `steps:
  - {id: slow, needs: [], tool: trial_hold, input: {name: slow}}
  - {id: bad, needs: [], tool: trial_fail, input: {name: bad}}
  - {id: other, needs: [], tool: trial_hold, input: {name: other}}
  - {id: next, needs: [slow], tool: trial_put, input: {name: next}}
`;
  await before.call('workflow_save', { name: 'one', text });
  const running = before.call('workflow_run', { name: 'one' }).catch(() => undefined);
  await expect.poll(() => trial.log.toSorted()).toEqual(['fail bad', 'hold other', 'hold slow']);
  trial.release('slow');
  await pause(100);
  await before[Symbol.asyncDispose]();
  await running;
  const app = await startApp({ home: before.home, tools: trial.tools, recover: true });
  const { items } = await app.backend.list({ kind: 'workflow', limit: 1 });
  const ended = await app.backend.wait(items[0]!.id, { timeoutMs: 10_000 });
  expect(ended.status).toBe('unknown');
  expect(statusesOf(ended as never)).toEqual({ slow: 'ok', bad: 'failed', other: 'unknown', next: 'skipped' });
  expect(trial.log).not.toContain('put next');
});

test('a call that does not answer in time may have happened', async () => {
  const trial = trialTools();
  const app = await startApp({ tools: trial.tools });
  const ran = await runText(app, 'steps: [{id: slow, tool: trial_hold, input: {name: a}, timeout: 1s, retry: {times: 3, backoff: 1ms}}]');
  expect([ran.status, statusesOf(ran), trial.log]).toEqual(['unknown', { slow: 'unknown' }, ['hold a']]);
  expect((await app.backend.steps(ran.runId)).map(({ id, status }) => [id, status])).toContainEqual(['slow', 'unknown']);
});

test('ids of steps cannot meet ids of ours', async () => {
  const trial = trialTools();
  trial.failures = 1;
  const app = await startApp({ tools: trial.tools });
  const step = (id: string): string => `  - {id: ${id}, tool: trial_put, input: {name: ${id}}}\n`;
  const text = `steps:\n  - {id: a, tool: trial_fail, input: {name: a}, retry: {times: 2, backoff: 1ms}}\n${step('a-try2')}${step('a-undo')}${step('rollback-plan')}${step('a-0')}`;
  const ran = await runText(app, text);
  expect([ran.status, trial.log]).toEqual(['done', ['fail a', 'fail a', 'put a-try2', 'put a-undo', 'put rollback-plan', 'put a-0']]);
});

test('a workflow that starts itself is ended', async () => {
  const app = await startApp();
  const ran = await runText(app, 'steps: [{tool: workflow_run, input: {name: one}}]');
  expect(ran.status).toBe('failed');
  const { items } = await app.backend.list({ kind: 'workflow', limit: 50 });
  expect(items).toHaveLength(8);
});
