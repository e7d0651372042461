import { storedJson } from '../core/database-errors.ts';
import { ToolError, type ErrorShape } from '../core/errors.ts';
import type { RunContext, StepStatus } from './backend.ts';
import type { RunLife } from './run-life.ts';
import { jsonOf } from './run-rows.ts';
import type { StepChange, StepRow, StepRows } from './step-rows.ts';

type Change = Parameters<RunContext['settle']>[1];

/**
 * Changes what is shown of a step. Only where nobody knows its outcome, or a person was asked and it did not
 * happen, does it change what a replay returns.
 */
export function createSettle({ steps, life }: { steps: StepRows; life: RunLife }): RunContext['settle'] {
  const { claim } = life;
  return (id, change) => {
    life.throwIfOver();
    const row = steps.find(claim.seq, id);
    if (!row) throw new ToolError('not_found', `Run ${claim.id} has no step "${id}".`, { hint: 'run_show lists its steps.' });
    const isDecided = row.result === 'value' || row.result === 'error';
    const next = isDecided ? shown(row, change) : decided(row, change);
    if (isSame(row, next, change)) return;
    life.mustHold(() => steps.settle(claim, id, { ...next, evidence: change.evidence }));
  };
}

const failed = new Set<StepStatus>(['failed', 'stopped', 'declined']);

const open = new Set<StepStatus>(['queued', 'running', 'waiting']);

function decided(row: StepRow, { status, output, error }: Change): StepChange {
  if (open.has(status)) return shown(row, { status, error });
  if (status === 'unknown') return { status, result: 'unknown', ...(error && { error }) };
  if (!error && !failed.has(status)) return { status, result: 'value', output: jsonOf(output) };
  return { status, result: 'error', error: error ?? didNotHappen };
}

const didNotHappen: ErrorShape = {
  code: 'failed',
  message: 'It was found not to have happened.',
  hint: 'Make the call again when it is still wanted.',
};

function shown(row: StepRow, { status, error }: Change): StepChange {
  const before = row.error === null ? undefined : storedJson<ErrorShape>(row.error, 'claw.db');
  // A replay throws the recorded error of a failed step, so that one stays.
  const next = row.result === 'error' ? before : (error ?? before);
  return { status, result: row.result, output: row.output, ...(next && { error: next }) };
}

// A replay settles again what it settled before: no write for that.
function isSame(row: StepRow, next: StepChange, { evidence }: Change): boolean {
  const texts = [next.status, next.result, next.output ?? null, jsonOf(next.error), evidence ? jsonOf(evidence) : row.evidence];
  return jsonOf(texts) === jsonOf([row.status, row.result, row.output, row.error, row.evidence]);
}
