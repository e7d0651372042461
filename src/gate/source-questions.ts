import { ToolError } from '../core/errors.ts';
import type { Caller, Tool } from '../core/tool.ts';
import { isOpen, type DurableBackend, type RunHandler } from '../durable/backend.ts';
import type { QuestionDesk } from '../engines/sources/owner-questions.ts';
import type { Approvals } from './approvals/approvals.ts';
import type { Gate } from './gate-types.ts';
import { callAsStep, expiredText, isNo } from './step-call.ts';

/** Runs that ask whether what an MCP server offers now may be called. */
export const sourceKind = 'source';

const patienceMs = 20_000;

interface DeskParts {
  backend: DurableBackend;
  approvals: Pick<Approvals, 'get'>;
}

export function createQuestionDesk({ backend, approvals }: DeskParts): QuestionDesk {
  return {
    ask: async (runId, question) => {
      await backend.start({ kind: sourceKind, input: question, caller: 'mcp', id: runId });
      await backend.wait(runId, { timeoutMs: patienceMs });
    },
    look: async (runId) => {
      const run = await backend.get(runId);
      const approvalId = run?.question?.approvalId;
      if (!run || !isOpen(run.status)) return { state: 'over' };
      if (approvalId !== undefined && approvals.get(approvalId)?.status === 'waiting') return { state: 'waiting', approvalId };
      return { state: 'answered' };
    },
    carriedOut: async (runId) => void (await backend.wait(runId, { timeoutMs: patienceMs, throughWaiting: true })),
    tell: async ({ run, approval }, answer) => {
      await backend.signal(run, `approval:${approval}`, answer);
      await backend.adopt(run);
    },
  };
}

interface HandlerParts {
  gate: Gate;
  find: (tool: string) => Tool | undefined;
  answered: (runId: string, answer: string) => Promise<void>;
}

/**
 * Makes the call that approves; as it is not the owner who makes it, it waits for him like any other. Those who wait with it hear
 * how it ended: where it failed for another reason than a no, they look again.
 */
export function sourceQuestion({ gate, find, answered }: HandlerParts): RunHandler {
  return async (run) => {
    const input = run.input as { name: string; hash: string };
    const caller: Caller = { kind: 'mcp', name: `the server ${input.name}` };
    try {
      const { output } = await callAsStep({ gate, find }, { run, caller, stepId: 'approve', tool: 'source_approve', input });
      await answered(run.id, 'approve');
      return output;
    } catch (error) {
      if (run.signal.aborted || !(error instanceof ToolError)) throw error;
      await answered(run.id, isNo(error) ? (error.message === expiredText ? 'expired' : 'deny') : 'approve');
      throw error;
    }
  };
}
