import { createHmac } from 'node:crypto';
import path from 'node:path';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import type { App } from '../../app.ts';
import { version } from '../../core/version.ts';
import { instructions } from './instructions.ts';
import { createMcpFactory } from './mcp-server.ts';
import { readPromptBook } from './prompts.ts';
import { createResourceBook } from './resources.ts';

export interface McpSurfaceOptions {
  /** Nouns, tool names, `core` or `all`; `core` where empty. */
  toolsets?: string[];
  readOnly?: boolean;
  /** Where the client stands: its relative paths start there. */
  folder?: string;
}

export interface McpSurfaceParts {
  app: App;
  /** Where claw is installed. */
  root: string;
  outputs: string;
  /** What signed state is keyed with; the bearer token serves. */
  secret: string;
}

/** The app as an MCP server. */
export function mcpFactory(
  { app, root, outputs, secret }: McpSurfaceParts,
  { toolsets = [], readOnly = false, folder }: McpSurfaceOptions,
): McpServerFactory {
  const { gate } = app;
  return createMcpFactory({
    gate,
    caller: { kind: 'mcp', folder, ...(readOnly && { readOnly }) },
    toolsets: toolsets.length > 0 ? toolsets : ['core'],
    resources: createResourceBook({ gate, outputsFolder: outputs, redactor: app.redactor, taints: app.taints }),
    prompts: readPromptBook(path.join(root, 'prompts', 'mcp')),
    answerApproval: async (id, answer) =>
      void (await gate.call({ kind: 'owner', name: 'mcp-elicitation' }, 'approval_answer', { id, answer })),
    instructions,
    version: version(),
    stateKey: createHmac('sha256', secret).update('mcp request state').digest(),
    log: app.log,
    redactor: app.redactor,
  });
}
