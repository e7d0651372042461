import type { ErrorShape } from '../../core/errors.ts';
import type { Step } from './definition.ts';
import { evaluate, isTrue, namesAlways, type Expression } from './expression.ts';

/** A call that went through: what a rollback takes back. */
export interface MadeCall {
  stepId: string;
  output: unknown;
  /** Of a loop. */
  item?: unknown;
}

/** How one step ended. */
export interface StepOutcome {
  id: string;
  status: 'ok' | 'failed' | 'skipped' | 'unknown' | 'declined';
  summary: string;
  /** Of a loop, one per item. */
  output?: unknown;
  error?: ErrorShape;
  /** Only of a step that asks people. */
  approved?: boolean;
  /** The output has text from outside. */
  untrusted?: boolean;
  /** Skipped because something failed, not by its own condition. */
  isHeldBack?: boolean;
  /** In the order in which they were made. */
  made?: MadeCall[];
}

export type Outcomes = Map<string, StepOutcome>;

export type Facts = Record<string, unknown>;

interface Known {
  outcomes: Outcomes;
  inputs: Record<string, unknown>;
  runId: string;
}

/** What names in expressions stand for, at one step. */
export function factsAt({ previous }: Pick<Step, 'previous'>, { outcomes, inputs, runId }: Known): Facts {
  const steps = Object.fromEntries([...outcomes].map(([id, outcome]) => [id, factsOf(outcome)]));
  return { steps, previous: previous === undefined ? null : steps[previous], inputs, run: { id: runId } };
}

const factsOf = ({ status, summary, output, error, approved = false }: StepOutcome): Facts => ({
  ok: status === 'ok',
  failed: status === 'failed' || status === 'unknown' || status === 'declined',
  skipped: status === 'skipped',
  approved,
  status,
  output,
  summary,
  error: error ?? null,
});

const isBad = ({ status }: StepOutcome): boolean => status !== 'ok' && status !== 'skipped';

/** Steps that failed and were not to be passed over. */
export const failures = (steps: Step[], outcomes: Outcomes): Step[] =>
  steps.filter(({ id, onFailure }) => onFailure !== 'continue' && outcomes.has(id) && isBad(outcomes.get(id)!));

/** Whether all that a step without `if` waits for lets it begin. What its own `if` passed over holds nothing back. */
export const needsAreMet = (step: Step, steps: Step[], outcomes: Outcomes): boolean =>
  step.needs.every((id) => {
    const outcome = outcomes.get(id)!;
    if (outcome.status === 'skipped') return outcome.isHeldBack !== true;
    return !isBad(outcome) || steps.find((one) => one.id === id)!.onFailure === 'continue';
  });

/**
 * Whether a step is one for failures: it says always(), or its condition, which holds, would not if all had gone well.
 * Others do not begin after a failure.
 */
export function isForFailures(step: Step, known: Known): boolean {
  const { condition } = step;
  return condition !== undefined && (namesAlways(condition) || !holds(condition, step, { ...known, outcomes: allWell(known.outcomes) }));
}

export const holds = (condition: Expression, step: Pick<Step, 'previous'>, known: Known): boolean =>
  isTrue(evaluate(condition, factsAt(step, known)));

function allWell(outcomes: Outcomes): Outcomes {
  const well = ({ id, output, summary }: StepOutcome): StepOutcome => ({ id, status: 'ok', output, summary, approved: true });
  return new Map([...outcomes].map(([id, outcome]) => [id, isBad(outcome) || outcome.isHeldBack ? well(outcome) : outcome]));
}
