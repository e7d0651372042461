import { ToolError } from '../core/errors.ts';
import { RunEnd, type DurableBackend, type RunContext, type RunHandler } from '../durable/backend.ts';
import type { UndoStack } from '../durable/undo-stack.ts';
import type { Caller, Taint } from '../core/tool.ts';
import type { Gate } from './gate-types.ts';
import type { Taints } from './taint.ts';

export const undoKind = 'undo';

interface UndoInput {
  /** The run, or the single call, to be reversed. */
  scope: string;
  caller: Caller;
  /** What the one who asks has read. */
  taint?: Taint;
}

export interface UndoOutcome {
  undone: number;
  total: number;
  items: { tool: string; ok: boolean; found: string }[];
}

interface UndoParts {
  gate: Gate;
  stack: UndoStack;
  taints: Pick<Taints, 'inherit'>;
}

/**
 * Walks a run's undo stack backwards, each step a gate call and durable like any other. It stops at the
 * first call that cannot be reversed: what lies under it may depend on it.
 */
export function undoHandler({ gate, stack, taints }: UndoParts): RunHandler {
  return async (run) => {
    const { scope, caller, taint } = run.input as UndoInput;
    taints.inherit(run.id, taint);
    const entries = await run.step({ id: 'plan', tool: 'run_undo', input: { scope }, idempotent: true }, async () => stack.ready(scope));
    const items: UndoOutcome['items'] = [];
    for (const entry of entries) {
      const item = await reverse(run, { gate, caller, entry });
      items.push(item);
      // What failed stays on the stack: once what was in its way is gone, it can be tried again.
      if (!item.ok) break;
      stack.markUndone(entry.id);
    }
    const undone = items.filter((item) => item.ok).length;
    return new RunEnd(undone === entries.length ? 'done' : 'failed', { undone, total: entries.length, items } satisfies UndoOutcome);
  };
}

interface Reversal {
  gate: Gate;
  caller: Caller;
  entry: ReturnType<UndoStack['ready']>[number];
}

async function reverse(run: RunContext, reversal: Reversal): Promise<UndoOutcome['items'][number]> {
  const { gate, entry } = reversal;
  const { tool, input, folder } = entry.call;
  const caller = { ...reversal.caller, folder };
  try {
    const output = await run.step({ id: `undo-${entry.id}`, tool, input, idempotent: false }, async (attempt) => {
      const scope = { id: run.id, stepId: `undo-${entry.id}` };
      const commit = (result: { output: unknown }): void => attempt.commit(result.output);
      return (await gate.call(caller, tool, input, { run: scope, key: attempt.key, signal: attempt.signal, undoing: true, commit })).output;
    });
    const evidence = await gate.verify(caller, { tool, input, output, callId: `undo-${entry.id}` }, { signal: run.signal });
    run.settle(`undo-${entry.id}`, { status: 'done', evidence });
    return { tool, ok: evidence.every((probe) => probe.ok), found: evidence.map((probe) => probe.found).join('; ') || 'reversed' };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    if (error.code === 'approval_required') return await afterApproval(run, error, reversal);
    return { tool, ok: false, found: `${error.message} ${error.hint}` };
  }
}

async function afterApproval(run: RunContext, error: ToolError, reversal: Reversal): Promise<UndoOutcome['items'][number]> {
  const question = { text: `Undo by ${reversal.entry.call.tool}?`, approvalId: error.approvalId };
  const answer = await run.waitSignal(`approval:${error.approvalId}`, { question });
  if (answer === 'approve') return reverse(run, reversal);
  const found = answer === 'expired' ? 'Nobody answered in time.' : 'The owner said no.';
  return { tool: reversal.entry.call.tool, ok: false, found };
}

/** Starts the walk and waits for it. */
export async function undo(backend: DurableBackend, input: UndoInput): Promise<{ runId: string }> {
  const runId = await backend.start({ kind: undoKind, input, caller: input.caller.kind });
  await backend.wait(runId, { timeoutMs: 45_000 });
  return { runId };
}
