import type { Taint } from '../../core/tool.ts';
import type { Timing } from './next-time.ts';

export interface Step {
  id: string;
  tool: string;
  /** A value may be a reference to earlier steps of the job. */
  input: Record<string, unknown>;
}

/** What becomes of a firing that is late: of several only the latest runs, each runs, or none. */
export type Misfire = 'once' | 'all' | 'skip';
/** What becomes of a firing whose predecessor is still running. */
export type Overlap = 'skip' | 'queue' | 'cancel' | 'allow';

/** Where a firing's result goes. */
export interface Output {
  file?: string | undefined;
  channel?: string | undefined;
  profile?: string | undefined;
  when: 'always' | 'failure';
}

export interface JobSpec extends Timing {
  name: string;
  steps: Step[];
  misfire: Misfire;
  /** Under `once`: what is later than this is missed. */
  lateByMs: number;
  overlap: Overlap;
  /** Further attempts at a step that failed. */
  retries: number;
  /** Before the first of them; each further one waits twice as long. */
  retryMs: number;
  /** For a whole firing. */
  deadlineMs?: number | undefined;
  /** Failures in a row after which the job is paused; 0 is never. */
  pauseAfter: number;
  /** The only tools that its firings may call. */
  tools?: string[] | undefined;
  /** Tokens of models that one firing may use. */
  tokens?: number | undefined;
  output?: Output | undefined;
  /** Where relative paths start. */
  folder?: string | undefined;
  /** What its maker had read. */
  taint: Taint;
}

export interface Job extends JobSpec {
  id: string;
  createdAt: number;
  nextAt: number | undefined;
  paused: boolean;
  /** Why, where claw itself paused it. */
  pausedBecause: string | undefined;
  /** Failures in a row. */
  failures: number;
}

/** What a job is, without how it is doing. */
export function specIn(job: Job): JobSpec {
  const { id: _id, createdAt: _createdAt, nextAt: _nextAt, paused: _paused, pausedBecause: _because, failures: _failures, ...spec } = job;
  return spec;
}

/** `queued` waits for the one before; `running` includes waiting for a person. */
export type FiringStatus = 'queued' | 'running' | 'ok' | 'failed' | 'missed' | 'skipped' | 'unknown';

export interface Firing {
  id: string;
  jobId: string;
  /** In ms since 1970, as all times here. */
  dueAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  runId: string | undefined;
  status: FiringStatus;
  note: string | undefined;
  /** How many firings the row stands for. */
  count: number;
}
