import { ToolError } from '../../core/errors.ts';
import type { PlannedCall, Workflow } from './definition.ts';
import { factsAt } from './outcomes.ts';
import { plannedCall, type Floor } from './run-step.ts';
import type { WorkflowReport } from './workflow-parts.ts';

type RolledBack = NonNullable<WorkflowReport['rolledBack']>;

/**
 * The `undo` of each step that succeeded, the one that ended last first; then the workflow's own `rollback` list. Each is a
 * durable step. One that fails does not keep the others from being tried.
 */
export async function rollBack({ steps, rollback }: Workflow, floor: Floor): Promise<RolledBack> {
  const { run, parts, outcomes } = floor;
  const plan = { id: 'rollback-plan', tool: 'workflow_run', input: {}, idempotent: true };
  const order = await run.step(plan, async () => (await parts.ended(run.id)).toReversed());
  const undos = steps.flatMap(({ id, undo, previous }) => (undo && outcomes.get(id)!.status === 'ok' ? [{ id, undo, previous }] : []));
  const place = (id: string): number =>
    order.findIndex((ended) => ended === id || ended.startsWith(`${id}.`) || ended.startsWith(`${id}-try`));
  const done: RolledBack = [];
  for (const { id, undo, previous } of undos.toSorted((a, b) => place(a.id) - place(b.id))) {
    const facts = { ...factsAt({ previous }, { ...floor, runId: run.id }), output: outcomes.get(id)!.output };
    done.push(await reverse(undo, { floor, facts, stepId: `${id}-undo` }));
  }
  for (const [index, call] of rollback.entries())
    done.push(await reverse(call, { floor, facts: factsAt({}, { ...floor, runId: run.id }), stepId: `rollback-${index}` }));
  return done;
}

async function reverse(call: PlannedCall, turn: Parameters<typeof plannedCall>[1]): Promise<RolledBack[number]> {
  try {
    const { summary } = await turn.floor.parts.call(plannedCall(call, turn));
    return { step: turn.stepId, ok: true, summary };
  } catch (error) {
    if (turn.floor.run.signal.aborted || !(error instanceof ToolError)) throw error;
    return { step: turn.stepId, ok: false, summary: error.message };
  }
}
