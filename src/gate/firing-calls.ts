import { ToolError } from '../core/errors.ts';
import type { Tool, ToolCall } from '../core/tool.ts';
import type { Message } from '../durable/outbox.ts';
import type { Gate } from './gate-types.ts';
import { filledInput, misplacedField } from './references.ts';
import { callAsStep, type KeptResult, type StepCall } from './step-call.ts';

interface Parts {
  gate: Gate;
  find: (tool: string) => Tool | undefined;
}

/** How a scheduled job's calls are made, and the word of them delivered. */
export const firingCalls = (parts: Parts) => ({
  call: (step: StepCall): Promise<KeptResult> => callAsStep(parts, step),
  filled: (call: ToolCall, results: ReadonlyMap<string, KeptResult>) => filled(parts, call, results),
  deliver: (message: Message, signal: AbortSignal) => deliver(parts, message, signal),
});

/** Throws `denied` where text from outside would become more than data. */
function filled({ find }: Parts, call: ToolCall, results: ReadonlyMap<string, KeptResult>): Record<string, unknown> {
  const field = misplacedField(call, { find, results });
  if (field === undefined) return filledInput(call.input as Record<string, unknown>, { find, results });
  throw new ToolError('denied', `Text from outside does not become the ${field} of ${call.tool}.`, {
    hint: 'Say what it is in the job itself, with cron_update.',
  });
}

/** As the job or the workflow that it comes from, and with what that firing had read. */
async function deliver(
  { gate, find }: Parts,
  { key, tool, input, run, job, by = 'cron', folder }: Message,
  signal: AbortSignal,
): Promise<void> {
  if (!find(tool))
    throw new ToolError('unknown_tool', `There is no such channel yet: claw has no ${tool}.`, {
      hint:
        by === 'cron' ? 'cron_update gives the job another output; a file works.' : 'The run itself has ended; run_show has its output.',
    });
  await gate.call({ kind: by, name: job, folder }, tool, input, { run: { id: run, stepId: key }, key, signal });
}
