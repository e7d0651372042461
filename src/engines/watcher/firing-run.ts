import { ToolError, type ErrorShape } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import type { Caller, Evidence, Tool, ToolCall } from '../../core/tool.ts';
import { RunEnd, type RunContext, type RunHandler, type RunStatus } from '../../durable/backend.ts';
import type { CallResult, Gate } from '../../gate/gate-types.ts';
import type { Taints } from '../../gate/taint.ts';
import type { Origins } from '../files/origins.ts';
import { afterCutOff } from './cut-off.ts';
import { contentHash, isSame, lookAt } from './look-at-file.ts';
import type { OwnWrites } from './own-writes.ts';
import type { Firing } from './sightings.ts';
import { filled, type Occurrence } from './template.ts';

export interface FiringParts {
  gate: Pick<Gate, 'call' | 'verify'>;
  find: (tool: string) => Tool | undefined;
  taints: Pick<Taints, 'fix' | 'mark'>;
  origins: () => Pick<Origins, 'trusts'>;
  ownWrites: OwnWrites;
}

interface StepOutcome {
  tool: string;
  status: RunStatus;
  summary: string;
}

/** A run of a rule: its calls one after the other, as far as they succeed. A file's name counts as text from outside. */
export function firingHandler(parts: FiringParts): RunHandler {
  return async (run) => {
    const { rule, file, steps } = run.input as Firing;
    const calls = steps.map((step) => filled(step, file));
    parts.taints.fix(run.id, calls);
    if (!parts.origins().trusts({ path: file.path })) parts.taints.mark(run.id, { readsUntrusted: true });
    const outcomes: StepOutcome[] = [];
    for (const [index, call] of calls.entries()) {
      const step = new Step({ ...parts, run, file, caller: { kind: 'watcher', name: rule }, call, id: `step-${index + 1}` });
      const outcome = await step.outcome();
      outcomes.push(outcome);
      if (outcome.status !== 'done' && outcome.status !== 'unverified') break;
    }
    const last = outcomes.at(-1)!;
    const status = outcomes.every((one) => one.status === 'done') ? 'done' : last.status === 'done' ? 'unverified' : last.status;
    return new RunEnd(status, { summary: `${rule}: ${file.event} ${file.path}. ${last.summary}`, steps: outcomes });
  };
}

interface StepParts extends FiringParts {
  run: RunContext;
  file: Occurrence;
  caller: Caller;
  call: ToolCall;
  id: string;
}

interface Kept extends Pick<CallResult, 'output' | 'callId'> {
  summary: string;
  /** Of a step that was cut off: what was found by looking. */
  found?: Evidence[];
}

const mostAttempts = 10;

class Step {
  private readonly parts: StepParts;

  constructor(parts: StepParts) {
    this.parts = parts;
  }

  async outcome(): Promise<StepOutcome> {
    const { run } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      const id = attempt === 1 ? this.parts.id : `${this.parts.id}-again-${attempt}`;
      try {
        return await this.made(id);
      } catch (error) {
        if (run.signal.aborted || !(error instanceof ToolError)) throw error;
        const found = error.code === 'unknown_outcome' ? await this.foundAfter(id, error) : 'unknown';
        if (found === 'done') return this.made(id);
        if (found === 'unknown' || attempt === mostAttempts) return this.failed(id, error);
      }
    }
  }

  /** Looks once at what came of a step that was cut off; a replay keeps to what was found then. */
  private async foundAfter(id: string, error: ToolError): Promise<'done' | 'not begun' | 'unknown'> {
    const { run, call, file } = this.parts;
    if (error.message === notBegun.message) return 'not begun';
    const found = await afterCutOff(call, file);
    if (found === 'done')
      run.settle(id, { status: 'done', output: { output: null, callId: '', summary: inPlaceText, found: [inPlace] } satisfies Kept });
    if (found === 'not begun') run.settle(id, { status: 'stopped', error: notBegun });
    return found;
  }

  private async made(id: string): Promise<StepOutcome> {
    const { run, call, caller, gate } = this.parts;
    const { output, callId, summary, found } = await this.called(id);
    const evidence = found ?? (await gate.verify(caller, { ...call, output, callId }, { signal: run.signal }));
    const status = evidence.every(({ ok }) => ok) ? 'done' : 'unverified';
    run.settle(id, { status, evidence });
    return { tool: call.tool, status, summary };
  }

  private failed(id: string, error: ToolError): StepOutcome {
    const status = error.code === 'unknown_outcome' ? 'unknown' : error instanceof Declined ? 'declined' : 'failed';
    if (status !== 'failed') this.parts.run.settle(id, { status, error: error.toJSON() });
    return { tool: this.parts.call.tool, status, summary: `${error.message} ${error.hint}`.trim() };
  }

  /** Where it needs the owner, the run waits, durably, and then makes the same call again. */
  private async called(id: string): Promise<Kept> {
    const { run, call, find } = this.parts;
    const { tool, input } = call;
    const known = find(tool);
    const idempotent = known !== undefined && (known.idempotent === true || known.risk === 'read');
    try {
      return await run.step<Kept>({ id, tool, input, idempotent }, (attempt) => this.noticed(() => this.gateCall(id, attempt)));
    } catch (error) {
      if (!(error instanceof ToolError) || error.code !== 'approval_required' || error.approvalId === undefined) throw error;
      const question = { text: `${error.message} ${tool} ${canonicalJson(input).slice(0, 500)}`, approvalId: error.approvalId };
      const answer = await run.waitSignal(`approval:${error.approvalId}`, { question });
      if (answer === 'approve') return this.called(id);
      throw new Declined(answer === 'expired' ? 'Nobody answered in time.' : 'The owner said no.');
    }
  }

  private async gateCall(id: string, { key, signal, commit }: Parameters<Parameters<RunContext['step']>[1]>[0]): Promise<Kept> {
    const { run, call, caller } = this.parts;
    const keep = ({ output, callId, summary }: CallResult): Kept => ({
      output,
      callId,
      summary: summary ?? JSON.stringify(output).slice(0, 500),
    });
    const options = { run: { id: run.id, stepId: id }, key, signal, commit: (result: CallResult) => commit(keep(result)) };
    return keep(await this.parts.gate.call(caller, call.tool, call.input, options));
  }

  /** What the call does to the file itself is the rule's own work. */
  private async noticed<Value>(work: () => Promise<Value>): Promise<Value> {
    const { file, ownWrites } = this.parts;
    const before = await lookAt(file.path);
    const value = await work();
    const after = await lookAt(file.path);
    if (before && !after) await ownWrites.record(file.path, undefined);
    if (before && after && !isSame(before, after)) await ownWrites.record(file.path, await contentHash(file.path));
    return value;
  }
}

const notBegun: ErrorShape = {
  code: 'unknown_outcome',
  message: 'The process ended before it had begun.',
  hint: 'The next step makes the call again.',
};
const inPlaceText = 'It had happened when the process ended.';
const inPlace: Evidence = { check: 'the file is where it was to go', ok: true, found: 'the same content' };

class Declined extends ToolError {
  constructor(message: string) {
    super('denied', message, { hint: 'It was not done.' });
  }
}
