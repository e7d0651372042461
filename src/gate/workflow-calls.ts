import { ToolError } from '../core/errors.ts';
import { callHash } from '../core/json.ts';
import type { Evidence, Tool } from '../core/tool.ts';
import type { DurableBackend } from '../durable/backend.ts';
import type { Message } from '../durable/outbox.ts';
import type { UndoStack } from '../durable/undo-stack.ts';
import type { PeopleQuestion, WorkflowParts } from '../engines/workflow/workflow-parts.ts';
import type { Approvals } from './approvals/approvals.ts';
import type { Gate } from './gate-types.ts';
import { callAsStep, declinedText, expiredText, isNo } from './step-call.ts';
import type { Taints } from './taint.ts';

interface Parts {
  gate: Gate;
  backend: DurableBackend;
  approvals: Pick<Approvals, 'request' | 'use'>;
  taints: Pick<Taints, 'fix' | 'inherit' | 'of'>;
  undo: UndoStack;
  send: (message: Message) => void;
  find: (tool: string) => Tool | undefined;
}

/** What the workflow engine may do: calls through the gate, and questions at the approval desk. */
export function workflowParts({ gate, backend, approvals, taints, undo, send, find }: Parts): WorkflowParts {
  return {
    find,
    isNo,
    call: (call) => callAsStep({ gate, find }, call),
    verify: async ({ caller, tool, input, run }, { output, callId }): Promise<Evidence[]> =>
      hasProbes(find(tool)) ? gate.verify(caller, { tool, input, output, callId }, { signal: run.signal }) : [],
    preview: (caller, { tool, input }) => gate.preview(caller, tool, input),
    ask: (question) => askPeople(question, { approvals, taints }),
    fix: (runId, calls) => taints.fix(runId, calls),
    inherit: (runId, taint) => taints.inherit(runId, taint),
    past: async (runId) => (await backend.steps(runId)).map(({ id, output, endedAt }) => ({ id, output, endedAt })),
    waysBack: (runId) => undo.ready(runId).flatMap(({ id, step, call }) => (step === null ? [] : [{ ...call, id, step }])),
    takenBack: (id) => undo.markUndone(id),
    notify: ({ key, run, workflow, profile, text }) =>
      send({ key, scope: run, run, job: workflow, by: 'workflow', tool: 'message_notify', input: { profile, text } }),
  };
}

/** A write without probes has nothing to show for it, so nobody looks. */
const hasProbes = (tool: Tool | undefined): boolean =>
  tool?.verify !== undefined || tool?.risk === 'read' || typeof tool?.risk === 'function';

/** A row at the approval desk, and the run waits for its signal: through restarts, until it is answered or expires. */
async function askPeople(
  asked: PeopleQuestion,
  { approvals, taints }: { approvals: Parts['approvals']; taints: Pick<Taints, 'of'> },
): Promise<unknown> {
  const { run, caller, stepId, workflow, message, approvers: quorum, notSelf, expiresMs: lifetimeMs } = asked;
  const input = { workflow, step: stepId, message };
  const tool = 'workflow_run';
  const question = { tool, input, hash: callHash(tool, { run: run.id, ...input }), caller, run: { id: run.id, stepId }, quorum, notSelf };
  const approvalId = await run.step<string>({ id: stepId, tool, input, idempotent: true }, async () =>
    approvals.request({ ...question, risk: 'write', reason: message, taint: taints.of(run.id), lifetimeMs }),
  );
  run.settle(stepId, { status: 'waiting' });
  const answer = await run.waitSignal(`approval:${approvalId}`, { question: { text: message, approvalId } });
  // The yes is spent, so that it does not lapse later as one that nobody used.
  if (answer === 'approve') {
    approvals.use(question);
    run.settle(stepId, { status: 'done' });
  } else run.settle(stepId, { status: 'declined', error: refusal(answer === 'expired' ? expiredText : declinedText).toJSON() });
  return answer;
}

const refusal = (text: string): ToolError => new ToolError('denied', text, { hint: 'Run the workflow again when it is wanted.' });
