import { z } from 'zod';
import { defineTool, type Change, type ToolContext } from '../core/tool.ts';

const statuses = ['planned', 'queued', 'running', 'waiting', 'done', 'unverified', 'failed', 'unknown', 'stopped', 'declined'] as const;

const input = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,59}$/)
    .describe('As shown by workflow_list'),
  inputs: z.record(z.string(), z.unknown()).default({}).describe('Values for its inputs'),
  dryRun: z.boolean().default(false).describe('Only show what it would change, and the hash of that'),
  approved: z.string().max(64).optional().describe('The hash of a dry run: exactly that is run'),
});

const change = z.object({
  action: z.enum(['create', 'update', 'delete', 'run', 'send']),
  target: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});
const foreseen = z.object({
  id: z.string(),
  does: z.string(),
  needs: z.array(z.string()),
  condition: z.string().optional(),
  skipped: z.boolean().optional().describe('Its condition is not true'),
  changes: z.array(change),
  asks: z.boolean().describe('Waits for a person'),
  undoable: z.boolean(),
  problem: z.string().optional(),
});
const output = z.object({
  status: z.enum(statuses),
  hash: z.string().describe('Of text and inputs'),
  runId: z.string().optional(),
  plan: z.array(foreseen).optional(),
  question: z.string().optional(),
  approvalId: z.string().optional(),
  output: z.unknown().optional(),
});

/** Clients end a call after 45 s. Whoever calls from a run, as a scheduled job does, waits for the end. */
const patienceMs = 40_000;
const longestMs = 86_400_000;

export const workflowRun = defineTool({
  name: 'workflow_run',
  title: 'Run a workflow',
  description:
    'Start a workflow as a run; answers within 40 s, then run_wait tells the rest. dryRun shows what it would change, and a hash.',
  risk: ({ dryRun }) => (dryRun ? 'read' : 'write'),
  idempotent: true,
  input,
  output,
  slots: { name: 'workflow' },
  words: { dryRun: { true: ['dry run', 'dry-run', 'preview', 'without running'] } },
  examples: [
    'run the workflow health-check',
    'start the workflow backup',
    'execute workflow nightly',
    'launch the workflow deploy',
    'kick off the morning-brief workflow',
    'do the health-check workflow',
    'dry run of the workflow deploy',
  ],
  timeoutMs: longestMs,
  run: async (ctx, given) => (given.dryRun ? planned(ctx, given) : started(ctx, given)),
  dryRun: async (ctx, given): Promise<Change[]> => {
    const { plan } = await planned(ctx, given);
    return plan.flatMap(({ id, changes }) => changes.map((one) => ({ ...one, target: `${id}: ${one.target}` })));
  },
  verify: async (ctx, _input, { runId }) => {
    if (runId === undefined) return [];
    const { status } = await ctx.runs.show(runId);
    return [
      {
        check: `the workflow's run has not failed`,
        ok: !['failed', 'unknown', 'stopped'].includes(status),
        found: `${runId} is ${status}`,
      },
    ];
  },
  summary: (told) => (told.status === 'planned' ? diffOf(told) : told.question === undefined ? endText(told) : questionText(told)),
});

type Given = z.output<typeof input>;
type Told = z.output<typeof output>;

async function planned(ctx: ToolContext, { name, inputs }: Given) {
  const workflow = await ctx.workflows.load(name);
  const hash = ctx.workflows.planHash(workflow, inputs);
  const plan = await ctx.workflows.foresee(workflow, { inputs, caller: ctx.caller });
  return { status: 'planned' as const, hash, plan };
}

async function started(ctx: ToolContext, { name, inputs, approved }: Given): Promise<z.input<typeof output>> {
  const { caller, taint, key, runId: parent } = ctx;
  const run = await ctx.workflows.start(name, { inputs, caller, taint, approved, key, parent });
  const timeoutMs = parent === undefined ? patienceMs : longestMs - 60_000;
  const { id, status, question, output: report } = await ctx.workflows.wait(run.id, { timeoutMs, signal: ctx.signal });
  ctx.heard(id);
  const asked = question && { question: question.text, ...(question.approvalId !== undefined && { approvalId: question.approvalId }) };
  return { status, runId: id, hash: ctx.workflows.planHashOf(run), ...asked, ...(report !== undefined && { output: report }) };
}

const questionText = ({ runId, question, approvalId }: Told): string =>
  `${runId} waits: ${question}${approvalId === undefined ? '' : `\nAnswer with: claw approval answer ${approvalId} approve (or deny); the run then goes on.`}`;

function endText({ runId, status, output: report }: Told): string {
  const { summary } = (report ?? {}) as { summary?: string };
  return `${summary ?? `The workflow is ${status}.`} (${runId})`;
}

const signs = { create: '+', update: '~', delete: '-', run: '>', send: '>' } as const;

/** The plan as a person reads it before saying yes. */
function diffOf({ hash, plan = [] }: Told): string {
  const steps = plan.flatMap(({ id, does, condition, skipped, changes, asks, undoable, problem }) => [
    `${id}: ${does}${condition === undefined ? '' : ` if ${condition}`}${skipped ? ', which is not so' : ''}${asks ? ', asks' : ''}${undoable ? ', can be undone' : ''}`,
    ...changes.flatMap(({ action, target, before, after }) => [
      `  ${signs[action]} ${action} ${target}`,
      ...rows('-', before),
      ...rows('+', after),
    ]),
    ...(problem === undefined ? [] : [`  ! ${problem}`]),
  ]);
  return [...steps, `Nothing was done. To run exactly this: claw workflow run <name> --approved ${hash}`].join('\n');
}

const rows = (sign: string, given: string | undefined): string[] =>
  given === undefined ? [] : given.split('\n').map((row) => `    ${sign} ${row}`);
