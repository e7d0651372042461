import { renderTasks, type TaskLine } from './render.ts';
import { printable, type Terminal } from './terminal.ts';

/** What run_show and its sisters return. */
interface RunView {
  id: string;
  kind: string;
  status: string;
  createdAt: string;
  endedAt?: string;
  caller: string;
  input: unknown;
  output?: unknown;
  error?: { message: string; hint: string };
  question?: string;
  steps: TaskLine[];
  /** Ids, newest first. */
  approvals: string[];
  undoable: number;
}

const runTools = new Set(['run_show', 'run_wait', 'run_answer', 'run_stop']);
export const isRunTool = (tool: string): boolean => runTools.has(tool);

/** A run for people, as `claw do` shows it: what was asked for, each call with its evidence, what it waits for, and what to do. */
export function renderRun(output: unknown, terminal: Terminal): string {
  const run = output as RunView;
  const { paint } = terminal;
  const request = (run.input as { request?: string } | null)?.request;
  const steps = run.steps.filter((step) => step.tool !== 'intake_plan');
  const lines = [
    `${paint('bold', run.id)} ${run.kind} by ${run.caller}, ${run.createdAt}${run.endedAt === undefined ? '' : ` to ${run.endedAt}`}`,
    ...(request === undefined ? [] : [printable(request)]),
    ...(steps.length === 0 ? [] : [paint('bold', 'Calls'), renderTasks(steps, terminal)]),
    ...(run.approvals.length === 0 ? [] : [`${paint('bold', 'Approvals')} ${run.approvals.join(', ')}`]),
    ...(run.error ? [printable(`${run.error.message} ${run.error.hint}`)] : []),
    paint(run.status === 'done' ? 'green' : 'red', printable(told(run))),
    ...next(run, steps).map((line) => paint('dim', line)),
  ];
  return lines.join('\n');
}

/** The summary of a request ends with its verdict; a run that asks tells its question. */
function told({ status, question, output }: RunView): string {
  if (question !== undefined) return `${status}: ${question}`;
  return (output as { summary?: string } | undefined)?.summary ?? status;
}

/** A step of a workflow that asks people: its output is the approval. */
const isQuestion = ({ output }: TaskLine): boolean => typeof output === 'string' && output.startsWith('apr_');

/** What the owner can do about it now. */
function next({ id, status, question, undoable }: RunView, steps: TaskLine[]): string[] {
  const asking = steps.find((step) => step.status === 'waiting' && (step.error || isQuestion(step)));
  const approval = /\bapr_\w+/.exec(asking?.error?.hint ?? String(asking?.output))?.[0];
  if (approval !== undefined) return [`Answer with: claw approval answer ${approval} approve (or deny); the run then goes on.`];
  if (question !== undefined) return [`Answer with: claw run answer ${id} "…"`];
  if (status === 'running' || status === 'queued') return [`claw run wait ${id} · claw run stop ${id}`];
  return undoable > 0 ? [`claw undo ${id}`] : [];
}
