import { ToolError } from '../../core/errors.ts';
import type { PlannedCall } from './definition.ts';
import type { Floor } from './floor.ts';
import type { Facts } from './outcomes.ts';
import { namesOf, render, type Template } from './template.ts';
import type { WorkflowCall } from './workflow-parts.ts';

/** One turn at a step, or at one of its checks. */
export interface Turn {
  floor: Floor;
  facts: Facts;
  stepId: string;
  /** The step that `previous` means. */
  previous?: string | undefined;
  /** Of `item` and `output`, those that hold text from outside. */
  outside: readonly string[];
}

/** Throws `denied` where text from outside would become more than data: a path, a host, a command. */
export function filledCall({ tool, input }: PlannedCall, turn: Turn): WorkflowCall {
  const { run, caller, parts } = turn.floor;
  const dataFields: string[] = parts.find(tool)?.dataFields ?? [];
  const fields = input.kind === 'fields' ? input.fields : [];
  const wrong = fields.find(([field, value]) => !dataFields.includes(field) && isFromOutside(value, turn));
  if (wrong)
    throw new ToolError('denied', `Text from outside does not become the ${wrong[0]} of ${tool}.`, {
      hint: 'Write the value into the workflow, or give it as an input yourself.',
    });
  return { run, caller, stepId: turn.stepId, tool, input: render(input, turn.facts) as Record<string, unknown> };
}

export const isFromOutside = (value: Template, turn: Turn): boolean => namesOf(value).some(({ name }) => isOutside(name, turn));

function isOutside([root = '', id = '']: string[], { floor, previous = '', outside }: Turn): boolean {
  if (root === 'run') return false;
  if (root === 'inputs') return floor.inputsAreUntrusted;
  if (root === 'steps' || root === 'previous') return floor.outcomes.get(root === 'steps' ? id : previous)?.untrusted === true;
  return outside.includes(root);
}
