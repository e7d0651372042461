import { ToolError } from '../../core/errors.ts';
import { replyTool } from '../../agents/models/reply-tool.ts';
import type { CallResult } from '../../gate/gate-types.ts';
import type { Session, SessionCall } from '../session.ts';
import { askOwner, askPerson } from './ask-owner.ts';
import { printable, type Terminal } from './terminal.ts';
import { render, renderTasks, type TaskLine } from './render.ts';
import { isRunTool, renderRun } from './render-run.ts';

interface Outcome {
  runId: string;
  status: string;
  summary: string;
  plan: {
    tasks: { id: string; tool: string; input: unknown; goal?: string; dependsOn: string[] }[];
    madeBy?: { planner: string; model?: string; reason?: string };
    missing: { question: string }[];
    changes: { action: string; target: string }[];
  };
  tasks: TaskLine[];
  question?: string;
  approvalId?: string;
}

interface RunView {
  id: string;
  status: string;
  output?: { summary?: string };
  error?: { message: string; hint: string };
  question?: string;
  approvals: string[];
  steps: TaskLine[];
}

interface Desk {
  session: Session;
  terminal: Terminal;
  call: SessionCall;
}

const statusExit: Record<string, number> = { done: 0, waiting: 3, declined: 3 };
const exitOfStatus = (status: string): number => statusExit[status] ?? 1;

/** `claw do`: plan, calls, evidence, and the questions on the way, asked only where a person sits. */
export async function carryOut(text: string, desk: Desk): Promise<number> {
  const { session, terminal, call } = desk;
  const first = (await session.call('intake_run', { request: text }, call)).output as Outcome;
  if (terminal.json) {
    terminal.out(JSON.stringify(first));
    return exitOfStatus(first.status);
  }
  terminal.out(renderPlan(first.plan, terminal));
  if (first.status !== 'waiting') return finish(first, desk);
  return (await converse(first, desk)) ?? exitOfStatus('waiting');
}

export async function showPlan(text: string, { session, terminal, call }: Desk): Promise<number> {
  const result = await session.call('intake_plan', { request: text }, call);
  const plan = result.output as Outcome['plan'];
  if (terminal.json) terminal.out(JSON.stringify(plan));
  else {
    terminal.out(renderPlan(plan, terminal));
    for (const { action, target } of plan.changes) terminal.out(printable(`would ${action} ${target}`));
    for (const { question } of plan.missing) terminal.out(printable(`would ask: ${question}`));
  }
  return 0;
}

function renderPlan({ tasks, madeBy }: Outcome['plan'], { paint }: Terminal): string {
  const lines = tasks.map(
    ({ id, tool, input, goal, dependsOn }) =>
      `  ${id} ${tool || '?'} ${(goal ?? JSON.stringify(input)).slice(0, 300)}${dependsOn.length > 0 ? paint('dim', ` after ${dependsOn.join(', ')}`) : ''}`,
  );
  const by = madeBy?.planner === 'model' ? ` (${madeBy.model})` : madeBy?.reason === undefined ? '' : ` (${madeBy.reason})`;
  return printable([`Plan${by}`, ...lines].join('\n'));
}

async function finish({ runId, status, summary, tasks }: Outcome, { session, terminal }: Desk): Promise<number> {
  const verdict = summary.split('\n').at(-1) ?? status;
  const answers = summary.split('\n').slice(0, -1).join('\n');
  if (tasks.length > 0) terminal.out(`${terminal.paint('bold', 'Calls')}\n${renderTasks(tasks, terminal)}`);
  if (answers !== '') terminal.out(printable(answers));
  terminal.out(terminal.paint(status === 'done' ? 'green' : 'red', printable(verdict)));
  const readers = new Set((await session.tools()).filter(({ risk }) => risk === 'read').map(({ name }) => name));
  const hasChanged = tasks.some((task) => task.status !== 'failed' && !readers.has(task.tool));
  terminal.note(terminal.paint('dim', `claw run show ${runId}${hasChanged ? ` · claw undo ${runId}` : ''}`));
  return exitOfStatus(status);
}

/** Asks until the run has ended. Undefined where nobody can be asked: the run stays, and says how to go on. */
async function converse(outcome: Outcome, desk: Desk): Promise<number | undefined> {
  const { session, terminal, call } = desk;
  let current = outcome;
  while (current.status === 'waiting') {
    terminal.out(printable(current.question ?? ''));
    if (!terminal.isInteractive) {
      terminal.out(printable(current.summary));
      return undefined;
    }
    if (current.approvalId !== undefined) await askOwner(current.approvalId, desk);
    else await session.call('run_answer', { id: current.runId, answer: await askPerson('> ') }, call);
    current = await follow(current.runId, desk);
  }
  return finish(current, desk);
}

async function follow(runId: string, { session, call }: Desk): Promise<Outcome> {
  const view = (await session.call('run_wait', { id: runId }, call)).output as RunView;
  const approvals =
    view.question === undefined
      ? []
      : ((await session.call('approval_list', {}, call)).output as { items: { id: string; runId?: string }[] }).items;
  const summary =
    view.output?.summary ?? (view.error ? `${view.error.message} ${view.error.hint}` : `${view.status}: claw run show ${runId}`);
  return {
    runId,
    status: view.status,
    summary,
    plan: { tasks: [], missing: [], changes: [] },
    tasks: view.steps.filter((step) => step.tool !== 'intake_plan' && step.tool !== replyTool),
    question: view.question,
    approvalId: approvals.find((approval) => approval.runId === runId)?.id,
  };
}

/** One call; where it needs the owner and the owner sits here, the exact call is shown and asked for. */
export async function callOnce(tool: string, input: unknown, desk: Desk): Promise<number> {
  const { session, terminal, call } = desk;
  const result = await session.call(tool, input, call).catch(async (error: unknown) => {
    if (!(error instanceof ToolError) || error.code !== 'approval_required' || !terminal.isInteractive) throw error;
    if (!(await askOwner(error.approvalId ?? '', desk))) throw new ToolError('denied', 'You said no.', { hint: 'Nothing was done.' });
    return session.call(tool, input, call);
  });
  if (terminal.json) terminal.out(JSON.stringify(result.output));
  else terminal.out(isRunTool(tool) ? renderRun(result.output, terminal) : render(result, terminal));
  if (result.undoable) terminal.note(terminal.paint('dim', `undo with: claw undo ${result.callId}`));
  return exitOf(tool, result);
}

/** A workflow that was only looked at, or goes on. */
const unended: Record<string, number> = { planned: 0, queued: 3, running: 3 };

/** Runs say how they ended; a check or a command that failed is no success of the call either. */
function exitOf(tool: string, { output }: CallResult): number {
  const { status, ok } = output as { status?: string; ok?: boolean };
  if (tool === 'workflow_run' && status !== undefined && status in unended) return unended[status]!;
  if ((tool === 'intake_run' || tool === 'run_undo' || tool === 'workflow_run') && status !== undefined) return exitOfStatus(status);
  return ok === false ? 1 : 0;
}
