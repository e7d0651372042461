import { expect, test } from 'vitest';
import { manualClock } from '../../../src/core/clock.ts';
import { owner, startApp, type TestApp } from '../../support/app.ts';
import { runText, statusesOf } from './run-text.ts';

const asking = (rules: string): string =>
  `steps:\n  - {id: people, approval_gate: {message: "Go on?"${rules}}}\n  - {id: after, if: steps.people.approved, tool: status_show}\n`;
const anna = { ...owner, name: 'anna' };
const berta = { ...owner, name: 'berta' };
const questionOf = (app: TestApp, runId: string): string => app.approvals.list({ runId, limit: 1 })[0]!.id;
const ended = (app: TestApp, runId: string) => app.backend.wait(runId, { timeoutMs: 10_000, throughWaiting: true });

test('where two must say yes, one is not enough', async () => {
  const app = await startApp({ recover: true });
  const { runId } = await runText(app, asking(', approvers: 2'));
  const id = questionOf(app, runId);
  app.approvals.answer(id, 'approve', anna);
  await app.settled();
  expect((await app.backend.get(runId))!.status).toBe('waiting');
  expect(() => app.approvals.answer(id, 'approve', anna)).toThrow('has voted');
  app.approvals.answer(id, 'approve', berta);
  expect((await ended(app, runId)).status).toBe('done');
  expect(app.approvals.get(id)!.status).toBe('used');
});

test('a question that may wait for days waits for days', async () => {
  const clock = manualClock(Date.UTC(2026, 10, 24));
  const app = await startApp({ clock, recover: true });
  const { runId } = await runText(app, asking(', expires: 5d'));
  clock.advance(4 * 86_400_000);
  app.approvals.expire();
  app.approvals.answer(questionOf(app, runId), 'approve', owner);
  expect((await ended(app, runId)).status).toBe('done');
});

test('whoever started it does not count where that is said', async () => {
  const app = await startApp({ recover: true });
  const { runId } = await runText(app, asking(', not_self: true'));
  const id = questionOf(app, runId);
  expect(() => app.approvals.answer(id, 'approve', owner)).toThrow('may not answer');
  app.approvals.answer(id, 'approve', berta);
  expect((await ended(app, runId)).status).toBe('done');
});

test('a question that nobody answers in time is a no', async () => {
  const clock = manualClock(Date.UTC(2026, 10, 24));
  const app = await startApp({ recover: true, clock });
  const { runId } = await runText(app, asking(', expires: 2h'));
  clock.advance(2 * 3_600_000 + 60_000);
  const id = questionOf(app, runId);
  expect(app.approvals.get(id)!.status).toBe('expired');
  const run = await ended(app, runId);
  expect([run.status, statusesOf(run as never)]).toEqual(['declined', { people: 'declined', after: 'skipped' }]);
});

test('a run that waits for people can be stopped', async () => {
  const app = await startApp({ recover: true });
  const { runId } = await runText(app, asking(''));
  await app.call('run_stop', { id: runId });
  expect(await app.output('run_show', { id: runId })).toMatchObject({ status: 'stopped', steps: [{ id: 'people', status: 'stopped' }] });
});

test('a call that the owner declines ends the run as declined', async () => {
  const app = await startApp({ recover: true });
  const { runId } = await runText(app, `steps: [{id: gone, tool: file_delete, input: {path: ${app.files}/none}}]`);
  app.approvals.answer(questionOf(app, runId), 'deny', owner);
  const run = await ended(app, runId);
  expect([run.status, statusesOf(run as never)]).toEqual(['declined', { gone: 'declined' }]);
});
