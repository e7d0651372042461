import type { Step, Workflow } from './definition.ts';
import type { Floor } from './floor.ts';
import { failures, holds, isForFailures, needsAreMet, type StepOutcome } from './outcomes.ts';
import { runStep } from './run-step.ts';
import type { PastStep } from './workflow-parts.ts';

const most = 8;
const haltId = '.halt';

/**
 * What does not need each other runs side by side. At the first failure the steps that have begun are put on record, and
 * the others stay where they are, also after a crash: a replay begins no other steps than the first life did.
 */
export async function runSteps({ steps }: Workflow, floor: Floor): Promise<void> {
  const { outcomes, run } = floor;
  const open = new Set(steps);
  const running = new Map<string, Promise<void>>();
  const begun = await begunBefore(floor);
  try {
    while (open.size > 0 || running.size > 0) {
      run.signal.throwIfAborted();
      if (!begun.isFinal && failures(steps, outcomes).length > 0) await halt(begun, floor);
      const ready = [...open].filter(({ needs }) => needs.every((id) => outcomes.has(id)));
      for (const step of ready.slice(0, most - running.size)) {
        open.delete(step);
        const work = perform(step, { steps, floor, begun }).then((outcome) => void outcomes.set(step.id, outcome));
        running.set(
          step.id,
          work.finally(() => running.delete(step.id)),
        );
      }
      await Promise.race(running.values());
    }
  } finally {
    await Promise.allSettled(running.values());
  }
}

/** The steps that have begun. Final from the first failure on. */
interface Begun {
  ids: Set<string>;
  isFinal: boolean;
}

async function begunBefore({ parts, runId }: Floor): Promise<Begun> {
  const past = await parts.past(runId);
  const halted = past.find(({ id }) => id === haltId)?.output;
  if (halted !== undefined) return { ids: new Set(halted as string[]), isFinal: true };
  return { ids: new Set(past.map(stepOf)), isFinal: false };
}

/** Ids of ours have a dot behind the step's own, which has none. */
const stepOf = ({ id }: PastStep): string => id.split('.', 1)[0]!;

async function halt(begun: Begun, { run }: Floor): Promise<void> {
  const spec = { id: haltId, tool: 'workflow_run', input: {}, idempotent: true };
  begun.ids = new Set(await run.step(spec, async () => [...begun.ids]));
  begun.isFinal = true;
}

interface Scene {
  steps: Step[];
  floor: Floor;
  begun: Begun;
}

async function perform(step: Step, scene: Scene): Promise<StepOutcome> {
  const why = reasonToSkip(step, scene);
  if (why) return { id: step.id, status: 'skipped', ...why };
  if (!scene.begun.isFinal) scene.begun.ids.add(step.id);
  return runStep(step, scene.floor);
}

type Reason = Pick<StepOutcome, 'summary' | 'isHeldBack'>;

function reasonToSkip(step: Step, { steps, floor, begun }: Scene): Reason | undefined {
  const { condition } = step;
  if (condition !== undefined && !holds(condition, step, floor)) return { summary: 'Not begun, because its condition is not true.' };
  const isHalted = begun.isFinal && !begun.ids.has(step.id);
  if (isHalted && !isForFailures(step, floor)) return { summary: 'Not begun, because a step failed.', isHeldBack: true };
  if (condition !== undefined || needsAreMet(step, steps, floor.outcomes)) return undefined;
  return { summary: 'Not begun, because a step it needs did not run.', isHeldBack: true };
}
