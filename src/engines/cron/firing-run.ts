import type { Clock } from '../../core/clock.ts';
import { ToolError, type ErrorCode } from '../../core/errors.ts';
import type { Caller, Evidence, Taint, Tool, ToolCall } from '../../core/tool.ts';
import { tokensIn } from '../../core/usage.ts';
import type { RunContext, RunStatus } from '../../durable/backend.ts';
import type { Gate } from '../../gate/gate-types.ts';
import type { KeptResult, StepCall } from '../../gate/step-call.ts';
import type { Step } from './job.ts';

/** What a firing is started with: the job as it was then. */
export interface FiringInput {
  firingId: string;
  jobId: string;
  steps: Step[];
  retries: number;
  retryMs: number;
  deadlineMs?: number | undefined;
  tools?: string[] | undefined;
  tokens?: number | undefined;
  folder?: string | undefined;
  taint: Taint;
}

export interface FiringRunParts {
  clock: Clock;
  gate: Pick<Gate, 'verify'>;
  /** Makes a call as a step of the run; where it needs the owner, the run waits for the answer. */
  call: (call: StepCall) => Promise<KeptResult>;
  /** The step's input with what earlier steps found. Throws `denied` where text from outside would become more than data. */
  filled: (call: ToolCall, results: ReadonlyMap<string, KeptResult>) => Record<string, unknown>;
  find: (tool: string) => Tool | undefined;
  /** Numbers in [0, 1). */
  random: () => number;
}

/** How a step went. */
export interface StepOutcome {
  id: string;
  tool: string;
  status: RunStatus;
  summary: string;
}

/** Errors that the same call would meet again, or that are no failure of the call. */
const final = new Set<ErrorCode>([
  'invalid_input',
  'unknown_tool',
  'not_found',
  'denied',
  'conflict',
  'too_large',
  'bad_config',
  'cancelled',
  'unknown_outcome',
]);
const longestPauseMs = 3_600_000;

/** The calls of one firing. */
export class FiringRun {
  private readonly parts: FiringRunParts;
  private readonly run: RunContext;
  private readonly input: FiringInput;
  private readonly caller: Caller;
  private readonly results = new Map<string, KeptResult>();
  private tokens = 0;

  constructor(parts: FiringRunParts, run: RunContext, input: FiringInput) {
    this.parts = parts;
    this.run = run;
    this.input = input;
    this.caller = { kind: 'cron', name: input.jobId, folder: input.folder };
  }

  async outcomes(): Promise<StepOutcome[]> {
    const outcomes: StepOutcome[] = [];
    const endsAt = await this.deadline();
    for (const step of this.input.steps) {
      const outcome = await this.outcomeOf(step, endsAt);
      outcomes.push(outcome);
      if (outcome.status !== 'done') break;
    }
    return outcomes;
  }

  /** Counted from the first attempt, so that a crash does not prolong it. */
  private async deadline(): Promise<number> {
    const { deadlineMs } = this.input;
    if (deadlineMs === undefined) return Infinity;
    const spec = { id: 'deadline', tool: 'cron_history', input: { deadlineMs }, idempotent: true };
    return this.run.step(spec, async () => this.parts.clock.now() + deadlineMs);
  }

  /** Attempts, with growing pauses of which a third is chance, so that jobs that failed together do not come back together. */
  private async outcomeOf(step: Step, endsAt: number): Promise<StepOutcome> {
    const { retries, retryMs } = this.input;
    for (let attempt = 0; ; attempt += 1) {
      const stepId = attempt === 0 ? step.id : `${step.id}-try-${attempt + 1}`;
      try {
        return await this.made(step, stepId, endsAt);
      } catch (error) {
        if (this.run.signal.aborted || !(error instanceof ToolError)) throw error;
        if (attempt >= retries || !this.mayRepeat(step, error) || this.parts.clock.now() >= endsAt) return failed(step, error);
        const pauseMs = Math.min(retryMs * 2 ** attempt, longestPauseMs) * (2 / 3 + this.parts.random() / 3);
        await this.run.sleep(`before ${step.id}-try-${attempt + 2}`, Math.round(pauseMs));
      }
    }
  }

  /** After a timeout a call may have happened, so only what may happen twice is tried again. */
  private mayRepeat({ tool: name }: Step, { code }: ToolError): boolean {
    const tool = this.parts.find(name);
    return !final.has(code) && (code !== 'timeout' || tool?.idempotent === true || tool?.risk === 'read');
  }

  private async made({ id, tool, input: given }: Step, stepId: string, endsAt: number): Promise<StepOutcome> {
    const { run, caller, parts } = this;
    const { tools, tokens = Infinity } = this.input;
    if (tools && !tools.includes(tool)) throw outOfScope(tool);
    if (this.tokens >= tokens) throw tooDear(this.tokens, tokens);
    const leftMs = endsAt - parts.clock.now();
    if (leftMs <= 0) throw tooLate();
    const input = parts.filled({ tool, input: given }, this.results);
    const kept = await parts.call({ run, caller, stepId, tool, input, ...(leftMs < Infinity && { timeoutMs: leftMs }) });
    this.results.set(id, kept);
    this.tokens += tokensIn(kept.output);
    const evidence = await parts.gate.verify(caller, { tool, input, output: kept.output, callId: kept.callId }, { signal: run.signal });
    return this.verified({ id, tool, stepId }, kept, evidence);
  }

  private verified(
    { id, tool, stepId }: { id: string; tool: string; stepId: string },
    kept: KeptResult,
    evidence: Evidence[],
  ): StepOutcome {
    const wrong = evidence.find(({ ok }) => !ok);
    const status = wrong ? 'unverified' : 'done';
    this.run.settle(stepId, { status, evidence });
    return { id, tool, status, summary: wrong ? `Not so: ${wrong.check}. Found: ${wrong.found}` : kept.summary };
  }
}

function failed({ id, tool }: Step, error: ToolError): StepOutcome {
  const status = error.code === 'unknown_outcome' ? 'unknown' : 'failed';
  return { id, tool, status, summary: `${error.message} ${error.hint}`.trim() };
}

const outOfScope = (tool: string): ToolError =>
  new ToolError('denied', `${tool} is not among the job's tools.`, { hint: 'cron_update changes which tools a job may call.' });
const tooDear = (used: number, budget: number): ToolError =>
  new ToolError('too_large', `The firing has used ${used} tokens of ${budget}; nothing more of it is begun.`, {
    hint: 'cron_update changes the budget.',
  });
const tooLate = (): ToolError =>
  new ToolError('timeout', "The firing's deadline has passed.", { hint: 'cron_update gives the job a longer one.' });
