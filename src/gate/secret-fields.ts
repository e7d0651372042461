import { ToolError } from '../core/errors.ts';
import type { Redactor } from '../core/redact.ts';
import type { SecretCalls } from '../core/secret-calls.ts';
import { isHideable, refuseUnhideable } from '../core/secret.ts';
import type { Tool } from '../core/tool.ts';

/** What the gate does with the secrets that an input carries, before anything of it is recorded. */
export interface SecretFields {
  /** Hands them to the redactor, whether or not the input is sound. */
  learn(tool: string, rawInput: unknown): void;
  /**
   * Throws `invalid_input` for one that cannot be hidden, as it would stand in the records, and for one in a call that is
   * kept to be made later.
   */
  check(tool: Tool, input: unknown): void;
  /** The input for the records and for whoever answers. */
  shown(tool: string, input: unknown): unknown;
}

interface Parts {
  calls: SecretCalls;
  redactor: Redactor;
}

export function createSecretFields({ calls, redactor }: Parts): SecretFields {
  return {
    learn: (tool, rawInput) => {
      for (const value of calls.valuesIn(tool, rawInput)) if (isHideable(value)) redactor.add(value);
    },
    check: (tool, input) => {
      calls.valuesIn(tool.name, input).forEach(refuseUnhideable);
      if (tool.later === undefined) return;
      const exposed = firstDifference(input, redactor.value(calls.recordable(tool.name, input)));
      if (exposed !== undefined) throw keptSecret(tool, exposed);
    },
    shown: (tool, input) => redactor.value(calls.recordable(tool, input)),
  };
}

/** The way to the first value that is shown as another; undefined where all is shown as it is. */
function firstDifference(value: unknown, shown: unknown): string[] | undefined {
  if (value === shown) return undefined;
  if (typeof value !== 'object' || value === null) return [];
  const others = Object.values(shown as object);
  const index = Object.values(value).findIndex((inner, at) => inner !== others[at]);
  if (index === -1) return [];
  return [Object.keys(value)[index]!, ...(firstDifference(Object.values(value)[index], others[index]) ?? [])];
}

const keptSecret = ({ name }: Tool, place: string[]): ToolError =>
  new ToolError('invalid_input', `${place.join('.') || 'input'}: ${name} keeps what it is given, and here a secret stands in it.`, {
    hint: 'Put it into the vault, with claw vault set NAME, and name it in its place: {"$secret":"NAME"}.',
  });
