import type { Evidence } from '../core/tool.ts';
import type { ErrorShape } from '../core/errors.ts';

/** `unverified`: carried out but not proved. `declined`: a person said no. */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'done' | 'unverified' | 'failed' | 'unknown' | 'stopped' | 'declined';
export type StepStatus = RunStatus | 'skipped';

export const openStatuses: RunStatus[] = ['queued', 'running', 'waiting'];
export const isOpen = (status: RunStatus): boolean => openStatuses.includes(status);

export interface RunRecord {
  id: string;
  kind: string;
  status: RunStatus;
  input: unknown;
  output?: unknown;
  error?: ErrorShape;
  /** What the run asks its owner while it waits: shown by run_show, answered by run_answer. */
  question?: Question;
  createdAt: number;
  endedAt?: number;
  caller: string;
  /** Whatever the kind wants to show before it ends, such as a plan; replaced as a whole. */
  state?: unknown;
}

export interface Question {
  text: string;
  /** Tells one question of a run from the next: its answer is the signal `answer:<key>`. */
  key?: string;
  /** Approval that settles it, when the question is one. */
  approvalId?: string;
  /** Fields of a plan that need a value. */
  missing?: { task: string; field: string; question: string }[];
}

export interface StepRecord {
  runId: string;
  id: string;
  tool: string;
  input: unknown;
  status: StepStatus;
  output?: unknown;
  error?: ErrorShape;
  evidence: Evidence[];
  attempts: number;
  startedAt?: number;
  endedAt?: number;
}

/** For a moment a run that was stopped has steps that are being ended: nobody knows yet what came of them. */
export const shownStatus = (run: RunRecord, { status }: StepRecord): StepStatus =>
  status === 'running' && !isOpen(run.status) ? 'unknown' : status;

export interface RunSpec {
  kind: string;
  input: unknown;
  caller: string;
  id?: string;
  /** Runs of one queue start in order of creation, at most `concurrency` at a time (see `queue`). */
  queue?: string;
  /** Another start with the same key returns the first run. */
  key?: string;
  /** The run whose step starts this one: stopping that stops this too. Where that has ended the start is `cancelled`. */
  parent?: string;
}

export interface StepSpec {
  /** Unique within the run and the same on every replay. */
  id: string;
  tool: string;
  input: unknown;
  /** An interrupted attempt may be repeated with the same key. Otherwise it ends `unknown`. */
  idempotent: boolean;
  /** The work calls `Attempt.begin` itself, and for a step that is not idempotent waits for the disk before any effect. */
  beginsItself?: boolean;
}

/** One attempt at a step. */
export interface Attempt<T> {
  /** Constant over the attempts of this step. */
  key: string;
  signal: AbortSignal;
  /** For work that begins itself: puts the step on record, in the transaction of the caller. */
  begin(): void;
  /**
   * Records the result. May be called inside the transaction that records the effect, so that both
   * are there or neither; without it the returned value is recorded on return.
   */
  commit(value: T): void;
}

/** What a run's handler sees. It is replayed from the top after a crash: finished steps return their recorded result. */
export interface RunContext {
  readonly id: string;
  readonly input: unknown;
  readonly caller: string;
  /** Aborted by stop, shutdown, or the loss of this run to another process. */
  readonly signal: AbortSignal;
  /**
   * Runs `work` once and remembers its result or its error. Throws ToolError `unknown_outcome` for a
   * step that was in flight, is not idempotent, and was cut off; `settle` may give it a result later.
   * `approval_required` and `answer_required` are no result: after the answer the same step is tried again,
   * with the same key; until then a replay throws the same question once before it tries. Outputs are JSON: what that has no word for is gone on replay.
   */
  step<T>(spec: StepSpec, work: (attempt: Attempt<T>) => Promise<T>): Promise<T>;
  /** Changes what is shown of a step that was begun; for `unknown` and `waiting`, also what a replay returns. `not_found` for any other. */
  settle(stepId: string, change: { status: StepStatus; evidence?: Evidence[]; output?: unknown; error?: ErrorShape }): void;
  /** What `settle` has put on record of a step; empty where it has not been looked at. A replay need not look again. */
  evidence(stepId: string): Evidence[];
  /**
   * The value of a signal, sent before or after. While nothing has come and no step is in flight, the run is
   * `waiting`; of several questions the oldest is shown. Throws `timeout` when nothing came in time, and then
   * on every replay too.
   */
  waitSignal(name: string, options?: { question?: Question; timeoutMs?: number }): Promise<unknown>;
  /** A durable pause: after a crash only the rest is waited. */
  sleep(id: string, ms: number): Promise<void>;
  /** Replaces `RunRecord.state`. */
  setState(state: unknown): void;
}

/** How a run ended. Returning plain output means `done`. */
export class RunEnd {
  readonly status: RunStatus;
  readonly output: unknown;
  constructor(status: RunStatus, output: unknown) {
    this.status = status;
    this.output = output;
  }
}

export type RunHandler = (run: RunContext) => Promise<unknown>;

export interface RunFilter {
  status?: RunStatus;
  kind?: string;
  limit: number;
  cursor?: string;
}

/**
 * Runs of memoised steps that survive kill -9. "Exactly once" here means: no committed step repeats,
 * keyed effects happen once, unkeyed in-flight effects are reported as unknown.
 */
export interface DurableBackend {
  /** Before `open`. Runs of kinds that a process does not know are left to others. */
  register(kind: string, handler: RunHandler): void;
  queue(name: string, options: { concurrency: number }): void;
  /**
   * Joins as a worker. With `recover`, also campaigns for the lease and takes over runs of dead workers.
   * Without, it only passes by: it takes nobody else's runs out of a queue while someone stays.
   */
  open(options: { recover: boolean }): Promise<void>;
  /** Returns at once with the run's id; it is on record before, in the caller's transaction if there is one. */
  start(spec: RunSpec): Promise<string>;
  /** Resolves when the run has ended or waits for a person; at the deadline with whatever it is then. */
  wait(id: string, options: { timeoutMs: number; signal?: AbortSignal; throughWaiting?: boolean }): Promise<RunRecord>;
  get(id: string): Promise<RunRecord | undefined>;
  list(filter: RunFilter): Promise<{ items: RunRecord[]; nextCursor?: string }>;
  steps(id: string): Promise<StepRecord[]>;
  /**
   * Kept until the run asks for it; the first value for a name wins, and one for a run that has ended is
   * dropped. On record before the promise is returned, in the caller's transaction if there is one.
   */
  signal(id: string, name: string, value: unknown): Promise<void>;
  /** Nothing of the run, nor of those that it has started, starts any more; their signals are aborted. False where it had ended. */
  stop(id: string, by: string): Promise<boolean>;
  /** The same for every open run but one; returns what they were. On record before it returns, in the caller's transaction if there is one. */
  stopAll(by: string, options: { except: string | undefined }): RunRecord[];
  /** Takes a run whose worker is gone, and goes on with it here. False where it is in good hands. */
  adopt(id: string): Promise<boolean>;
  /** True while this process holds the lease for timers and pollers. */
  isLeader(): boolean;
  /** Whether a process that is alive holds it. */
  isAttended(): boolean;
  onLeadership(listener: (leading: boolean) => void): void;
  /** Resolves when no run of this process is running (waiting ones do not count). */
  idle(): Promise<void>;
  /**
   * Tells all work to end, waits some seconds for it, and lets go of everything; open runs stay on record
   * for the next process, and what did not end in time follows the rule for crashes.
   */
  close(): Promise<void>;
}
