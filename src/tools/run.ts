import { z } from 'zod';
import { pageOf, paging } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';

const statuses = ['queued', 'running', 'waiting', 'done', 'unverified', 'failed', 'unknown', 'stopped', 'declined'] as const;
const stepStatuses = [...statuses, 'skipped'] as const;

const error = z.object({ code: z.string(), message: z.string(), hint: z.string() });
const brief = z.object({
  id: z.string(),
  kind: z.string(),
  status: z.enum(statuses),
  createdAt: z.string(),
  endedAt: z.string().optional(),
  caller: z.string(),
  input: z.unknown(),
  question: z.string().optional(),
});
const evidence = z.object({ check: z.string(), ok: z.boolean(), found: z.string() });
const step = z.object({
  id: z.string(),
  tool: z.string(),
  input: z.unknown(),
  status: z.enum(stepStatuses),
  output: z.unknown().optional(),
  error: error.optional(),
  evidence: z.array(evidence),
});
const view = brief.extend({
  output: z.unknown().optional(),
  error: error.optional(),
  steps: z.array(step),
  approvals: z.array(z.string()),
  usage: z.object({ calls: z.number(), tokens: z.number() }),
  undoable: z.number().describe('Calls that run_undo can reverse'),
});

const runId = z.string().describe('run_…, as shown by run_list');

const told = (run: z.output<typeof view>): string =>
  `${run.kind} ${run.id} is ${run.status}${run.question ? `: ${run.question}` : ''}, ${run.steps.filter((one) => one.status === 'done').length} of ${run.steps.length} steps done`;

/** A run in a line, with the request in the words of whoever made it. */
function inALine({ id, kind, status, input }: z.output<typeof brief>): string {
  const { request, name } = (input ?? {}) as { request?: unknown; name?: unknown };
  const what = [request, name].find((one) => typeof one === 'string');
  return `${id} ${kind} ${status}${what === undefined ? '' : `: ${what.slice(0, 100)}`}`;
}

export const runList = defineTool({
  name: 'run_list',
  title: 'List runs',
  description: 'Runs, newest first: requests, undos and whatever else has steps.',
  risk: 'read',
  input: z.object({ status: z.enum(statuses).optional(), kind: z.string().optional(), ...paging }),
  output: pageOf(brief),
  examples: [
    'list the recent runs',
    'what have you been doing',
    'what have you done today',
    'what happened today',
    'what have you changed on this machine',
    'show the last requests',
    'which runs failed',
    'are any runs still going',
    'what is still running',
    'history of runs',
    'which jobs are waiting for me',
  ],
  words: {
    status: {
      failed: ['failed', 'broken', 'errors'],
      running: ['running', 'still going', 'in progress', 'active'],
      waiting: ['waiting', 'pending'],
      done: ['finished', 'succeeded', 'successful'],
      unknown: ['unknown'],
      stopped: ['stopped', 'cancelled'],
    },
  },
  cursorAfter: (count, { output }) => output.items[count - 1]!.id,
  run: (ctx, { status, kind, limit, cursor }) => ctx.runs.list({ status, kind, limit, cursor }),
  summary: ({ items }) => (items.length === 0 ? 'No runs.' : items.map(inALine).join('\n')),
});

export const runShow = defineTool({
  name: 'run_show',
  title: 'Show one run',
  description: 'A run with its steps, evidence, approvals and open question.',
  risk: 'read',
  input: z.object({ id: runId }),
  output: view,
  slots: { id: 'id' },
  examples: [
    'show run run_01k9x2',
    'what happened in run_01k9x2',
    'details of that run',
    'how did run_01k9x2 end',
    'what is run_01k9x2 waiting for',
    'show me the steps of run_01k9x2',
  ],
  run: (ctx, { id }) => {
    ctx.heard(id);
    return ctx.runs.show(id);
  },
  summary: told,
});

/** Less than the 45 s within which every call is answered (server/mcp/patience.ts). */
const longestWaitMs = 44_000;

export const runWait = defineTool({
  name: 'run_wait',
  title: 'Wait for a run',
  description: 'Wait until a run ends or asks something, at most timeoutMs; then as run_show.',
  risk: 'read',
  input: z.object({ id: runId, timeoutMs: z.number().int().min(0).max(45_000).default(40_000) }),
  output: view,
  slots: { id: 'id', timeoutMs: 'duration' },
  examples: [
    'wait for run_01k9x2',
    'wait until run_01k9x2 is finished',
    'tell me when run_01k9x2 is done',
    'block until run_01k9x2 ends',
    'hold on until run_01k9x2 completes',
  ],
  timeoutMs: ({ timeoutMs }) => timeoutMs + 5_000,
  run: async (ctx, { id, timeoutMs }) => {
    const view = await ctx.runs.wait(id, { timeoutMs: Math.min(timeoutMs, longestWaitMs), signal: ctx.signal });
    ctx.heard(id);
    return view;
  },
  summary: told,
});

export const runAnswer = defineTool({
  name: 'run_answer',
  title: "Answer a run's question",
  description: 'Give a waiting run the value it asks for; it then goes on. Approvals are answered with approval_answer.',
  risk: 'write',
  quotes: ['answer'],
  only: ['owner', 'mcp'],
  input: z.object({ id: runId, answer: z.string().min(1) }),
  output: view,
  slots: { id: 'id', answer: 'content' },
  examples: [
    'answer run_01k9x2: /var/log/syslog',
    'tell run_01k9x2 "yes"',
    'reply to the question of run_01k9x2',
    'give run_01k9x2 the path /tmp/a',
    'my answer for run_01k9x2 is 5 minutes',
  ],
  run: async (ctx, { id, answer }) => {
    const view = await ctx.runs.answer(id, answer, { caller: ctx.caller, taint: ctx.taint });
    ctx.heard(id);
    return view;
  },
  verify: async (ctx, { id }, before) => {
    const now = await ctx.runs.show(id);
    const ok = now.question === undefined || now.question !== before.question || now.status !== 'waiting';
    return [{ check: 'the run took the answer', ok, found: now.status }];
  },
  summary: told,
});

export const runStop = defineTool({
  name: 'run_stop',
  title: 'Stop a run',
  description: 'Nothing of the run starts any more; what is under way is ended.',
  risk: 'write',
  idempotent: true,
  whileStopped: true,
  input: z.object({ id: runId }),
  output: view,
  slots: { id: 'id' },
  examples: [
    'stop run_01k9x2',
    'cancel run_01k9x2',
    'abort run_01k9x2 now',
    'kill the run run_01k9x2',
    'please end run_01k9x2',
    'halt run_01k9x2',
  ],
  run: (ctx, { id }) => {
    ctx.heard(id);
    return ctx.runs.stop(id, ctx.caller);
  },
  verify: async (ctx, { id }) => {
    const { status } = await ctx.runs.show(id);
    return [{ check: 'the run is stopped', ok: status === 'stopped', found: status }];
  },
  summary: told,
});

export const runUndo = defineTool({
  name: 'run_undo',
  title: 'Undo a run',
  description: 'Reverse what a run, or one call, changed: newest first, checked step by step.',
  risk: 'write',
  input: z.object({ id: z.string().describe('run_…, call_… or last') }),
  output: z.object({
    runId: z.string().describe('The run that did the undoing'),
    status: z.enum(statuses),
    undone: z.number(),
    total: z.number(),
    items: z.array(z.object({ tool: z.string(), ok: z.boolean(), found: z.string() })),
    question: z.string().optional(),
  }),
  slots: { id: 'id' },
  words: { id: { last: ['that', 'it', 'last', 'this', 'what you did', 'you just did'] } },
  examples: [
    'undo run_01k9x2',
    'undo that',
    'take back what you just did',
    'put back the last file you deleted or moved',
    'revert run_01k9x2',
    'roll back run_01k9x2',
    'take back what run_01k9x2 did',
    'undo call_01k9x2',
    'reverse the changes of run_01k9x2',
  ],
  timeoutMs: 60_000,
  run: (ctx, { id }) => ctx.runs.undo(id, { caller: ctx.caller, taint: ctx.taint }),
  verify: (_ctx, _input, { status, undone, total }) => [
    { check: 'every call was reversed', ok: status === 'done' && undone === total, found: `${undone} of ${total}` },
  ],
  dryRun: async (ctx, { id }) => {
    const calls = await ctx.runs.reversals(id, ctx.caller);
    return calls.map(({ tool, input }) => ({ action: 'run', target: `${tool} ${JSON.stringify(input)}` }));
  },
  summary: ({ undone, total, runId, items }) =>
    [`Undone: ${undone} of ${total} (${runId}).`, ...items.map(({ tool, ok, found }) => `${ok ? '✓' : '✗'} ${tool}: ${found}`)].join('\n'),
});
