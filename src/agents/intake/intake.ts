import { ToolError } from '../../core/errors.ts';
import type { Caller, Progress, Taint, Tool } from '../../core/tool.ts';
import { usageOf } from '../../core/usage.ts';
import {
  isOpen,
  RunEnd,
  shownStatus,
  type DurableBackend,
  type RunContext,
  type RunRecord,
  type RunStatus,
  type StepRecord,
} from '../../durable/backend.ts';
import { shuttingDown } from '../../gate/closing.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import type { Taints } from '../../gate/taint.ts';
import type { Routers } from '../routing/routers.ts';
import { execute, type TaskOutcome, type TaskStatus } from './execute.ts';
import type { Missing, Plan } from './plan-types.ts';
import { createPlanner, type Answers } from './planner.ts';

export const intakeKind = 'intake';

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
  usage: { calls: number; tokens: number };
}

export type TaskView = Pick<StepRecord, 'id' | 'tool' | 'input' | 'status' | 'evidence'> & Partial<Pick<StepRecord, 'output' | 'error'>>;

/** Requests in plain language, from words to proof. */
export interface Intake {
  /** Returns when the run has ended, asks something, or `waitMs` has passed: then poll with run_wait. */
  run(
    caller: Caller,
    request: string,
    options: { waitMs: number; signal: AbortSignal; taint: Taint; onProgress: (progress: Progress) => void },
  ): Promise<IntakeResult>;
  /** What would be done; nothing is. */
  plan(caller: Caller, request: string): Promise<Plan>;
}

export interface IntakeParts {
  gate: OpenGate;
  backend: DurableBackend;
  taints: Pick<Taints, 'fix' | 'inherit'>;
  routers: Routers;
}

interface RunState {
  plan: Plan;
  outcomes?: TaskOutcome[];
}

interface IntakeInput {
  request: string;
  caller: Caller;
  /** What the one who asks has read: a request made after reading a page may be the page's. */
  taint?: Taint;
}

/** How often a request may come back with another question. */
const mostQuestions = 8;

export function createIntake({ gate, backend, taints, routers }: IntakeParts): Intake {
  const planner = createPlanner({ gate, routers });
  const listeners = new Map<string, (progress: Progress) => void>();
  const find =
    (caller: Caller) =>
    (name: string): Tool | undefined =>
      gate.list(caller).find((tool) => tool.name === name);

  /** request → plan, with questions → execution, verification, repair → report */
  const handler = async (run: RunContext): Promise<RunEnd> => {
    const { request, caller, taint } = run.input as IntakeInput;
    taints.inherit(run.id, taint);
    const plan = await completePlan(run, { planner, caller, request });
    if (!plan) return new RunEnd('declined', { summary: 'Not begun: the question was answered with no.' });
    taints.fix(run.id, plan.tasks);
    const onProgress = (progress: Progress): void => listeners.get(run.id)?.({ total: plan.tasks.length, ...progress });
    const outcomes = await execute(plan.tasks, { gate, run, caller, find: find(caller), onProgress });
    run.setState({ plan, outcomes } satisfies RunState);
    return new RunEnd(statusOf(outcomes), { summary: report(outcomes) });
  };
  backend.register(intakeKind, handler);

  return {
    plan: (caller, request) => planner.plan(caller, request),
    run: async (caller, request, { waitMs, signal, taint, onProgress }) => {
      const runId = await backend.start({ kind: intakeKind, input: { request, caller, taint } satisfies IntakeInput, caller: caller.kind });
      listeners.set(runId, onProgress);
      // Whoever asked has called it off; the end of this process is no such word, and the run goes on with the next.
      const leave = new AbortController();
      const cancel = (): void => {
        if (signal.reason === shuttingDown) leave.abort(shuttingDown);
        else void backend.stop(runId, caller.kind);
      };
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return resultOf(await backend.wait(runId, { timeoutMs: waitMs, signal: leave.signal }), await backend.steps(runId));
      } finally {
        signal.removeEventListener('abort', cancel);
        listeners.delete(runId);
      }
    },
  };
}

interface Planning {
  planner: ReturnType<typeof createPlanner>;
  caller: Caller;
  request: string;
}

/** Plans, asks for what is missing, plans again with the answer. Undefined where the person calls it off. */
async function completePlan(run: RunContext, { planner, caller, request }: Planning): Promise<Plan | undefined> {
  const answers: Answers = {};
  for (let round = 0; round <= mostQuestions; round += 1) {
    const spec = {
      id: round === 0 ? 'plan' : `plan-${round}`,
      tool: 'intake_plan',
      input: { request, ...(round > 0 && { answers: { ...answers } }) },
      idempotent: true,
    };
    const plan = await run.step<Plan>(spec, () => planner.plan(caller, request, answers));
    run.setState({ plan } satisfies RunState);
    const [first] = plan.missing;
    if (!first) {
      if (plan.tasks.length > 0) return plan;
      throw new ToolError('invalid_input', 'There is nothing to do in that request.', {
        hint: 'Say what you want in a sentence, such as: check the disk of this machine.',
      });
    }
    const answer = String(
      await run.waitSignal(`answer:${round}`, { question: { key: String(round), text: asked(first, plan), missing: plan.missing } }),
    );
    if (/^(?:no|cancel|stop|nothing|never ?mind|forget it|abort)[.!]?$/i.test(answer.trim())) return undefined;
    answers[`${first.task}.${first.field}`] = answer;
  }
  throw new ToolError('answer_required', `It is still not clear after ${mostQuestions} questions.`, {
    hint: 'Make a new request that names the tool and its values.',
  });
}

/** With what the owner has said before, which may hold the answer. */
const asked = ({ question }: Missing, { context }: Plan): string => (context ? `${question}\n${context.text}` : question);

const order: TaskStatus[] = ['stopped', 'declined', 'unknown', 'failed', 'skipped', 'unverified', 'done'];

/** A run is as good as its worst task, and done only when all are proved. */
function statusOf(outcomes: TaskOutcome[]): RunStatus {
  const worst = order.find((status) => outcomes.some((outcome) => outcome.status === status)) ?? 'done';
  return worst === 'skipped' ? 'failed' : worst;
}

function report(outcomes: TaskOutcome[]): string {
  const verified = outcomes.filter((outcome) => outcome.status === 'done').length;
  const lines = outcomes.map(({ id, tool, status, summary }) => `${id} ${tool} ${status}: ${short(summary)}`);
  return [...lines, `${statusOf(outcomes)}: ${verified} of ${outcomes.length} verified`].join('\n');
}

const short = (text: string): string => (text.length > 600 ? `${text.slice(0, 600).trimEnd()} …` : text);

function resultOf(run: RunRecord, steps: StepRecord[]): IntakeResult {
  const { plan = { hash: '', tasks: [], changes: [], confidence: 0, missing: [] } } = (run.state ?? {}) as Partial<RunState>;
  const tasks = steps
    .filter((step) => step.tool !== 'intake_plan')
    .map((step): TaskView => {
      const { id, tool, input, output, error, evidence } = step;
      const status = shownStatus(run, step);
      const kept = output as { output?: unknown } | undefined;
      return { id, tool, input, status, evidence, ...(kept?.output !== undefined && { output: kept.output }), ...(error && { error }) };
    });
  const verified = plan.tasks.filter(({ id }) =>
    tasks.some((task) => (task.id === id || task.id === `${id}-repair`) && task.status === 'done'),
  ).length;
  return {
    runId: run.id,
    status: run.status,
    summary: summaryOf(run),
    plan,
    tasks,
    verified,
    total: plan.tasks.length,
    ...(run.question && { question: run.question.text }),
    ...(run.question?.approvalId !== undefined && { approvalId: run.question.approvalId }),
    usage: usageOf(steps.filter((step) => step.tool !== 'intake_plan')),
  };
}

function summaryOf(run: RunRecord): string {
  if (run.question?.approvalId !== undefined) return `waiting for approval: claw approval answer ${run.question.approvalId} approve`;
  if (run.question) return `waiting for an answer: claw run answer ${run.id} "…"`;
  if (run.error) return `${run.status}: ${run.error.message} ${run.error.hint}`.trim();
  const told = (run.output as { summary?: string } | undefined)?.summary;
  return told ?? (isOpen(run.status) ? `${run.status}: poll with run_wait ${run.id}` : `${run.status}: nothing more of ${run.id} is done`);
}
