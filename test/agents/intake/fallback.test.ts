import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { IntakeResult } from '../../../src/agents/intake/intake.ts';
import type { Turn } from '../../support/model-server.ts';
import { calling, planned, startAgentApp } from '../../support/scripted-agent.ts';

const request = 'make sure a note about the router exists in router.txt';
const plan = planned([{ id: 't1', tool: 'open_task', role: 'executor', goal: 'Write it', tools: ['file_list', 'file_write'] }]);
const chain = { CLAW_MODEL: 'anthropic/first → openai/second', CLAW_MODEL_TIMEOUT: '1.5' };

/** The first provider fails in the second reply of the task; the second one does the rest. */
const faults: [string, Turn, RegExp][] = [
  ['down', { status: 503 }, /overloaded/],
  ['slow', { text: 'late', delayMs: 5_000 }, /slow/],
  ['silent in the middle of its reply', { text: 'Half of this', stalls: true }, /slow/],
  ['asked too often, with a retry-after', { status: 429, headers: { 'retry-after': '3600' } }, /rate_limited/],
  ['overloaded', { status: 529 }, /overloaded/],
  ['cut in the middle of its reply', { text: 'Half of this', cut: true }, /cut/],
  ['no longer paid', { status: 402 }, /unauthorized/],
];

test.each(faults)('a run whose model is %s in the middle ends right, with the reason in the audit', async (_name, fault, reason) => {
  const work = (asked: { path: string; body: object }): Turn => {
    const results = JSON.stringify(asked.body).split('has run.').length - 1;
    if (results === 0) return calling('file_list', { path: '.' });
    if (asked.path.endsWith('/messages')) return fault;
    return results === 1 ? calling('file_write', { path: 'router.txt', text: 'cellar' }) : { text: 'Written.' };
  };
  const { app, server } = await startAgentApp({ plan, work }, { env: chain });
  const result = await app.output<IntakeResult>('intake_run', { request });
  expect(result).toMatchObject({ status: 'done', reply: 'Written.' });
  expect(new Set(server.of('work').map(({ path: asked }) => asked.split('/').at(-1)))).toEqual(new Set(['messages', 'completions']));
  const { items } = await app.output<{ items: { event: string; detail: string }[] }>('audit_search', {
    tool: 'model_reply',
    runId: result.runId,
  });
  const told = JSON.stringify(items.filter(({ event }) => event === 'ok'));
  expect(told).toMatch(reason);
  expect(told).toContain('openai/second');
});

test('a budget ends the run before the call that would pass it', async () => {
  const work = (_asked: unknown, index: number): Turn => calling('file_write', { path: `${index}.txt`, text: 'x' });
  const { app, server } = await startAgentApp({ plan, work }, { env: { CLAW_MODEL_BUDGET: 'run 4 calls' } });
  const result = await app.output<IntakeResult>('intake_run', { request });
  expect(result.status).toBe('failed');
  expect(result.summary).toContain('run 4 calls');
  expect(server.requests).toHaveLength(4);
  expect(existsSync(path.join(app.files, '2.txt'))).toBe(true);
  expect(existsSync(path.join(app.files, '3.txt'))).toBe(false);
});

test('stopping everything ends a run between two calls of its model', async () => {
  const work = (_asked: unknown, index: number): Turn => ({ ...calling('file_write', { path: `${index}.txt`, text: 'x' }), delayMs: 100 });
  const { app, server } = await startAgentApp({ plan, work });
  const going = app.output<IntakeResult>('intake_run', { request });
  for (let waits = 0; waits < 400 && !existsSync(path.join(app.files, '1.txt')); waits += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await app.call('stop_all', { reason: 'enough' });
  expect((await going.catch(() => ({ status: 'stopped' }))).status).toBe('stopped');
  const asked = server.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(server.requests).toHaveLength(asked);
});

test('a budget that is spent while planning leaves the rules, and says so', async () => {
  const { app, server } = await startAgentApp({ plan }, { env: { CLAW_MODEL_BUDGET: 'run 0 calls' } });
  writeFileSync(path.join(app.files, 'a.txt'), 'a');
  const result = await app.output<IntakeResult>('intake_run', { request });
  expect(result.plan.madeBy).toMatchObject({ planner: 'rules', reason: expect.stringContaining('run 0 calls') as string });
  expect(server.requests).toHaveLength(0);
});
