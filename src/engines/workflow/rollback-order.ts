import type { Step } from './definition.ts';
import type { Outcomes } from './outcomes.ts';
import type { PastStep } from './workflow-parts.ts';

export interface Unwound {
  step: Step;
  callId: string;
  /** Of the tries at one thing, the last. */
  isLast: boolean;
}

/**
 * The calls that went through, the one that ended last first. A clock that was set back cannot turn the order round: what
 * needed another step counts as ended after it.
 */
export function newestFirst(steps: Step[], outcomes: Outcomes, past: PastStep[]): Unwound[] {
  const endedAt = new Map(past.map((one) => [one.id, one.endedAt ?? 0]));
  const latestOf = new Map<string, number>();
  const placed = inOrder(steps).flatMap((step) => {
    let at = Math.max(0, ...step.needs.map((id) => latestOf.get(id) ?? 0));
    const made = outcomes.get(step.id)?.made ?? [];
    const places = made.map(({ stepId }, index) => {
      at = Math.max(at, endedAt.get(stepId) ?? 0);
      return { at, step, callId: stepId, isLast: subjectOf(stepId) !== subjectOf(made[index + 1]?.stepId ?? '') };
    });
    latestOf.set(step.id, at);
    return places;
  });
  // Sorting keeps what is equal in place, so reversing after it keeps the later of equals first.
  return placed.toSorted((a, b) => a.at - b.at).toReversed();
}

/** A step, or one turn of its loop. */
const subjectOf = (stepId: string): string => stepId.replace(/\.try\d+$/, '');

/** Each step after those it needs; steps of the file may stand in any order. */
function inOrder(steps: Step[]): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const ordered = new Set<Step>();
  const visit = (step: Step): void => {
    if (ordered.has(step)) return;
    for (const id of step.needs) visit(byId.get(id)!);
    ordered.add(step);
  };
  for (const step of steps) visit(step);
  return [...ordered];
}
