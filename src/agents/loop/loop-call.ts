import { ToolError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import { riskOf, type Tool } from '../../core/tool.ts';
import { callAsStep, isNo } from '../../gate/step-call.ts';
import type { LoopCall, LoopFloor } from './loop-types.ts';
import { errorText, resultText } from './result-text.ts';

export interface Asked {
  stepId: string;
  tool: Tool;
  input: Record<string, unknown>;
}

export interface Answered {
  call: LoopCall;
  /** For the model. */
  text: string;
  isError: boolean;
}

/** One call through the gate as a step of the run, and the tool's own probes after it. A failure is news for the model. */
export async function callForModel(floor: LoopFloor, { stepId, tool, input }: Asked): Promise<Answered> {
  const told = { stepId, tool: tool.name, input, changes: mayChange(tool, input) };
  try {
    const kept = await callAsStep(floor, { run: floor.run, caller: floor.caller, stepId, tool: tool.name, input, chosen: true });
    const evidence = await evidenceFor(floor, told, kept);
    const isProved = evidence.length > 0 && evidence.every((probe) => probe.ok);
    const call: LoopCall = { ...told, status: isProved ? 'done' : 'unverified', evidence, summary: kept.summary, kept };
    return { call, text: resultText(kept, evidence), isError: false };
  } catch (error) {
    if (floor.run.signal.aborted || !(error instanceof ToolError)) throw error;
    const status = isNo(error) ? 'declined' : error.code === 'unknown_outcome' ? 'unknown' : 'failed';
    if (status === 'unknown') floor.run.settle(stepId, { status, error: error.toJSON() });
    return {
      call: { ...told, status, evidence: [], summary: `${error.message} ${error.hint}`.trim() },
      text: errorText(error),
      isError: true,
    };
  }
}

/** Looked at once: what a later call of the same run has changed again was still there when it was looked at. */
async function evidenceFor(
  { gate, run, caller }: LoopFloor,
  { stepId, tool, input }: Pick<LoopCall, 'stepId' | 'tool' | 'input'>,
  { output, callId }: { output: unknown; callId: string },
): Promise<LoopCall['evidence']> {
  const known = run.evidence(stepId);
  if (known.length > 0) return known;
  const evidence = await gate.verify(caller, { tool, input, output, callId }, { signal: run.signal });
  const isProved = evidence.length > 0 && evidence.every((probe) => probe.ok);
  run.settle(stepId, { status: isProved ? 'done' : 'unverified', evidence });
  return evidence;
}

/** By the arguments where the risk depends on them; what does not even fit the tool's schema changes nothing. */
export function mayChange(tool: Tool, input: unknown): boolean {
  const checked = tool.input.safeParse(input);
  return checked.success && riskOf(tool, checked.data) !== 'read';
}

/** What tells one call and its result from another. */
export const fingerprint = ({ tool, input }: Pick<LoopCall, 'tool' | 'input'>, result: unknown): string =>
  canonicalJson([tool, input, result]);
