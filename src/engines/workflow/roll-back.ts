import { ToolError } from '../../core/errors.ts';
import type { Step, Workflow } from './definition.ts';
import { filledCall, type Turn } from './filled-call.ts';
import type { Floor } from './floor.ts';
import { factsAt, type MadeCall } from './outcomes.ts';
import { newestFirst } from './rollback-order.ts';
import { outcomeOfError } from './step-errors.ts';
import type { TakenBack, WayBack, WorkflowCall } from './workflow-parts.ts';

/**
 * Takes back each call that went through, the one that ended last first: by the step's `undo`, or else by the tool's own way
 * back; then follows the workflow's `rollback` list. Each is a durable step. One that fails does not keep the others from
 * being tried.
 */
export async function rollBack({ steps, rollback }: Workflow, floor: Floor): Promise<TakenBack[]> {
  const done: TakenBack[] = [];
  for (const one of await planOf(steps, floor)) done.push(await takeBack(one, { steps, floor }));
  for (const [index, call] of rollback.entries()) {
    const turn = { floor, facts: factsAt({}, floor), stepId: `.rollback.${index}`, outside: [] };
    done.push(await carriedOut({ step: 'rollback', tool: call.tool }, floor, () => filledCall(call, turn)));
  }
  return done;
}

/** One thing to take back. */
interface Planned {
  step: string;
  /** The call that went through. */
  callId: string;
  /** None where the step's own `undo` is used. */
  way?: WayBack;
}

/** Fixed by the first life that gets here. */
async function planOf(steps: Step[], floor: Floor): Promise<Planned[]> {
  const { run, parts, runId } = floor;
  return run.step({ id: '.rollback', tool: 'workflow_run', input: {}, idempotent: true }, async () => {
    const order = newestFirst(steps, floor.outcomes, await parts.past(runId));
    const ways = Map.groupBy(parts.waysBack(runId), ({ step }) => step);
    return order.flatMap(({ step, callId, isLast }) => {
      if (step.undo) return isLast ? [{ step: step.id, callId }] : [];
      return (ways.get(callId) ?? []).map((way) => ({ step: step.id, callId, way }));
    });
  });
}

async function takeBack({ step: id, callId, way }: Planned, { steps, floor }: { steps: Step[]; floor: Floor }): Promise<TakenBack> {
  const { run, caller, parts, outcomes } = floor;
  const stepId = `${callId}.undo`;
  if (way) {
    const { tool, input, folder } = way;
    const call = {
      run,
      caller: { ...caller, folder },
      stepId: `${stepId}.${way.id}`,
      tool,
      input: input as WorkflowCall['input'],
      undoing: true,
    };
    const taken = await carriedOut({ step: id, tool }, floor, () => call);
    if (taken.status === 'ok') parts.takenBack(way.id);
    return taken;
  }
  const step = steps.find((one) => one.id === id)!;
  const made = outcomes.get(id)!.made!.find((one) => one.stepId === callId)!;
  const taken = await carriedOut({ step: id, tool: step.undo!.tool }, floor, () =>
    filledCall(step.undo!, turnOf(step, made, { floor, stepId })),
  );
  if (taken.status === 'ok') forget(callId, floor);
  return taken;
}

function turnOf(step: Step, made: MadeCall, { floor, stepId }: { floor: Floor; stepId: string }): Turn {
  const isUntrusted = floor.outcomes.get(step.id)!.untrusted === true;
  const facts = { ...factsAt(step, floor), output: made.output, ...('item' in made && { item: made.item }) };
  return { floor, facts, stepId, previous: step.previous, outside: isUntrusted ? ['output', 'item'] : [] };
}

/** The tools' own ways back from a call that was taken back otherwise, and from what took it back. */
function forget(callId: string, { parts, runId }: Floor): void {
  for (const { id, step } of parts.waysBack(runId)) if (step === callId || step === `${callId}.undo`) parts.takenBack(id);
}

async function carriedOut(told: Pick<TakenBack, 'step' | 'tool'>, floor: Floor, call: () => WorkflowCall): Promise<TakenBack> {
  try {
    const made = call();
    const answer = await floor.parts.call(made);
    const evidence = await floor.parts.verify(made, answer);
    const wrong = evidence.find(({ ok }) => !ok);
    floor.run.settle(made.stepId, { status: wrong ? 'unverified' : 'done', evidence });
    if (wrong) throw new ToolError('failed', `It ran, but a check after it did not hold: ${wrong.check}.`, { hint: wrong.found });
    return { ...told, status: 'ok', summary: answer.summary.slice(0, 300) };
  } catch (error) {
    const { status, summary } = outcomeOfError({ id: told.step }, error, floor);
    return { ...told, status: status as TakenBack['status'], summary };
  }
}
