import { jsonSchema, riskCeiling, secretFieldsOf, type CallerKind, type Risk, type Tool } from './tool.ts';

/** A tool as everyone but the gate sees it: data only, so that it can be told without the tool's code. */
export interface ToolFacts {
  name: string;
  title: string;
  description: string;
  /** The worst it can do. */
  risk: Risk;
  /** The risk depends on the arguments. */
  varies?: true;
  idempotent?: true;
  openWorld?: true;
  /** Only these may call it. */
  only?: CallerKind[];
  examples: string[];
  /** JSON Schemas, draft 2020-12. */
  inputSchema: Record<string, unknown>;
  outputSchema: Record<string, unknown>;
  /** Inputs that carry a secret's value. */
  secretFields: string[];
}

export const factsOf = (tool: Tool): ToolFacts => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  risk: riskCeiling(tool),
  ...(typeof tool.risk === 'function' && { varies: true }),
  ...(tool.idempotent && { idempotent: true }),
  ...(tool.openWorld && { openWorld: true }),
  ...(tool.only && { only: tool.only }),
  examples: tool.examples,
  inputSchema: jsonSchema(tool.input, 'input'),
  outputSchema: jsonSchema(tool.output, 'output'),
  secretFields: secretFieldsOf(tool, {}),
});

/** The tools that this kind of caller may name. */
export const mayName = ({ only }: Pick<ToolFacts, 'only'>, caller: CallerKind): boolean => !only || only.includes(caller);
