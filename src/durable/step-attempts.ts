import { storedJson } from '../core/database-errors.ts';
import type { Db } from '../core/database.ts';
import { ToolError, type ErrorCode, type ErrorShape } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Attempt, RunContext, StepSpec } from './backend.ts';
import type { LifeEnd, RunLife } from './run-life.ts';
import { jsonOf } from './run-rows.ts';
import type { StepChange, StepRow, StepRows } from './step-rows.ts';

export interface StepParts {
  db: Db;
  log: Log;
  steps: StepRows;
  life: RunLife;
}

/**
 * The step protocol: on record before it begins, its result or its error on record before anyone hears of
 * it, and on replay what is on record instead of the work. A step that is not idempotent is forced to
 * disk before it begins, so that not even a loss of power lets it happen twice.
 */
export function createStep(parts: StepParts): RunContext['step'] {
  const { db, steps, life } = parts;
  const { claim } = life;
  // A first claim has nothing behind it, so it need not look.
  const known = new Set(claim.epoch === 1 ? [] : steps.ids(claim.seq));
  const running = new Set<string>();
  /** Steps of which this life has heard that a person must speak first. */
  const asked = new Set<string>();

  async function step<T>(spec: StepSpec, work: (attempt: Attempt<T>) => Promise<T>): Promise<T> {
    life.throwIfOver();
    if (running.has(spec.id))
      throw new ToolError('conflict', `Step "${spec.id}" is running already.`, { hint: 'Give each step of a run its own id.' });
    const past = known.has(spec.id) ? steps.find(claim.seq, spec.id) : undefined;
    if (past && isDecided(past)) return recalled<T>(past, spec.id);
    if (past && wasCutOff(past)) throw lose(spec.id);
    if (past && isAsking(past) && !asked.has(spec.id)) throw askedBefore(past);
    return life.inFlight(async () => {
      running.add(spec.id);
      try {
        if (spec.beginsItself) return await attempt(spec, work, () => begin(spec, past));
        begin(spec, past);
        if (!spec.idempotent) await durableBefore(spec);
        return await attempt(spec, work, () => {});
      } finally {
        running.delete(spec.id);
      }
    });
  }

  function begin(spec: StepSpec, past: StepRow | undefined): void {
    life.mustHold(() => (past ? steps.repeat(claim, spec.id) : steps.insert(claim, spec)));
    known.add(spec.id);
  }

  /** The question of an earlier life, so that its answer counts and nobody is asked twice. */
  function askedBefore(past: StepRow): ToolError {
    asked.add(past.id);
    return ToolError.fromShape(storedJson<ErrorShape>(past.error!, 'claw.db'));
  }

  function lose(id: string): ToolError {
    const error = outcomeUnknown(id);
    life.mustHold(() => steps.record(claim, id, { status: 'unknown', result: 'unknown', error: error.toJSON() }));
    return error;
  }

  async function durableBefore(spec: StepSpec): Promise<void> {
    await db.flushed().catch((error: unknown) => {
      throw recordFailure(spec, error);
    });
    if (!life.ending) return;
    // The work has not begun, so nothing is unknown about it.
    if (life.ending !== 'lost')
      life.mustHold(() => steps.record(claim, spec.id, { status: life.ending === 'stopped' ? 'stopped' : 'queued', result: null }));
    life.throwIfOver();
  }

  async function attempt<T>(spec: StepSpec, work: (attempt: Attempt<T>) => Promise<T>, begins: () => void): Promise<T> {
    let committed: { value: T } | undefined;
    const commit = (value: T): void => {
      recordValue(spec.id, value);
      committed = { value };
    };
    try {
      const value = await work({ key: `${claim.id}/${spec.id}`, signal: life.signal, begin: begins, commit });
      if (stands(committed, spec.id)) return committed.value;
      recordValue(spec.id, value);
      return value;
    } catch (error) {
      if (stands(committed, spec.id)) return committed.value;
      throw recordFailure(spec, error);
    }
  }

  /** Whether a commit, made inside someone's transaction, was not rolled back with it. */
  function stands<T>(committed: { value: T } | undefined, id: string): committed is { value: T } {
    return committed !== undefined && !life.isReleased && steps.find(claim.seq, id)?.result === 'value';
  }

  function recordValue(id: string, value: unknown): void {
    const output = jsonOf(value);
    life.mustHold(() => steps.record(claim, id, { status: 'done', result: 'value', output }));
  }

  /** Work that begins itself may have failed before that, or its beginning was rolled back. */
  function mustHaveBegun(spec: StepSpec): void {
    if (spec.beginsItself && !steps.find(claim.seq, spec.id)) begin(spec, undefined);
  }

  function recordFailure(spec: StepSpec, error: unknown): unknown {
    if (life.ending === 'lost' || life.isReleased) return life.signal.reason;
    const known = error instanceof ToolError ? error : internal(spec, error);
    if (waitsForPerson.has(known.code)) asked.add(spec.id);
    db.transaction(() => {
      mustHaveBegun(spec);
      life.mustHold(() => steps.record(claim, spec.id, failureOf(spec, known, life.ending)));
    });
    return life.ending ? life.signal.reason : known;
  }

  function internal({ id, tool }: StepSpec, error: unknown): ToolError {
    if (!life.ending) parts.log.error('step_failed', { runId: claim.id, stepId: id, tool, error });
    return new ToolError('internal', `Step "${id}" failed unexpectedly.`, {
      hint: `The log has the reason, under ${claim.id}.`,
      cause: error,
    });
  }

  return step;
}

const isDecided = (row: StepRow): boolean => row.result !== null;
const isAsking = (row: StepRow): boolean => row.status === 'waiting' && row.error !== null;
const wasCutOff = (row: StepRow): boolean => row.status === 'running' && row.idempotent === 0;

function recalled<T>(row: StepRow, id: string): T {
  if (row.result === 'value') return (row.output === null ? undefined : storedJson(row.output, 'claw.db')) as T;
  if (row.result === 'unknown') throw outcomeUnknown(id);
  throw ToolError.fromShape(storedJson<ErrorShape>(row.error ?? 'null', 'claw.db'));
}

export const outcomeUnknown = (id?: string): ToolError =>
  new ToolError('unknown_outcome', `${id === undefined ? 'The step' : `Step "${id}"`} was cut off; whether it happened is not known.`, {
    hint: 'Look at the result by another way before repeating it.',
  });

/** A person must speak first, so the attempt did not happen. */
const waitsForPerson = new Set<ErrorCode>(['approval_required', 'answer_required']);
/** What an aborted call says of itself; it tells nothing of the effect. */
const tellsNothing = new Set<ErrorCode>(['cancelled', 'timeout', 'unknown_outcome', 'internal']);

function failureOf({ id, idempotent }: StepSpec, error: ToolError, ending: LifeEnd | undefined): StepChange {
  if (waitsForPerson.has(error.code)) return { status: ending === 'stopped' ? 'stopped' : 'waiting', result: null, error: error.toJSON() };
  const isCutOff = ending === 'shutdown' || (ending === 'stopped' && tellsNothing.has(error.code));
  if (isCutOff && idempotent) return { status: ending === 'stopped' ? 'stopped' : 'queued', result: null };
  if (isCutOff) return { status: 'unknown', result: 'unknown', error: outcomeUnknown(id).toJSON() };
  if (error.code === 'unknown_outcome') return { status: 'unknown', result: 'unknown', error: error.toJSON() };
  return { status: 'failed', result: 'error', error: error.toJSON() };
}
