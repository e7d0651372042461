import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/core/database.ts';
import { ToolError } from '../../src/core/errors.ts';
import { defineTool, type Caller, type Taint } from '../../src/core/tool.ts';
import { approvalSchema, createApprovals, type Approvals } from '../../src/gate/approvals/approvals.ts';
import { boundOutput, longestOutput } from '../../src/gate/bounds.ts';
import { callFacts } from '../../src/gate/policy/call-facts.ts';
import { withDeadline } from '../../src/gate/deadline.ts';
import { decide, type PolicyQuestion } from '../../src/gate/policy/policy.ts';
import { temporaryFolder } from '../support/folder.ts';
import { plainGround } from '../support/ground.ts';

const owner: Caller = { kind: 'owner' };
const tool = defineTool({
  name: 'demo_do',
  title: 'Do',
  description: 'Do.',
  risk: 'write',
  input: z.object({}),
  output: z.object({}),
  examples: [],
  run: () => ({}),
});
const clean: Taint = { untrusted: false, private: false };
const ground = plainGround;
const question: PolicyQuestion = {
  caller: owner,
  tool,
  input: {},
  risk: 'write',
  effects: {},
  places: {},
  taint: clean,
  followsRequest: true,
  chosen: false,
  undoing: false,
  rules: [],
  facts: callFacts(tool, {}, ground),
  ground,
  canSandbox: () => true,
  now: 0,
};

test.for([
  ['a read is allowed', { risk: 'read' }, 'allow'],
  ['a write is allowed', {}, 'allow'],
  ['a destructive call asks, also the owner', { risk: 'destructive' }, 'ask'],
  ["the owner's own undo does not ask", { risk: 'destructive', undoing: true }, 'allow'],
  ["another caller's undo asks", { risk: 'destructive', undoing: true, caller: { kind: 'mcp' } }, 'ask'],
  ['a read-only connection cannot write', { caller: { kind: 'mcp', readOnly: true } }, 'deny'],
  ['a tool for the owner only is denied to others', { tool: { ...tool, only: ['owner'] }, caller: { kind: 'agent' } }, 'deny'],
  [
    'a command of another caller asks where no sandbox can start',
    { tool: { ...tool, sandboxed: true }, caller: { kind: 'cron' }, canSandbox: () => false },
    'ask',
  ],
  ['the owner needs no sandbox', { tool: { ...tool, sandboxed: true }, canSandbox: () => false }, 'allow'],
  ['what a tool forbids is denied, undo or not', { tool: { ...tool, forbid: () => 'never' }, undoing: true }, 'deny'],
  [
    'sending after reading untrusted text asks when nobody asked for it',
    { effects: { sends: true }, taint: { untrusted: true, private: false }, followsRequest: false },
    'ask',
  ],
  [
    'sending what the request fixed goes by ordinary policy',
    { effects: { sends: true }, taint: { untrusted: true, private: false } },
    'allow',
  ],
  ['the Rule of Two asks whoever planned', { effects: { persists: true }, taint: { untrusted: true, private: true } }, 'ask'],
] as [string, Partial<PolicyQuestion>, string][])('%s', ([, change, verdict]) => {
  expect(decide({ ...question, ...change }).verdict).toBe(verdict);
});

function desk(): { approvals: Approvals; clock: ReturnType<typeof manualClock> } {
  const clock = manualClock();
  const db = openDatabase(path.join(temporaryFolder(), 'claw.db'), [approvalSchema]);
  onTestFinished(() => db.close());
  return { approvals: createApprovals({ db, clock, onAnswer: () => {} }), clock };
}

const request = {
  tool: 'demo_do',
  input: { a: 1 },
  hash: 'h1',
  caller: owner,
  run: undefined,
  risk: 'destructive',
  reason: 'because',
} as const;

test('an approval is used once, by the same call of the same caller in the same run', () => {
  const { approvals } = desk();
  const id = approvals.request(request);
  expect(approvals.request(request)).toBe(id);
  expect(approvals.use(request)).toBeUndefined();
  approvals.answer(id, 'approve', owner);
  expect(approvals.use({ ...request, hash: 'h2' })).toBeUndefined();
  expect(approvals.use({ ...request, caller: { kind: 'cron' } })).toBeUndefined();
  expect(approvals.use({ ...request, run: { id: 'run_1', stepId: 's' } })).toBeUndefined();
  expect(approvals.use(request)).toBe(id);
  expect(approvals.use(request)).toBeUndefined();
});

test('a denied or expired approval opens nothing and cannot be answered again', () => {
  const { approvals, clock } = desk();
  const denied = approvals.request(request);
  approvals.answer(denied, 'deny', owner);
  expect(approvals.use(request)).toBeUndefined();
  expect(() => approvals.answer(denied, 'approve', owner)).toThrow(expect.objectContaining({ code: 'conflict' }));
  const late = approvals.request(request);
  approvals.answer(late, 'approve', owner);
  clock.advance(25 * 3_600_000);
  expect(approvals.use(request)).toBeUndefined();
  expect(approvals.get(late)?.status).toBe('expired');
});

const anything = z.object({ text: z.string().optional(), items: z.array(z.unknown()).optional(), deep: z.unknown().optional() });

test('a large output is cut to the limit within its schema, and all of it is in the file', () => {
  const folder = temporaryFolder();
  const value = fc.record({
    text: fc.string({ maxLength: 9_000 }),
    items: fc.array(fc.jsonValue(), { maxLength: 60 }),
    deep: fc.jsonValue({ maxDepth: 4 }),
  });
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 40 }), (small, times) => {
      const output = { ...small, text: small.text.repeat(times), items: Array.from({ length: times }, () => small.items).flat() };
      const bounded = boundOutput(output, { schema: anything, callId: 'call_1', folder });
      expect(JSON.stringify(bounded.output).length).toBeLessThanOrEqual(longestOutput);
      if (bounded.link) expect(readFileSync(bounded.link.file, 'utf8')).toBe(JSON.stringify(output));
      else expect(bounded.output).toBe(output);
    }),
    { numRuns: 60, seed: 5 },
  );
});

test('an output that cannot be cut is too_large, and still kept', () => {
  const folder = temporaryFolder();
  const schema = z.object({ digest: z.string().length(20_000) });
  expect(() => boundOutput({ digest: 'a'.repeat(20_000) }, { schema, callId: 'call_9', folder })).toThrow(
    expect.objectContaining({ code: 'too_large' }),
  );
  expect(existsSync(path.join(folder, 'call_9.json'))).toBe(true);
});

const forever = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))));

test('a deadline, a cancel and a deaf tool end in three different ways', async () => {
  await expect(withDeadline(forever, { timeoutMs: 5, signal: undefined })).rejects.toMatchObject({ code: 'timeout' });
  await expect(withDeadline(forever, { timeoutMs: 5_000, signal: AbortSignal.timeout(5) })).rejects.toMatchObject({ code: 'cancelled' });
  const deaf = withDeadline(() => new Promise<never>(() => {}), { timeoutMs: 5, signal: undefined, graceMs: 5 });
  await expect(deaf).rejects.toMatchObject({ code: 'unknown_outcome' });
});

test('the reason for which a run was stopped reaches the caller', async () => {
  const stop = new AbortController();
  const call = withDeadline(forever, { timeoutMs: 5_000, signal: stop.signal });
  stop.abort(new ToolError('cancelled', 'The owner stopped the run.'));
  await expect(call).rejects.toMatchObject({ message: 'The owner stopped the run.' });
});
