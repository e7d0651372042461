import { ToolError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import { mayRepeat, type Caller, type Progress, type Tool } from '../core/tool.ts';
import type { RunContext } from '../durable/backend.ts';
import type { CallResult, Gate } from './gate-types.ts';

export interface StepCallParts {
  gate: Gate;
  find: (tool: string) => Tool | undefined;
}

export interface StepCall {
  run: RunContext;
  caller: Caller;
  /** Unique within the run. */
  stepId: string;
  tool: string;
  input: Record<string, unknown>;
  /** Beside the tool's own deadline. */
  timeoutMs?: number;
  /** A model has chosen it in a conversation; no plan has. */
  chosen?: boolean;
  /** Reverses what the caller's run, or the owner, wants reversed. */
  undoing?: boolean;
  onProgress?: (progress: Progress) => void;
}

/** What a finished step keeps for those that refer to it. */
export interface KeptResult extends Pick<CallResult, 'tool' | 'output' | 'link'> {
  summary: string;
  callId: string;
  /** It has text from outside. */
  untrusted?: boolean;
}

export const declinedText = 'The owner said no.';
export const expiredText = 'Nobody answered in time.';

export const isNo = ({ code, message }: ToolError): boolean => code === 'denied' && (message === declinedText || message === expiredText);

/**
 * A gate call as a step of a run. Where it needs the owner, the run waits, durably, and then makes the same call again.
 * Throws `denied` with one of the two texts above where that was the answer.
 */
export async function callAsStep(parts: StepCallParts, call: StepCall): Promise<KeptResult> {
  const { run, stepId, tool: name, input } = call;
  const tool = parts.find(name);
  const idempotent = tool !== undefined && mayRepeat(tool, input);
  try {
    const spec = { id: stepId, tool: name, input, idempotent, beginsItself: true };
    return await run.step<KeptResult>(spec, ({ key, signal, begin, commit }) =>
      withinTime(signal, call.timeoutMs, async (limited) =>
        keptOf(
          await parts.gate.call(call.caller, name, input, {
            run: { id: run.id, stepId, ...(call.chosen && { chosen: true }) },
            step: { begin, mustBeOnDisk: !idempotent },
            key,
            signal: limited,
            onProgress: call.onProgress,
            undoing: call.undoing,
            commit: (result) => commit(keptOf(result)),
          }),
        ),
      ),
    );
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'approval_required' || error.approvalId === undefined) throw error;
    const question = { text: `${error.message} ${name} ${canonicalJson(input).slice(0, 500)}`, approvalId: error.approvalId };
    const answer = await run.waitSignal(`approval:${error.approvalId}`, { question });
    if (answer === 'approve') return callAsStep(parts, call);
    const text = answer === 'expired' ? expiredText : declinedText;
    const declined = new ToolError('denied', text, { hint: 'It was not done. Ask again when it is wanted.' });
    run.settle(stepId, { status: 'declined', error: declined.toJSON() });
    throw declined;
  }
}

const keptOf = ({ tool, output, summary, callId, link, untrusted }: CallResult): KeptResult => ({
  tool,
  output,
  callId,
  untrusted,
  ...(link && { link }),
  summary: summary ?? JSON.stringify(output).slice(0, 500),
});

async function withinTime<Value>(
  signal: AbortSignal,
  timeoutMs: number | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  if (timeoutMs === undefined) return work(signal);
  const controller = new AbortController();
  const reason = new ToolError('timeout', `The step did not finish within ${timeoutMs / 1_000} s and was ended.`, {
    hint: 'Give the step a longer timeout, or let it do less.',
  });
  const timer = setTimeout(() => controller.abort(reason), Math.min(timeoutMs, longestTimerMs)).unref();
  try {
    return await work(AbortSignal.any([signal, controller.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Node's timers count to 2^31 ms and take more for 1 ms. */
const longestTimerMs = 2 ** 31 - 1;
