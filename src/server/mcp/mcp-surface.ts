import { createHmac } from 'node:crypto';
import path from 'node:path';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import type { App } from '../../app.ts';
import type { Config } from '../../core/config.ts';
import { version } from '../../core/version.ts';
import { veilPaths } from '../own-paths.ts';
import { instructions } from './instructions.ts';
import { createMcpFactory } from './mcp-server.ts';
import { usualPatienceMs } from './patience.ts';
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
  paths: Config['paths'];
  /** How long a call may take until it is answered without its result. */
  patienceMs?: number;
}

/** The app as an MCP server. */
export function mcpFactory(
  { app, root, paths, patienceMs = usualPatienceMs }: McpSurfaceParts,
  { toolsets = [], readOnly = false, folder }: McpSurfaceOptions,
): McpServerFactory {
  const { gate } = app;
  const resources = createResourceBook({ gate });
  return createMcpFactory({
    gate,
    tools: app.tools('mcp'),
    caller: { kind: 'mcp', folder, ...(readOnly && { readOnly }) },
    toolsets: toolsets.length > 0 ? toolsets : ['core'],
    resources,
    prompts: readPromptBook(path.join(root, 'prompts', 'mcp'), resources),
    // Through a client no more is shown than it could have asked for itself.
    showApproval: async (id) => (await gate.call({ kind: 'mcp' }, 'approval_show', { id })).summary ?? '',
    answerApproval: async (id, answer) =>
      void (await gate.call({ kind: 'owner', name: 'mcp-elicitation' }, 'approval_answer', { id, answer })),
    hold: app.lasting.hold,
    changes: app.changes,
    patienceMs,
    instructions,
    version: version(),
    // Keyed with a token, so that questions outlive a restart: the owner's, for whoever has the key can answer any question.
    stateKey: createHmac('sha256', app.ownerToken.current()).update('mcp request state').digest(),
    log: app.log,
    veil: veilPaths({ home: paths.home, root }),
    redactor: app.redactor,
    learned: app.learned,
  });
}
