import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import type { Caller } from '../../core/tool.ts';
import type { RunContext } from '../../durable/backend.ts';
import { replyAsStep } from '../loop/model-step.ts';
import { fenced } from '../loop/result-text.ts';
import { jsonIn } from '../models/loose-json.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import { promptText } from '../prompt-text.ts';

/** One call as claw recorded it. Nobody's account of it is a part of this. */
export interface RecordedCall {
  tool: string;
  input: unknown;
  status: string;
  evidence: { check: string; ok: boolean; found: string }[];
  output: unknown;
}

interface Asked {
  /** `verify-1`: the step. */
  id: string;
  request: string;
  calls: RecordedCall[];
  run: RunContext;
  caller: Caller;
  models: Pick<ModelDesk, 'reply'>;
}

const form = z.object({ holds: z.boolean(), missing: z.array(z.string().max(500)).max(8).default([]) });
const verifyingMs = 120_000;
const longestOutput = 1_500;

/**
 * What another role misses in the record; empty where nothing. It can only lower a verdict: where it does not answer, or not in the
 * form asked for, nothing is changed by it.
 */
export async function missedByVerifier({ id, request, calls, run, caller, models }: Asked): Promise<string[]> {
  const record = calls.map((call, index) => recordOf(call, `${run.id}-${index + 1}`)).join('\n\n');
  const text = `The request:\n<request>\n${request}\n</request>\n\nclaw's record:\n${record || 'No call was made.'}`;
  const asked = { system: promptText('verifier'), messages: [{ role: 'user' as const, text }], maxTokens: 1_000 };
  try {
    const told = { task: { id, role: 'verifier' as const }, round: 1, request: asked, spentMs: 0, leftMs: verifyingMs };
    const judged = form.safeParse(jsonIn((await replyAsStep({ run, caller, models }, told)).text));
    if (!judged.success || judged.data.holds) return [];
    return judged.data.missing.length > 0 ? judged.data.missing : ['The verifier does not see the request carried out.'];
  } catch (error) {
    if (run.signal.aborted || !(error instanceof ToolError)) throw error;
    return [];
  }
}

const recordOf = ({ tool, input, status, evidence, output }: RecordedCall, id: string): string =>
  [
    `${tool} ${JSON.stringify(input).slice(0, 1_000)}: ${status}`,
    ...evidence.map(({ check, ok, found }) => `claw checked: ${check}: ${ok ? 'yes' : 'no'} (${found})`),
    fenced(tool, (JSON.stringify(output) ?? '').slice(0, longestOutput), id),
  ].join('\n');
