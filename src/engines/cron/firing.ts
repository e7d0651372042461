import { ToolError } from '../../core/errors.ts';
import type { Caller, Taint, Tool } from '../../core/tool.ts';
import type { RunContext, RunHandler } from '../../durable/backend.ts';
import type { CallResult, Gate } from '../../gate/gate-types.ts';
import type { Taints } from '../../gate/taint.ts';
import type { Step } from './job-rows.ts';

interface FiringParts {
  gate: Gate;
  taints: Pick<Taints, 'inherit'>;
  find: (tool: string) => Tool | undefined;
}

interface FiringInput {
  jobId: string;
  steps: Step[];
  folder?: string;
  taint: Taint;
}

interface Found {
  summary: string;
}

/** Makes a job's calls one after the other, each a step of the run; the first that fails ends it. */
export function firingHandler({ gate, taints, find }: FiringParts): RunHandler {
  return async (run) => {
    const { jobId, steps, folder, taint } = run.input as FiringInput;
    taints.inherit(run.id, taint);
    const caller: Caller = { kind: 'cron', name: jobId, folder };
    const found = new Map<string, Found>();
    for (const [index, step] of steps.entries()) {
      const id = step.id ?? `step-${index + 1}`;
      const filled = { ...step, id, input: resolved(step.input, found) };
      found.set(id, await call(run, filled, { gate, caller, find }));
    }
    return { summary: [...found.values()].map(({ summary }) => summary).join('\n') };
  };
}

interface Making extends Pick<FiringParts, 'gate' | 'find'> {
  caller: Caller;
}

/** Where the call needs the owner, the run waits, durably, and then makes the same call again. */
async function call(run: RunContext, step: Step & { id: string }, making: Making): Promise<Found> {
  const { gate, caller, find } = making;
  const { id, tool, input } = step;
  const known = find(tool);
  const idempotent = known?.idempotent === true || known?.risk === 'read';
  const keep = ({ summary, output }: CallResult): Found => ({ summary: summary ?? JSON.stringify(output).slice(0, 500) });
  try {
    return await run.step<Found>({ id, tool, input, idempotent }, async ({ key, signal, commit }) => {
      const scope = { id: run.id, stepId: id };
      return keep(await gate.call(caller, tool, input, { run: scope, key, signal, commit: (result) => commit(keep(result)) }));
    });
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'approval_required' || error.approvalId === undefined) throw error;
    const question = { text: `A scheduled job wants to call ${tool}.`, approvalId: error.approvalId };
    const answer = await run.waitSignal(`approval:${error.approvalId}`, { question });
    if (answer === 'approve') return call(run, step, making);
    throw new ToolError('denied', 'Nobody said yes.', { hint: 'It was not done; the job goes on with its next firing.' });
  }
}

const resolved = (input: Record<string, unknown>, found: Map<string, Found>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(input).map(([field, value]) => {
      const from = sourceOf(value);
      return [field, from === undefined ? value : found.get(from)?.summary];
    }),
  );

/** The step that a value refers to. */
export const sourceOf = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && '$from' in value && typeof value.$from === 'string' ? value.$from : undefined;
