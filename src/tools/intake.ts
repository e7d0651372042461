import { z } from 'zod';
import { spellsSecret } from '../core/spelled-secret.ts';
import { defineTool } from '../core/tool.ts';

const status = z.enum(['queued', 'running', 'waiting', 'done', 'unverified', 'failed', 'unknown', 'stopped', 'declined']);
const request = z.string().min(1).max(8_000).describe('In plain words');
const change = z.object({
  action: z.enum(['create', 'update', 'delete', 'run', 'send']),
  target: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});
const plan = z.object({
  hash: z.string(),
  tasks: z.array(
    z.object({
      id: z.string(),
      role: z.enum(['planner', 'executor', 'verifier']),
      tool: z.string(),
      input: z.record(z.string(), z.unknown()),
      dependsOn: z.array(z.string()),
      goal: z.string().optional().describe('Of an open task, which a model carries out'),
      tools: z.array(z.string()).optional(),
      checks: z
        .array(
          z.object({
            tool: z.string(),
            input: z.record(z.string(), z.unknown()),
            path: z.string(),
            expect: z.enum(['exists', 'equals', 'contains']),
            value: z.union([z.string(), z.number(), z.boolean()]).optional(),
          }),
        )
        .optional(),
    }),
  ),
  changes: z.array(change),
  confidence: z.number(),
  missing: z.array(z.object({ task: z.string(), field: z.string(), question: z.string() })),
  madeBy: z
    .object({ planner: z.enum(['rules', 'model']), model: z.string().optional(), reason: z.string().optional() })
    .optional()
    .describe('Where a model is set'),
  setAside: z.array(z.string()).optional().describe('Taken as no part of the request'),
  context: z
    .object({ text: z.string(), items: z.array(z.object({ id: z.string(), source: z.string() })) })
    .optional()
    .describe('Remembered about it'),
});
const task = z.object({
  id: z.string(),
  tool: z.string(),
  input: z.unknown(),
  status: z.string(),
  output: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
  evidence: z.array(z.object({ check: z.string(), ok: z.boolean(), found: z.string() })),
});

/** A value that is typed into a request would stand in its record. */
const secretReason = 'It looks as if a secret were spelled out, and requests are kept. claw vault set NAME asks for the value unseen.';
const forbid = (input: { request: string }): string | undefined => (spellsSecret(input.request) ? secretReason : undefined);

/** Less than the 45 s within which every call is answered (server/mcp/patience.ts). */
const waitMs = 40_000;

export const intakeRun = defineTool({
  name: 'intake_run',
  title: 'Carry out a request',
  description:
    'Plan a request in plain words, carry it out with the tools, check each step. Asks instead of guessing. After 40 s poll with run_wait.',
  risk: 'write',
  newRequest: true,
  quotes: ['request'],
  openWorld: true,
  input: z.object({ request }),
  output: z.object({
    runId: z.string(),
    status,
    summary: z.string(),
    plan,
    tasks: z.array(task),
    verified: z.number(),
    total: z.number(),
    question: z.string().optional(),
    approvalId: z.string().optional(),
    reply: z.string().optional().describe('What a model says to it: its words, no evidence'),
    usage: z.object({ calls: z.number(), tokens: z.number() }),
  }),
  forbid,
  slots: { request: 'sentence' },
  examples: [
    'do this for me',
    'carry out a request in plain words',
    'check the disk and remember the result',
    'take care of several things at once',
    'plan and execute a task',
  ],
  timeoutMs: waitMs + 15_000,
  run: async (ctx, input) => {
    const { signal, taint } = ctx;
    const result = await ctx.intake.run(ctx.caller, input.request, {
      waitMs,
      signal,
      taint,
      onProgress: (progress) => ctx.progress(progress),
    });
    ctx.heard(result.runId);
    return result;
  },
  verify: (_ctx, _input, output) => [
    { check: 'every task was verified', ok: output.status === 'done', found: `${output.verified} of ${output.total}` },
  ],
  summary: ({ summary, question }) => (question === undefined ? summary : `${question}\n${summary}`),
});

export const intakePlan = defineTool({
  name: 'intake_plan',
  title: 'Plan a request',
  description: 'Show what intake_run would do with a request, and what it would ask. Changes nothing.',
  risk: 'read',
  input: z.object({ request }),
  output: plan,
  forbid,
  slots: { request: 'sentence' },
  examples: [
    'how would you do this',
    'show me the plan first',
    'what would happen if I asked that',
    'plan this request without doing it',
    'dry run of a request',
  ],
  // A model may be asked.
  timeoutMs: 180_000,
  run: ({ intake, caller, signal, runId }, { request: asked }) => intake.plan(caller, asked, { signal, runId }),
  summary: ({ tasks, missing }) =>
    [
      ...tasks.map((one) => `${one.id} ${one.tool} ${one.goal ?? JSON.stringify(one.input)}`),
      ...missing.map((one) => `? ${one.question}`),
    ].join('\n'),
});
