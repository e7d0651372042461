import { RunEnd, type RunHandler } from '../../durable/backend.ts';
import type { Step, Workflow } from './definition.ts';
import { evaluate, isTrue } from './expression.ts';
import { failures, factsAt, looksAtFailures, needsAreMet, type StepOutcome } from './outcomes.ts';
import { readWorkflow } from './read-workflow.ts';
import { rollBack } from './roll-back.ts';
import { runStep, type Floor } from './run-step.ts';
import type { WorkflowParts, WorkflowReport, WorkflowRunInput } from './workflow-parts.ts';

const lanes = 8;

/** Runs the text that the run was started with; after a crash it is replayed, and steps that had ended are not repeated. */
export function workflowHandler(parts: WorkflowParts): RunHandler {
  return async (run) => {
    const { text, name, inputs, caller: starter, hash, taint } = run.input as WorkflowRunInput;
    parts.inherit(run.id, taint);
    const { workflow } = readWorkflow(text, { file: name, isTool: parts.isTool });
    const { readOnly, folder } = starter;
    const caller = { kind: 'workflow' as const, name, ...(readOnly && { readOnly }), ...(folder !== undefined && { folder }) };
    const inputsAreUntrusted = taint?.untrusted === true;
    const floor: Floor = { parts, run, caller, starter, workflow: name, inputs, inputsAreUntrusted, outcomes: new Map() };
    await runSteps(workflow, floor);
    const failed = failures(workflow.steps, floor.outcomes);
    const rolledBack = failed.some(({ onFailure }) => onFailure === 'rollback') ? await rollBack(workflow, floor) : undefined;
    const report = reportOf(
      { name, hash },
      workflow.steps.map(({ id }) => floor.outcomes.get(id)!),
    );
    return new RunEnd(endOf(failed, floor), rolledBack ? { ...report, rolledBack } : report);
  };
}

/** What does not need each other side by side. */
async function runSteps({ steps }: Workflow, floor: Floor): Promise<void> {
  const { outcomes, run } = floor;
  const open = new Set(steps);
  const running = new Map<string, Promise<void>>();
  while (open.size > 0 || running.size > 0) {
    run.signal.throwIfAborted();
    const ready = [...open].filter(({ needs }) => needs.every((id) => outcomes.has(id)));
    for (const step of ready.slice(0, lanes - running.size)) {
      open.delete(step);
      const work = perform(step, steps, floor).then((outcome) => void outcomes.set(step.id, outcome));
      running.set(
        step.id,
        work.finally(() => running.delete(step.id)),
      );
    }
    await Promise.race(running.values());
  }
}

async function perform(step: Step, steps: Step[], floor: Floor): Promise<StepOutcome> {
  const why = reasonToSkip(step, steps, floor);
  return why === undefined ? runStep(step, floor) : { id: step.id, status: 'skipped', summary: why };
}

function reasonToSkip(step: Step, steps: Step[], floor: Floor): string | undefined {
  const { condition } = step;
  if (failures(steps, floor.outcomes).length > 0 && !looksAtFailures(condition)) return 'Not begun, because a step failed.';
  if (condition === undefined)
    return needsAreMet(step, steps, floor.outcomes) ? undefined : 'Not begun, because a step it needs did not run.';
  return isTrue(evaluate(condition, factsAt(step, { ...floor, runId: floor.run.id })))
    ? undefined
    : 'Not begun, because its condition is not true.';
}

function endOf(failed: Step[], { outcomes }: Floor): 'done' | 'failed' | 'unknown' | 'declined' {
  const statuses = failed.map(({ id }) => outcomes.get(id)!.status);
  if (statuses.length === 0) return 'done';
  if (statuses.includes('unknown')) return 'unknown';
  return statuses.every((status) => status === 'declined') ? 'declined' : 'failed';
}

function reportOf({ name, hash }: { name: string; hash: string }, outcomes: StepOutcome[]): WorkflowReport {
  const steps = outcomes.map(({ id, status, summary, error }) => ({ id, status, summary, ...(error && { error }) }));
  const summary = `${name}: ${steps.filter(({ status }) => status === 'ok').length} of ${steps.length} steps ok.`;
  return { name, hash, summary, steps };
}
