import { ToolError, type ErrorCode, type ErrorShape } from '../../core/errors.ts';
import type { Step } from './definition.ts';
import type { Floor } from './floor.ts';
import type { StepOutcome } from './outcomes.ts';
import type { WorkflowCall, WorkflowParts } from './workflow-parts.ts';

/** Errors that the same call would meet again, or that are no failure of the call. */
const final = new Set<ErrorCode>([
  'invalid_input',
  'not_found',
  'denied',
  'unknown_tool',
  'conflict',
  'bad_config',
  'too_large',
  'cancelled',
  'unknown_outcome',
]);

export const mayTryAgain = (error: ErrorShape | undefined): boolean => error === undefined || !final.has(error.code);

/** Rethrows what is no error of the step: the run was stopped, the process ends, a fault of ours. */
export function outcomeOfError({ id }: Pick<Step, 'id'>, error: unknown, { run, parts }: Pick<Floor, 'run' | 'parts'>): StepOutcome {
  if (run.signal.aborted || !(error instanceof ToolError)) throw error;
  const status = error.code === 'unknown_outcome' ? 'unknown' : parts.isNo(error) ? 'declined' : 'failed';
  return { id, status, summary: `${error.message} ${error.hint}`.trim(), error: error.toJSON() };
}

/** A call that did not answer in time may have happened, unless doing it twice is doing it once. */
export function honestError(error: unknown, { run, stepId, tool: name }: WorkflowCall, { find }: WorkflowParts): unknown {
  if (run.signal.aborted || !(error instanceof ToolError) || error.code !== 'timeout') return error;
  const tool = find(name);
  if (tool?.idempotent === true || tool?.risk === 'read') return error;
  run.settle(stepId, { status: 'unknown' });
  return new ToolError('unknown_outcome', `${name} did not answer in time; whether it happened is not known.`, {
    hint: 'Look at the result by another way before repeating it.',
    cause: error,
  });
}
