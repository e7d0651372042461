import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { storedJson } from '../core/database-errors.ts';
import { ToolError, type ErrorShape } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Evidence } from '../core/tool.ts';
import type { Alarm } from './alarm.ts';
import { isOpen, RunEnd, type RunContext, type RunHandler, type RunStatus } from './backend.ts';
import { guarded } from './guarded.ts';
import type { Recovery } from './recovery.ts';
import { RunLife, type LifeEnd } from './run-life.ts';
import { runOf, type Claim, type RunRow, type RunRows } from './run-rows.ts';
import { createWaits } from './run-waits.ts';
import { createStep, outcomeUnknown } from './step-attempts.ts';
import type { StepRows } from './step-rows.ts';
import { createSettle } from './step-settlement.ts';
import type { WaitRows } from './wait-rows.ts';

/** How long work may take to end once it was told to; the gate gives its tools 3 s of that. */
const graceMs = 5_000;

/** The runs in this process's hands, and their handlers. */
export interface Conductor {
  launch(claimed: { claim: Claim }): void;
  deliver(runId: string, name: string): void;
  end(runId: string, reason: LifeEnd): void;
  /** Ends what another process has stopped. */
  noticeStops(): void;
  /** Ends what another process has taken, having thought this one dead. */
  noticeLosses(): void;
  /** Tries again to let go of runs whose end could not be written. */
  releaseStrays(): void;
  /** Runs taken over from others that are not yet ended or waiting. */
  resuming(): number;
  idle(): Promise<void>;
  /** Ends everything and lets it go. False where some work did not end in time. */
  close(): Promise<boolean>;
}

export interface ConductorParts {
  db: Db;
  clock: Clock;
  log: Log;
  rows: RunRows;
  steps: StepRows;
  waits: WaitRows;
  alarm: Alarm;
  recovery: Recovery;
  handlers: Map<string, RunHandler>;
  /** A run has ended, or shows something new. */
  onChange: (runId: string) => void;
}

interface End {
  status: RunStatus;
  output?: unknown;
  error?: ErrorShape;
}

export function createConductor(parts: ConductorParts): Conductor {
  const { db, clock, log, rows, steps, recovery, handlers, onChange } = parts;
  const lives = new Map<string, RunLife>();
  const resumed = new Set<string>();
  let moving = 0;
  const strays: Claim[] = [];
  let idlers: (() => void)[] = [];
  let isClosed = false;

  const launch: Conductor['launch'] = ({ claim }) => {
    moving += 1;
    if (claim.epoch > 1) resumed.add(claim.id);
    setImmediate(() => guarded(log, () => begin(claim)));
  };

  function begin(claim: Claim): void {
    const row = isClosed ? undefined : rows.held(claim);
    // Where the transaction that started it was rolled back there is no row, and no run.
    if (!row || row.ended_at !== null) return forget(row);
    const life = new RunLife({ claim, run: runOf(row), rows, log, onChange: onLifeChange });
    lives.set(claim.id, life);
    void conduct(life).finally(() => {
      life.isReleased = true;
      if (lives.get(claim.id) === life) lives.delete(claim.id);
      if (!life.isParked) moving -= 1;
      settled(claim.id);
    });
  }

  function forget(row: RunRow | undefined): void {
    moving -= 1;
    if (row) recovery.closeStopped(row.seq);
    if (row) settled(row.id);
  }

  function onLifeChange(life: RunLife, wasParked: boolean): void {
    if (wasParked !== life.isParked) moving += life.isParked ? -1 : 1;
    if (life.isParked) settled(life.claim.id);
    else onChange(life.claim.id);
  }

  /** Ended or waiting: someone else's turn. */
  function settled(runId: string): void {
    resumed.delete(runId);
    onChange(runId);
    if (moving === 0) for (const done of idlers.splice(0)) done();
  }

  async function conduct(life: RunLife): Promise<void> {
    const end = await endOf(life);
    await life.drained();
    if (life.isReleased) return;
    try {
      if (!life.ending && !rows.finish(life.claim, end)) life.end(rows.held(life.claim) ? 'stopped' : 'lost');
      if (life.ending === 'stopped') db.transaction(() => letGoStopped(life));
    } catch (error) {
      log.error('run_not_recorded', { runId: life.claim.id, error });
      strays.push(life.claim);
    }
  }

  async function endOf(life: RunLife): Promise<End> {
    try {
      const output = await handlers.get(life.run.kind)!(contextOf(life));
      if (!(output instanceof RunEnd)) return { status: 'done', output };
      if (isOpen(output.status)) throw new Error(`A run cannot end ${output.status}.`);
      return { status: output.status, output: output.output };
    } catch (error) {
      return failure(life, error);
    }
  }

  function failure(life: RunLife, error: unknown): End {
    if (error instanceof ToolError) return { status: error.code === 'unknown_outcome' ? 'unknown' : 'failed', error: error.toJSON() };
    const { id } = life.claim;
    if (!life.ending) log.error('run_failed', { runId: id, kind: life.run.kind, error });
    return {
      status: 'failed',
      error: new ToolError('internal', `Run ${id} failed unexpectedly.`, { hint: `The log has the reason, under ${id}.` }).toJSON(),
    };
  }

  function contextOf(life: RunLife): RunContext {
    const { id, input, caller } = life.run;
    let state = life.run.state === undefined ? undefined : JSON.stringify(life.run.state);
    return {
      id,
      input,
      caller,
      signal: life.signal,
      step: createStep({ db, log, steps, life }),
      settle: createSettle({ steps, life }),
      evidence: (stepId) => storedJson<Evidence[]>(steps.find(life.claim.seq, stepId)?.evidence ?? '[]', 'claw.db'),
      ...createWaits({ ...parts, life }),
      setState: (next) => {
        life.throwIfOver();
        const text = JSON.stringify(next);
        if (text === state) return;
        life.mustHold(() => rows.setState(life.claim, next));
        state = text;
      },
    };
  }

  function letGoStopped(life: RunLife): void {
    if (rows.held(life.claim)) recovery.closeStopped(life.claim.seq);
  }

  const end: Conductor['end'] = (runId, reason) => {
    const life = lives.get(runId);
    if (!life || life.ending) return;
    life.end(reason);
    if (reason === 'stopped' && life.hasStepsInFlight) void cutOffLater(life);
  };

  /** Work that does not end is not waited for: what is shown of it is then that nobody knows. */
  async function cutOffLater(life: RunLife): Promise<void> {
    await Promise.race([life.drained(), clock.sleep(graceMs)]);
    if (!life.hasStepsInFlight || life.isReleased) return;
    db.transaction(() => rows.held(life.claim) && steps.cutOff(life.claim.seq, 'stopped', outcomeUnknown().toJSON()));
    onChange(life.claim.id);
  }

  async function close(): Promise<boolean> {
    isClosed = true;
    for (const life of lives.values()) life.end('shutdown');
    const grace = new AbortController();
    await Promise.race([Promise.all([...lives.values()].map((life) => life.drained())), clock.sleep(graceMs, grace.signal)]);
    grace.abort();
    const isClean = [...lives.values()].every((life) => !life.hasStepsInFlight);
    db.transaction(() => {
      for (const life of lives.values()) letGo(life);
      for (const { seq } of rows.stopped()) recovery.closeStopped(seq);
      rows.releaseAll();
    });
    return isClean;
  }

  function letGo(life: RunLife): void {
    life.isReleased = true;
    const row = rows.held(life.claim);
    if (row && row.ended_at === null) steps.cutOff(row.seq, 'queued', outcomeUnknown().toJSON());
  }

  function releaseStrays(): void {
    for (const claim of strays.splice(0)) rows.release(claim);
  }

  return {
    launch,
    end,
    close,
    releaseStrays,
    deliver: (runId, name) => lives.get(runId)?.deliver(name),
    noticeStops: () => {
      for (const { id } of rows.stopped()) end(id, 'stopped');
    },
    noticeLosses: () => {
      for (const life of lives.values()) if (!rows.held(life.claim)) life.end('lost');
    },
    resuming: () => resumed.size,
    idle: () => (moving === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  };
}
