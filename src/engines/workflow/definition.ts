import type { Expression } from './expression.ts';
import type { Template } from './template.ts';
import type { InputDeclaration } from './workflow-schema.ts';

/** A workflow that was read and checked: shorthands are calls, expressions are parsed, names are known. */
export interface Workflow {
  name: string;
  description: string;
  inputs: Record<string, InputDeclaration>;
  steps: Step[];
  /** After a rollback, in this order. */
  rollback: PlannedCall[];
  notify?: string;
  /** SHA-256 of the text. */
  hash: string;
}

export interface PlannedCall {
  tool: string;
  input: Template;
}

export type OnFailure = 'abort' | 'continue' | 'rollback';

export interface Step {
  id: string;
  /** A call, or people who are asked. */
  does: PlannedCall | { ask: Template; approvers: number; notSelf: boolean; expiresMs: number };
  needs: string[];
  /** Of the step before it in the file: what `previous` means. */
  previous?: string;
  condition?: Expression;
  forEach?: Template;
  check: Probe[];
  verify: Probe[];
  undo?: PlannedCall;
  retry: { times: number; backoffMs: number };
  timeoutMs?: number;
  onFailure: OnFailure;
}

/** Something that must hold: a condition, or a call whose output must meet one. */
export type Probe = { text: string; holds: Expression } | { text: string; call: PlannedCall; expect?: Expression };
