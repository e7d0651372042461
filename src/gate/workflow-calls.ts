import { ToolError } from '../core/errors.ts';
import { callHash } from '../core/json.ts';
import type { Evidence, Tool } from '../core/tool.ts';
import type { DurableBackend } from '../durable/backend.ts';
import type { PeopleQuestion, WorkflowParts } from '../engines/workflow/workflow-parts.ts';
import type { Approvals } from './approvals/approvals.ts';
import type { Gate } from './gate-types.ts';
import { callAsStep } from './step-call.ts';
import type { Taints } from './taint.ts';

interface Parts {
  gate: Gate;
  backend: DurableBackend;
  approvals: Pick<Approvals, 'request'>;
  taints: Pick<Taints, 'inherit' | 'of'>;
  find: (tool: string) => Tool | undefined;
}

/** What the workflow engine may do: calls through the gate, and questions at the approval desk. */
export function workflowParts({ gate, backend, approvals, taints, find }: Parts): WorkflowParts {
  return {
    isTool: (name) => find(name) !== undefined,
    dataFields: (tool) => find(tool)?.dataFields ?? [],
    call: (call) => callAsStep({ gate, find }, call),
    verify: ({ caller, tool, input, run }, { output, callId }): Promise<Evidence[]> =>
      gate.verify(caller, { tool, input, output, callId }, { signal: run.signal }),
    ask: (question) => askPeople(question, { approvals, taints }),
    inherit: (runId, taint) => taints.inherit(runId, taint),
    ended: async (runId) =>
      (await backend.steps(runId))
        .filter(({ endedAt }) => endedAt !== undefined)
        .toSorted((a, b) => a.endedAt! - b.endedAt!)
        .map(({ id }) => id),
  };
}

/** A row at the approval desk, and the run waits for its signal: through restarts, until it is answered or expires. */
async function askPeople(asked: PeopleQuestion, { approvals, taints }: Pick<Parts, 'approvals' | 'taints'>): Promise<unknown> {
  const { run, caller, stepId, workflow, message, approvers: quorum, notSelf, expiresMs: lifetimeMs } = asked;
  const input = { workflow, step: stepId, message };
  const tool = 'workflow_run';
  const approvalId = await run.step<string>({ id: stepId, tool, input, idempotent: true }, async () => {
    const shown = { tool, input, hash: callHash(tool, { run: run.id, ...input }), caller, run: { id: run.id, stepId } };
    const rules = { risk: 'write' as const, reason: message, taint: taints.of(run.id), quorum, notSelf, lifetimeMs };
    return approvals.request({ ...shown, ...rules });
  });
  const answer = await run.waitSignal(`approval:${approvalId}`, { question: { text: message, approvalId } });
  const isYes = answer === 'approve';
  const refusal = new ToolError('denied', answer === 'expired' ? 'Nobody answered in time.' : 'The answer was no.');
  if (!isYes) run.settle(stepId, { status: 'declined', error: refusal.toJSON() });
  return answer;
}
