import type { Progress, Risk, Tool } from '../core/tool.ts';
import { jsonSchema, riskCeiling, secretFieldsOf } from '../core/tool.ts';
import type { CallResult } from '../gate/gate-types.ts';

/** A tool as surfaces outside this process see it: data only. */
export interface ToolInfo {
  name: string;
  title: string;
  description: string;
  risk: Risk;
  examples: string[];
  inputSchema: Record<string, unknown>;
  outputSchema: Record<string, unknown>;
  /** Inputs that carry a secret's value. */
  secretFields: string[];
}

export const toolInfo = (tool: Tool): ToolInfo => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  risk: riskCeiling(tool),
  examples: tool.examples,
  inputSchema: jsonSchema(tool.input, 'input'),
  outputSchema: jsonSchema(tool.output, 'output'),
  secretFields: secretFieldsOf(tool, {}),
});

export interface SessionCall {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** The owner's way to the gate: in this process, or in the daemon's. */
export interface Session extends AsyncDisposable {
  tools(): Promise<ToolInfo[]>;
  call(tool: string, input: unknown, options?: SessionCall): Promise<CallResult>;
  /** Resolves when what the calls have set going here has ended or waits. */
  settled(): Promise<void>;
}
