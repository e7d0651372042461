import type { ErrorShape, ToolError } from '../../core/errors.ts';
import type { Caller, Change, Evidence, Taint, Tool, ToolCall } from '../../core/tool.ts';
import type { RunContext } from '../../durable/backend.ts';

export const workflowKind = 'workflow';

/** A call as a step of the run; see `gate/step-call.ts`. */
export interface WorkflowCall {
  run: RunContext;
  caller: Caller;
  stepId: string;
  tool: string;
  input: Record<string, unknown>;
  timeoutMs?: number;
  /** It is a tool's own way back from what this run has done. */
  undoing?: boolean;
}

export interface CallAnswer {
  output: unknown;
  summary: string;
  callId: string;
  untrusted?: boolean;
}

export interface PeopleQuestion {
  run: RunContext;
  caller: Caller;
  stepId: string;
  workflow: string;
  message: string;
  approvers: number;
  notSelf: boolean;
  expiresMs: number;
}

/** A tool's own way back from a call that this run has made. */
export interface WayBack extends ToolCall {
  id: string;
  /** The step that made the call. */
  step: string;
  folder?: string | undefined;
}

/** A step that is on record. */
export interface PastStep {
  id: string;
  output: unknown;
  /** Ms since 1970. */
  endedAt: number | undefined;
}

/** What a call would meet and change, without making it. */
export interface Foresight {
  verdict: 'allow' | 'ask' | 'deny';
  undoable: boolean;
  changes: Change[];
}

/** What a workflow needs of the rest of claw: it only ever makes calls and asks people. */
export interface WorkflowParts {
  find: (tool: string) => Tool | undefined;
  call: (call: WorkflowCall) => Promise<CallAnswer>;
  verify: (call: WorkflowCall, answer: CallAnswer) => Promise<Evidence[]>;
  /** Whether a call failed because a person said no, or nobody answered. */
  isNo: (error: ToolError) => boolean;
  preview: (caller: Caller, call: ToolCall) => Promise<Foresight>;
  /** `approve`, `deny` or `expired`. */
  ask: (question: PeopleQuestion) => Promise<unknown>;
  inherit: (runId: string, taint: Taint | undefined) => void;
  /** Calls that are fixed before the run has read anything: they follow from the request, whatever is read later. */
  fix: (runId: string, calls: ToolCall[]) => void;
  /** In the order in which they began. */
  past: (runId: string) => Promise<PastStep[]>;
  /** What can still be taken back, newest first. */
  waysBack: (runId: string) => WayBack[];
  /** It is not to be taken back again. */
  takenBack: (id: string) => void;
  /** On record before it returns, delivered by whoever leads. The key is the message's own. */
  notify: (message: { key: string; run: string; workflow: string; profile: string; text: string }) => void;
}

/** What a run is started with: its text, so that editing the file changes new runs only. */
export interface WorkflowRunInput {
  name: string;
  text: string;
  hash: string;
  inputs: Record<string, unknown>;
  caller: Caller;
  taint?: Taint;
  /** How many workflows stand above it, each started by a step of the one before. */
  depth: number;
}

export interface TakenBack {
  step: string;
  tool: string;
  status: 'ok' | 'failed' | 'unknown' | 'declined';
  summary: string;
}

export interface WorkflowReport {
  name: string;
  hash: string;
  summary: string;
  steps: { id: string; status: string; summary: string; error?: ErrorShape }[];
  rolledBack?: TakenBack[];
}
