import { isoTime } from '../core/clock.ts';
import { ToolError, type ErrorShape } from '../core/errors.ts';
import type { Caller, Evidence, Taint, ToolCall } from '../core/tool.ts';
import { usageOf } from '../core/usage.ts';
import {
  isOpen,
  shownStatus,
  type DurableBackend,
  type RunRecord,
  type RunStatus,
  type StepRecord,
  type StepStatus,
} from '../durable/backend.ts';
import type { UndoStack } from '../durable/undo-stack.ts';
import type { Approvals } from './approvals/approvals.ts';
import type { Taints } from './taint.ts';
import { undo, type UndoOutcome } from './undo.ts';

export interface RunView {
  id: string;
  kind: string;
  status: RunStatus;
  createdAt: string;
  endedAt?: string;
  caller: string;
  input: unknown;
  output?: unknown;
  error?: ErrorShape;
  question?: string;
  steps: StepView[];
  /** Ids, newest first. */
  approvals: string[];
  usage: { calls: number; tokens: number };
  /** Calls that claw undo could still reverse. */
  undoable: number;
}

export interface StepView {
  id: string;
  tool: string;
  input: unknown;
  status: StepStatus;
  output?: unknown;
  error?: ErrorShape;
  evidence: Evidence[];
}

/** What the run_* tools offer: runs as people and clients see them. */
export interface RunDesk {
  list(filter: {
    status?: RunStatus;
    kind?: string;
    limit: number;
    cursor?: string;
  }): Promise<{ items: Omit<RunView, 'steps' | 'approvals' | 'usage' | 'undoable' | 'output' | 'error'>[]; nextCursor?: string }>;
  show(id: string): Promise<RunView>;
  wait(id: string, options: { timeoutMs: number; signal: AbortSignal }): Promise<RunView>;
  /**
   * The run hears with the answer what the one who gives it has read. Throws `denied` where that is neither the owner nor
   * of the kind that started it: an answer may be a whole new request, and the run acts for whoever started it.
   */
  answer(id: string, answer: string, by: { caller: Caller; taint: Taint }): Promise<RunView>;
  stop(id: string, by: Caller): Promise<RunView>;
  /** The calls that `undo` would make, in order. */
  reversals(id: string, by: Caller): Promise<ToolCall[]>;
  /** `id` is a run's or a single call's, or `last`: of the owner the latest change, of others the latest that their kind has made. */
  undo(id: string, by: { caller: Caller; taint: Taint }): Promise<UndoOutcome & { runId: string; status: RunStatus; question?: string }>;
}

export interface RunDeskParts {
  backend: DurableBackend;
  approvals: Approvals;
  stack: UndoStack;
  taints: Pick<Taints, 'inherit'>;
  /** Who has made a call, by the audit: `kind` or `kind:name`. */
  callerOf: (callId: string) => string | undefined;
}

/** How far back `last` is looked for. */
const mostLooked = 100;

export function createRunDesk({ backend, approvals, stack, taints, callerOf }: RunDeskParts): RunDesk {
  const find = async (id: string): Promise<RunRecord> => {
    const run = await backend.get(id);
    if (!run) throw new ToolError('not_found', `No run "${id}".`, { hint: 'Call run_list to see the ids.' });
    return run;
  };
  const show: RunDesk['show'] = async (id) => {
    const run = await find(id);
    const steps = await backend.steps(id);
    const asked = approvals.list({ runId: id, limit: 200 });
    return {
      ...viewOf(run),
      ...(run.output !== undefined && { output: run.output }),
      ...(run.error && { error: run.error }),
      steps: steps.map((step) => stepView(run, step)),
      approvals: asked.map((approval) => approval.id),
      usage: usageOf(steps),
      undoable: stack.ready(id).length,
    };
  };
  const scopeOf = async (id: string, by: Caller): Promise<string> => {
    if (id !== 'last') return id;
    for (const scope of stack.recent(mostLooked)) {
      const made = (await backend.get(scope))?.caller ?? callerOf(scope)?.split(':')[0];
      if (by.kind === 'owner' || made === by.kind) return scope;
    }
    return id;
  };
  return {
    show,
    reversals: async (id, by) => stack.ready(await scopeOf(id, by)).map(({ call }) => call),
    list: async (filter) => {
      const { items, nextCursor } = await backend.list(filter);
      return { items: items.map(viewOf), ...(nextCursor !== undefined && { nextCursor }) };
    },
    wait: async (id, options) => {
      await find(id);
      await backend.wait(id, options);
      return show(id);
    },
    answer: async (id, answer, { caller, taint }) => {
      const { status, question, caller: starter } = await find(id);
      if (status !== 'waiting' || !question)
        throw new ToolError('conflict', `Run ${id} asks nothing; it is ${status}.`, { hint: 'Call run_show to see it.' });
      if (question.approvalId !== undefined) {
        const hint = `The owner answers with: claw approval answer ${question.approvalId} approve`;
        throw new ToolError('denied', `Run ${id} waits for an approval, not for an answer.`, { hint, approvalId: question.approvalId });
      }
      if (caller.kind !== 'owner' && caller.kind !== starter)
        throw new ToolError('denied', `Run ${id} was started by ${starter}, so its question is not for ${caller.kind}.`, {
          hint: `The owner answers with: claw run answer ${id} "…"`,
        });
      taints.inherit(id, taint);
      await backend.signal(id, `answer:${question.key ?? ''}`, answer);
      await backend.adopt(id);
      return show(id);
    },
    stop: async (id, by) => {
      const run = await find(id);
      if (!(await backend.stop(id, by.kind)))
        throw new ToolError('conflict', `Run ${id} has ended already: ${run.status}.`, {
          hint: 'claw undo reverses what can be reversed.',
        });
      return show(id);
    },
    undo: async (named, by) => {
      const id = await scopeOf(named, by.caller);
      if (stack.ready(id).length === 0) {
        throw new ToolError('not_found', `Nothing of "${id}" can be undone.`, {
          hint: 'run_show says what a run did and whether it is undoable.',
        });
      }
      const target = await backend.get(id);
      if (target && isOpen(target.status))
        throw new ToolError('conflict', `Run ${id} is still ${target.status}.`, { hint: `Stop it first: claw run stop ${id}` });
      const { runId } = await undo(backend, { scope: id, ...by });
      const run = await find(runId);
      const outcome = (run.output ?? { undone: 0, total: stack.ready(id).length, items: [] }) as UndoOutcome;
      return { ...outcome, runId, status: run.status, ...(run.question && { question: run.question.text }) };
    },
  };
}

function viewOf(run: RunRecord): Omit<RunView, 'steps' | 'approvals' | 'usage' | 'undoable' | 'output' | 'error'> {
  const { id, kind, status, caller, input } = run;
  return {
    id,
    kind,
    status,
    caller,
    input,
    createdAt: isoTime(run.createdAt),
    ...(run.endedAt !== undefined && { endedAt: isoTime(run.endedAt) }),
    ...(run.question && { question: run.question.text }),
  };
}

function stepView(run: RunRecord, step: StepRecord): StepView {
  const { id, tool, input, output, error, evidence } = step;
  return { id, tool, input, status: shownStatus(run, step), evidence, ...(output !== undefined && { output }), ...(error && { error }) };
}
