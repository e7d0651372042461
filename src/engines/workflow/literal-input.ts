import { z } from 'zod';
import type { Tool } from '../../core/tool.ts';
import type { PlannedCall } from './definition.ts';
import { WorkflowFault } from './fault.ts';
import { shown } from './shown.ts';
import { render, type Template } from './template.ts';
import type { Path } from '../../core/yaml-text.ts';

/** Throws WorkflowFault where a call could never fit its tool, whatever its expressions will stand for. */
export function refuseWrongInput({ input, path }: PlannedCall, tool: Tool): void {
  const given = render(input, {}) as Record<string, unknown>;
  const at = [...path, 'input'];
  refuseStranger(given, { tool, at });
  const parsed = tool.input.safeParse(given);
  const issue = parsed.success ? undefined : parsed.error.issues.find((one) => isLiteral(input, one.path as Path));
  if (issue) throw new WorkflowFault(`${issue.message}, says ${tool.name}`, [...at, ...(issue.path as Path)]);
}

function refuseStranger(given: Record<string, unknown>, { tool, at }: { tool: Tool; at: Path }): void {
  if (!(tool.input instanceof z.ZodObject)) return;
  const { shape } = tool.input;
  const stranger = Object.keys(given).find((field) => !Object.hasOwn(shape, field));
  if (stranger !== undefined)
    throw new WorkflowFault(`${tool.name} has no input ${shown(stranger)}; it has ${Object.keys(shape).join(', ') || 'none'}`, [
      ...at,
      stranger,
    ]);
}

/** Whether what the issue is about stands there as it is. A rule over several fields is judged when all of them do. */
function isLiteral(input: Template, [key, ...deeper]: Path): boolean {
  if (input.kind === 'value' || input.kind === 'text') return false;
  if (input.kind === 'plain') return true;
  if (key === undefined) return !hasExpressions(input);
  const inner = input.kind === 'list' ? input.items[Number(key)] : input.fields.find(([field]) => field === key)?.[1];
  return inner === undefined || isLiteral(inner, deeper);
}

function hasExpressions(input: Template): boolean {
  if (input.kind === 'list') return input.items.some(hasExpressions);
  if (input.kind === 'fields') return input.fields.some(([, inner]) => hasExpressions(inner));
  return input.kind !== 'plain';
}
