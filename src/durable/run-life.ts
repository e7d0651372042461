import { ToolError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Question, RunRecord } from './backend.ts';
import { guarded } from './guarded.ts';
import type { Claim, ClaimedRun, RunRows, Shown } from './run-rows.ts';

/** Why a claim ended before its handler did. */
export type LifeEnd = 'stopped' | 'shutdown' | 'lost';

/** Something the handler waits for. */
export interface Wait {
  name: string;
  question: Question | undefined;
  /** Looks again whether it has come. */
  check(): void;
  reject(reason: Error): void;
}

interface LifeParts extends ClaimedRun {
  rows: RunRows;
  log: Log;
  /** Told when what the run shows, or whether it is parked, has changed. */
  onChange: (life: RunLife, wasParked: boolean) => void;
}

/**
 * One claim of a run by this process: what is in flight, what is waited for, and why it ended. Once over it
 * stays over, and whatever its handler does then no longer counts.
 */
export class RunLife {
  readonly claim: Claim;
  readonly run: RunRecord;
  ending: LifeEnd | undefined;
  /** Only waiting: nothing moves until a signal or a timer comes. */
  isParked = false;
  /** Its end is on record, or another process may have the run now: nothing more is written for this life. */
  isReleased = false;
  private readonly rows: RunRows;
  private readonly log: Log;
  private readonly onChange: LifeParts['onChange'];
  private readonly controller = new AbortController();
  private readonly waits = new Set<Wait>();
  private shown: Shown;
  private stepsInFlight = 0;
  private lookIsPlanned = false;
  private drainers: (() => void)[] = [];

  constructor({ claim, run, rows, log, onChange }: LifeParts) {
    this.claim = claim;
    this.run = run;
    this.rows = rows;
    this.log = log;
    this.onChange = onChange;
    this.shown = { status: run.status, ...(run.question && { question: run.question }) };
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get hasStepsInFlight(): boolean {
    return this.stepsInFlight > 0;
  }

  throwIfOver(): void {
    if (this.ending) throw this.controller.signal.reason;
  }

  /** For each write: passes on that the claim held, or ends this life and throws why. */
  mustHold(write: () => boolean): void {
    if (this.isReleased) throw this.controller.signal.reason;
    if (write()) return;
    const row = this.rows.held(this.claim);
    if (row && row.ended_at === null)
      throw new ToolError('conflict', 'This is on record already.', { hint: 'run_show shows what is recorded.' });
    this.end(row ? 'stopped' : 'lost');
    throw this.controller.signal.reason;
  }

  end(reason: LifeEnd): void {
    if (this.ending) return;
    this.ending = reason;
    this.controller.abort(endings[reason](this.claim.id));
    for (const wait of this.waits) wait.reject(this.controller.signal.reason as Error);
    this.waits.clear();
  }

  async inFlight<T>(work: () => Promise<T>): Promise<T> {
    this.stepsInFlight += 1;
    this.lookSoon();
    try {
      return await work();
    } finally {
      this.stepsInFlight -= 1;
      this.lookSoon();
      if (this.stepsInFlight === 0) for (const done of this.drainers.splice(0)) done();
    }
  }

  /** Resolves when no step is in flight. */
  drained(): Promise<void> {
    if (this.stepsInFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.drainers.push(resolve));
  }

  add(wait: Wait): void {
    this.waits.add(wait);
    this.lookSoon();
  }

  remove(wait: Wait): void {
    this.waits.delete(wait);
    this.lookSoon();
  }

  deliver(name: string): void {
    for (const wait of this.waits) if (wait.name === name) wait.check();
  }

  // Not at once: between two steps of one branch there is an instant with nothing in flight.
  private lookSoon(): void {
    if (this.lookIsPlanned || (this.waits.size === 0 && !this.isParked && this.shown.status !== 'waiting')) return;
    this.lookIsPlanned = true;
    setImmediate(() => {
      this.lookIsPlanned = false;
      if (!this.ending && !this.isReleased) guarded(this.log, () => this.look());
    });
  }

  private look(): void {
    const next = this.nextShown();
    const wasParked = this.isParked;
    this.isParked = next.status === 'waiting';
    const isNews = JSON.stringify(next) !== JSON.stringify(this.shown);
    if (isNews && !this.rows.show(this.claim, next)) return;
    this.shown = next;
    if (isNews || wasParked !== this.isParked) this.onChange(this, wasParked);
  }

  private nextShown(): Shown {
    if (this.waits.size === 0 || this.stepsInFlight > 0) return { status: 'running' };
    const [oldest] = this.waits;
    const asking = [...this.waits].find((wait) => wait.question);
    if (!asking?.question) return { status: 'waiting', waitingFor: oldest!.name };
    return { status: 'waiting', question: asking.question, waitingFor: asking.name };
  }
}

const endings: Record<LifeEnd, (id: string) => ToolError> = {
  stopped: (id) =>
    new ToolError('cancelled', `Run ${id} was stopped.`, {
      hint: 'run_show says what it had done; claw undo reverses what can be reversed.',
    }),
  shutdown: (id) =>
    new ToolError('cancelled', `claw is shutting down; run ${id} goes on when it starts again.`, { hint: 'Call run_show later.' }),
  lost: (id) => new ToolError('cancelled', `Another process has taken over run ${id}.`, { hint: 'Call run_show to see how it goes on.' }),
};
