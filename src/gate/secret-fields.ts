import type { Redactor } from '../core/redact.ts';
import { refuseUnhideable } from '../core/secret.ts';
import { secretFieldsOf, type Tool } from '../core/tool.ts';

interface Learning {
  redactor: Redactor;
  find: (name: string) => Tool | undefined;
}

/**
 * Hands the secrets that an input carries to the redactor, also where the call only passes another one on. Throws
 * `invalid_input` for one that cannot be hidden: it would stand in the records.
 */
export function hideSecretFields(tool: Tool, input: unknown, { redactor, find }: Learning): void {
  for (const field of secretFieldsOf(tool, input)) {
    const value = (input as Record<string, unknown> | null)?.[field];
    if (typeof value !== 'string') continue;
    refuseUnhideable(value);
    redactor.add(value);
  }
  const inner = tool.passesOn?.(input);
  const target = inner && find(inner.tool);
  // One level: what passes calls on does not pass on to its own kind.
  if (target && !target.passesOn) hideSecretFields(target, inner.input, { redactor, find });
}
