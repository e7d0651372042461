import { RunEnd, type RunContext, type RunHandler } from '../../durable/backend.ts';
import type { Step, Workflow } from './definition.ts';
import { fixedCalls } from './fixed-calls.ts';
import type { Floor } from './floor.ts';
import { runSteps } from './lanes.ts';
import { factsAt, failures, type StepOutcome } from './outcomes.ts';
import { readWorkflow } from './read-workflow.ts';
import { rollBack } from './roll-back.ts';
import { render } from './template.ts';
import type { TakenBack, WorkflowParts, WorkflowReport, WorkflowRunInput } from './workflow-parts.ts';

/** Runs the text that the run was started with; after a crash it is replayed, and steps that had ended are not repeated. */
export function workflowHandler(parts: WorkflowParts): RunHandler {
  return async (run) => {
    const { text, name, hash, taint } = run.input as WorkflowRunInput;
    parts.inherit(run.id, taint);
    const { workflow } = readWorkflow(text, { file: name, find: parts.find });
    const floor = floorOf(run, parts);
    parts.fix(run.id, fixedCalls(workflow, { find: parts.find, inputs: floor.inputs }));
    await runSteps(workflow, floor);
    const failed = failures(workflow.steps, floor.outcomes);
    const rolledBack = failed.some(({ onFailure }) => onFailure === 'rollback') ? await rollBack(workflow, floor) : undefined;
    const outcomes = workflow.steps.map(({ id }) => floor.outcomes.get(id)!);
    const status = endOf(failed, { outcomes: floor.outcomes, rolledBack });
    const report = { ...reportOf({ name, hash, status }, outcomes), ...(rolledBack && { rolledBack }) };
    if (workflow.summary && status === 'done') report.summary = String(render(workflow.summary, factsAt({}, floor))).trim();
    await notify(workflow, { run, parts, report });
    return new RunEnd(status, report);
  };
}

function floorOf(run: RunContext, parts: WorkflowParts): Floor {
  const { name, inputs, caller: starter, taint } = run.input as WorkflowRunInput;
  const { readOnly, folder, reach } = starter;
  const caller = {
    kind: 'workflow' as const,
    name,
    ...(readOnly && { readOnly }),
    ...(folder !== undefined && { folder }),
    ...(reach && { reach }),
  };
  const inputsAreUntrusted = taint?.untrusted === true;
  return { parts, run, runId: run.id, caller, starter, workflow: name, inputs, inputsAreUntrusted, outcomes: new Map() };
}

type Status = 'done' | 'failed' | 'unknown' | 'declined';

function endOf(failed: Step[], { outcomes, rolledBack = [] }: Pick<Floor, 'outcomes'> & { rolledBack?: TakenBack[] | undefined }): Status {
  const statuses = failed.map(({ id }) => outcomes.get(id)!.status);
  if (statuses.length === 0) return 'done';
  if (statuses.includes('unknown') || rolledBack.some(({ status }) => status === 'unknown')) return 'unknown';
  return statuses.every((status) => status === 'declined') ? 'declined' : 'failed';
}

const mostOfASummary = 300;

function reportOf({ name, hash, status }: { name: string; hash: string; status: Status }, outcomes: StepOutcome[]): WorkflowReport {
  const steps = outcomes.map(({ id, status: how, summary, error }) => ({
    id,
    status: how,
    summary: summary.slice(0, mostOfASummary),
    ...(error && { error }),
  }));
  const bad = steps.find(({ status: how }) => how !== 'ok' && how !== 'skipped');
  const ok = steps.filter(({ status: how }) => how === 'ok').length;
  const why = status !== 'done' && bad ? ` ${bad.id} ${bad.status}: ${bad.summary}` : '';
  return { name, hash, summary: `${name} is ${status}: ${ok} of ${steps.length} steps ok.${why}`, steps };
}

/** Whether it arrives is another matter: the run has ended as it has. */
async function notify(
  { notify: profile }: Workflow,
  { run, parts, report }: { run: RunContext; parts: WorkflowParts; report: WorkflowReport },
): Promise<void> {
  if (profile === undefined) return;
  const message = { key: `${run.id}/notify`, run: run.id, workflow: report.name, profile, text: report.summary };
  const spec = { id: '.notify', tool: 'message_notify', input: { profile, text: report.summary }, idempotent: true };
  await run.step(spec, async () => parts.notify(message));
}
