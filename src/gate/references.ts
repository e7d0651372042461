import { isReference, type Reference } from '../core/reference.ts';
import type { Tool, ToolCall } from '../core/tool.ts';
import { wholeOutput } from './bounds.ts';
import type { KeptResult } from './step-call.ts';

/** What there is to refer to. */
interface Earlier {
  results: ReadonlyMap<string, KeptResult>;
  find: (tool: string) => Tool | undefined;
}

/** The field, if any, into which text from outside would go although it is more than data: a path, a host, a command. */
export function misplacedField({ tool, input }: ToolCall, { find, results }: Earlier): string | undefined {
  const dataFields: string[] = find(tool)?.dataFields ?? [];
  const isOutside = (value: unknown): boolean =>
    isReference(value) && [value.$from].flat().some((id) => results.get(id)?.untrusted === true);
  return Object.entries(input as Record<string, unknown>).find(([field, value]) => isOutside(value) && !dataFields.includes(field))?.[0];
}

/** Puts what earlier steps found in the place of references to it. */
export function filledInput(input: Record<string, unknown>, earlier: Earlier): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).map(([field, value]) => [field, isReference(value) ? textOf(value, earlier) : value]));
}

const textOf = ({ $from, whole }: Reference, { results, find }: Earlier): string =>
  [$from]
    .flat()
    .flatMap((id) => results.get(id) ?? [])
    .map((kept) => (whole && find(kept.tool)?.content?.(wholeOutput(kept))) ?? kept.summary)
    .join('\n');
