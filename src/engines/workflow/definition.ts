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
  /** What is reported when all went well. */
  summary?: Template;
  notify?: string;
  /** SHA-256 of the text. */
  hash: string;
}

export interface PlannedCall {
  tool: string;
  /** Of kind `fields`, or plain. */
  input: Template;
  /** Where in the file it is said. */
  path: (string | number)[];
}

export type OnFailure = 'abort' | 'continue' | 'rollback';

/** People who are asked. */
export interface Gate {
  ask: Template;
  approvers: number;
  notSelf: boolean;
  expiresMs: number;
}

export interface Step {
  id: string;
  does: PlannedCall | Gate;
  needs: string[];
  /** The step before it in the file, where that has ended by then: what `previous` means. */
  previous?: string;
  condition?: Expression;
  conditionText?: string;
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

/** Every call that a workflow may make, with the step that it is of. */
export function callsIn({ steps, rollback }: Pick<Workflow, 'steps' | 'rollback'>): { step: string; call: PlannedCall }[] {
  const ofSteps = steps.flatMap(({ id, does, undo, check, verify }) => {
    const probes = [...check, ...verify].flatMap((probe) => ('call' in probe ? [probe.call] : []));
    return [...('tool' in does ? [does] : []), ...probes, ...(undo ? [undo] : [])].map((call) => ({ step: id, call }));
  });
  return [...ofSteps, ...rollback.map((call) => ({ step: 'rollback', call }))];
}
