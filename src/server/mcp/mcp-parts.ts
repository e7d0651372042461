import type {
  CallToolResult,
  InputRequiredResult,
  Prompt,
  Resource,
  ResourceTemplateType,
  ServerContext,
  GetPromptResult,
  ReadResourceResult,
  Tool as ListedTool,
} from '@modelcontextprotocol/server';
import type { Log } from '../../core/log.ts';
import type { Caller } from '../../core/tool.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';
import type { Redactor } from '../../core/redact.ts';
import type { Changes } from '../../gate/changes.ts';
import type { Gate } from '../../gate/gate-types.ts';
import type { LastingCalls } from '../../gate/lasting-calls.ts';
import type { Veil } from '../own-paths.ts';

/** A tool whose answer is protocol, not data: only the conformance fixtures have such. */
export interface ProtocolTool {
  definition: ListedTool;
  call(args: Record<string, unknown>, ctx: ServerContext): Promise<CallToolResult | InputRequiredResult>;
}

/** Who reads, and through which connection. */
export interface Reader {
  caller: Caller;
  session: string;
}

/** Reads through the gate's own tools, never around it. */
export interface ResourceBook {
  list(): Resource[];
  templates(): ResourceTemplateType[];
  /** Undefined where there is no such resource. */
  read(uri: string, reader: Reader): Promise<ReadResourceResult['contents'] | undefined>;
  /** Values for a template's variable that begin so. */
  complete(template: string, variable: string, value: string, reader: Reader): Promise<string[]>;
}

export interface PromptBook {
  list(): Prompt[] | Promise<Prompt[]>;
  get(
    name: string,
    args: Record<string, string>,
    asked: { ctx: ServerContext; reader: Reader },
  ): Promise<GetPromptResult | InputRequiredResult | undefined>;
  complete(prompt: string, argument: string, value: string): string[] | Promise<string[]>;
}

/** Everything that an MCP connection offers, whatever its era and transport. */
export interface McpParts {
  gate: Gate;
  /** Those that the caller may name, sorted by name. */
  tools: ToolFacts[];
  caller: Caller;
  /** Nouns, `core` or `all`. */
  toolsets: string[];
  resources: ResourceBook;
  prompts: PromptBook;
  /** The question as a person needs to see it: the exact call, what it would change, risk, taint, who asks. */
  showApproval: (id: string) => Promise<string>;
  /** The word of the person at the client, given through elicitation. */
  answerApproval: (id: string, answer: 'approve' | 'deny') => Promise<void>;
  /** Takes over calls that are not answered in time. */
  hold: LastingCalls['hold'];
  /** How long a call may take until it is answered without its result. */
  patienceMs: number;
  changes: Changes;
  instructions: string;
  version: string;
  /** Signs what goes to the client and comes back: 32 bytes or more. */
  stateKey: Uint8Array;
  protocolTools?: ProtocolTool[];
  /** For what reaches the client without having passed the gate: questions, prompts, files. */
  redactor?: Pick<Redactor, 'value'>;
  /** Resolves when that knows the secrets that other processes have set. */
  learned?: () => Promise<void> | undefined;
  log: Log;
  veil: Veil;
}
