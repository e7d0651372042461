import type { ErrorShape } from '../../core/errors.ts';
import type { Expression } from './expression.ts';
import type { Step } from './definition.ts';

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
}

export type Outcomes = Map<string, StepOutcome>;

/** What names in expressions stand for, at one step. */
export function factsAt(
  step: Pick<Step, 'previous'>,
  known: { outcomes: Outcomes; inputs: Record<string, unknown>; runId: string },
): Record<string, unknown> {
  const steps = Object.fromEntries([...known.outcomes].map(([id, outcome]) => [id, factsOf(outcome)]));
  const previous = step.previous === undefined ? {} : (steps[step.previous] ?? {});
  return { steps, previous, inputs: known.inputs, run: { id: known.runId } };
}

const factsOf = ({ status, summary, output, error, approved = status === 'ok' }: StepOutcome): Record<string, unknown> => ({
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

/** Whether something failed that was not to be passed over. */
export const failures = (steps: Step[], outcomes: Outcomes): Step[] =>
  steps.filter(({ id, onFailure }) => onFailure !== 'continue' && outcomes.has(id) && isBad(outcomes.get(id)!));

/** Whether all that a step without `if` waits for allows it to begin. */
export const needsAreMet = (step: Step, steps: Step[], outcomes: Outcomes): boolean =>
  step.needs.every((id) => {
    const outcome = outcomes.get(id)!;
    return outcome.status === 'ok' || (isBad(outcome) && steps.find((one) => one.id === id)!.onFailure === 'continue');
  });

const failureFields = new Set(['failed', 'error', 'status', 'skipped']);

/** Such a step still begins after a failure: it was written for one. */
export function looksAtFailures(condition: Expression | undefined): boolean {
  if (condition === undefined) return false;
  if (condition.kind === 'always') return true;
  if (condition.kind === 'not') return looksAtFailures(condition.of) || endsIn(condition.of, 'ok');
  if ('left' in condition) return looksAtFailures(condition.left) || looksAtFailures(condition.right);
  return (
    condition.kind === 'name' &&
    ['steps', 'previous'].includes(condition.path[0]!) &&
    condition.path.some((part) => failureFields.has(part))
  );
}

const endsIn = (condition: Expression, field: string): boolean => condition.kind === 'name' && condition.path.at(-1) === field;
