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
      if (tool.keepsCalls !== true) return;
      if (calls.recordable(tool.name, input) !== input || redactor.value(input) !== input) throw keptSecret(tool);
    },
    shown: (tool, input) => redactor.value(calls.recordable(tool, input)),
  };
}

const keptSecret = ({ name }: Tool): ToolError =>
  new ToolError('invalid_input', `${name} keeps what it is given, and this has a secret in it.`, {
    hint: 'Put it into the vault, with claw vault set NAME, and name it in the call: {"$secret":"NAME"}.',
  });
