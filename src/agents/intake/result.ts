import { usageOf } from '../../core/usage.ts';
import { isOpen, shownStatus, type RunRecord, type RunStatus, type StepRecord } from '../../durable/backend.ts';
import { replyTool } from '../models/reply-tool.ts';
import type { TaskOutcome, TaskStatus } from './execute.ts';
import { openTool, type Plan } from './plan-types.ts';

export interface IntakeResult {
  runId: string;
  status: RunStatus;
  summary: string;
  plan: Plan;
  tasks: TaskView[];
  verified: number;
  total: number;
  question?: string;
  approvalId?: string;
  /** What a model says to the request: its words, and no evidence of anything. */
  reply?: string;
  usage: { calls: number; tokens: number };
}

export type TaskView = Pick<StepRecord, 'id' | 'tool' | 'input' | 'status' | 'evidence'> & Partial<Pick<StepRecord, 'output' | 'error'>>;

/** What an intake run shows of itself. */
export interface RunState {
  plan: Plan;
  outcomes?: Omit<TaskOutcome, 'loop' | 'input'>[];
}

const order: TaskStatus[] = ['stopped', 'declined', 'unknown', 'failed', 'skipped', 'unverified', 'done'];

/** A run is as good as its worst task, and done only when all are proved and nothing of the request is missing. */
export function statusOf(outcomes: TaskOutcome[], lacks: string[]): RunStatus {
  const worst = order.find((status) => outcomes.some((outcome) => outcome.status === status)) ?? 'done';
  if (worst === 'skipped') return 'failed';
  return worst === 'done' && lacks.length > 0 ? 'unverified' : worst;
}

/** claw's own account: nothing in it is a model's word. */
export function report(outcomes: TaskOutcome[], lacks: string[]): string {
  const verified = outcomes.filter((outcome) => outcome.status === 'done').length;
  const lines = outcomes.map(({ id, tool, status, summary }) => `${id} ${tool} ${status}: ${short(summary)}`);
  return [...lines, ...lacks, `${statusOf(outcomes, lacks)}: ${verified} of ${outcomes.length} verified`].join('\n');
}

/** A model's words, said to be such, before claw's account. */
export const withWords = (account: string, words: string | undefined): string =>
  words === undefined ? account : `The model says:\n${words}\n\nclaw's record:\n${account}`;

const short = (text: string): string => (text.length > 600 ? `${text.slice(0, 600).trimEnd()} …` : text);

/** Steps that are no calls of tools. */
const unseen = new Set(['intake_plan', replyTool]);

export function resultOf(run: RunRecord, steps: StepRecord[]): IntakeResult {
  const state = (run.state ?? {}) as Partial<RunState>;
  const { plan = { hash: '', tasks: [], changes: [], confidence: 0, missing: [] }, outcomes = [] } = state;
  const called = steps.filter((step) => !unseen.has(step.tool)).map((step) => viewOf(run, step));
  const tasks = [...called, ...outcomes.filter(({ tool }) => tool === openTool).map((outcome) => openView(plan, outcome))];
  const isProved = (id: string): boolean => tasks.some((task) => (task.id === id || task.id === `${id}-repair`) && task.status === 'done');
  const { reply } = (run.output ?? {}) as { reply?: string };
  return {
    runId: run.id,
    status: run.status,
    summary: summaryOf(run),
    plan,
    tasks,
    verified: plan.tasks.filter(({ id }) => isProved(id)).length,
    total: plan.tasks.length,
    ...(run.question && { question: run.question.text }),
    ...(run.question?.approvalId !== undefined && { approvalId: run.question.approvalId }),
    ...(reply !== undefined && { reply }),
    usage: usageOf(steps.filter((step) => step.tool !== 'intake_plan')),
  };
}

function viewOf(run: RunRecord, step: StepRecord): TaskView {
  const { id, tool, input, output, error, evidence } = step;
  const kept = output as { output?: unknown } | undefined;
  return {
    id,
    tool,
    input,
    status: shownStatus(run, step),
    evidence,
    ...(kept?.output !== undefined && { output: kept.output }),
    ...(error && { error }),
  };
}

/** A task for a model has no step of its own; its replies and calls have. */
function openView({ tasks }: Plan, { id, tool, status, evidence, words }: NonNullable<RunState['outcomes']>[number]): TaskView {
  return { id, tool, input: { goal: tasks.find((task) => task.id === id)?.goal }, status, evidence, output: { words } };
}

function summaryOf(run: RunRecord): string {
  if (run.question?.approvalId !== undefined) return `waiting for approval: claw approval answer ${run.question.approvalId} approve`;
  if (run.question) return `waiting for an answer: claw run answer ${run.id} "…"`;
  if (run.error) return `${run.status}: ${run.error.message} ${run.error.hint}`.trim();
  const told = (run.output as { summary?: string } | undefined)?.summary;
  return told ?? (isOpen(run.status) ? `${run.status}: poll with run_wait ${run.id}` : `${run.status}: nothing more of ${run.id} is done`);
}
