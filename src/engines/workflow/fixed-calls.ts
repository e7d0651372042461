import type { Tool, ToolCall } from '../../core/tool.ts';
import { callsIn, type PlannedCall, type Workflow } from './definition.ts';
import { namesOf, render, type Template } from './template.ts';

interface Known {
  find: (tool: string) => Tool | undefined;
  inputs: Record<string, unknown>;
}

/**
 * The calls that text and inputs alone decide, but for fields that hold data. Empty where nothing in the workflow reads what
 * others wrote: then nobody will ask whether a call follows from the request.
 */
export function fixedCalls(workflow: Workflow, { find, inputs }: Known): ToolCall[] {
  const calls = callsIn(workflow).map(({ call }) => call);
  const reads = calls.some(({ tool }) => mayReadOutside(find(tool)));
  return reads ? calls.flatMap((call) => fixed(call, find(call.tool)?.dataFields ?? [], inputs)) : [];
}

const mayReadOutside = (tool: Tool | undefined): boolean =>
  typeof tool?.effects === 'function' || tool?.effects?.readsUntrusted === true || tool?.tellsReads === true;

function fixed({ tool, input }: PlannedCall, dataFields: string[], inputs: Record<string, unknown>): ToolCall[] {
  if (input.kind !== 'fields') return [{ tool, input: render(input, {}) }];
  const isFixed = input.fields.every(([field, value]) => dataFields.includes(field) || isOfInputs(value));
  return isFixed ? [{ tool, input: render(input, { inputs }) }] : [];
}

const isOfInputs = (value: Template): boolean => namesOf(value).every(({ name: [root] }) => root === 'inputs');
