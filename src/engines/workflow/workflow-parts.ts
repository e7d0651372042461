import type { ErrorShape } from '../../core/errors.ts';
import type { Caller, Evidence, Taint } from '../../core/tool.ts';
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

/** What a workflow needs of the rest of claw: it only ever makes calls and asks people. */
export interface WorkflowParts {
  isTool: (name: string) => boolean;
  /** Fields that may hold text from outside. */
  dataFields: (tool: string) => string[];
  call: (call: WorkflowCall) => Promise<CallAnswer>;
  verify: (call: WorkflowCall, answer: CallAnswer) => Promise<Evidence[]>;
  /** `approve`, `deny` or `expired`. */
  ask: (question: PeopleQuestion) => Promise<unknown>;
  inherit: (runId: string, taint: Taint | undefined) => void;
  /** Ids of the run's steps that have ended, in the order in which they did. */
  ended: (runId: string) => Promise<string[]>;
}

/** What a run is started with: its text, so that editing the file changes new runs only. */
export interface WorkflowRunInput {
  name: string;
  text: string;
  hash: string;
  inputs: Record<string, unknown>;
  caller: Caller;
  taint?: Taint;
}

export interface WorkflowReport {
  name: string;
  hash: string;
  summary: string;
  steps: { id: string; status: string; summary: string; error?: ErrorShape }[];
  rolledBack?: { step: string; ok: boolean; summary: string }[];
}
