import type { Tool as ListedTool } from '@modelcontextprotocol/server';
import { ToolError } from '../../core/errors.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';

/** What is shown by default; everything else is behind tool_search and tool_call. */
export const coreTools = new Set([
  'status_show',
  'machine_status',
  'intake_run',
  'intake_plan',
  'memory_remember',
  'memory_recall',
  'memory_forget',
  'cron_add',
  'cron_list',
  'cron_remove',
  'workflow_run',
  'ssh_run',
  'browser_open',
  'browser_snapshot',
  'message_notify',
  'skill_run',
  'shell_run',
  'http_request',
  'file_read',
  'file_write',
  'run_show',
  'run_undo',
  'approval_list',
  'tool_search',
  'tool_call',
]);

/** Those that clients with a search of their own should keep at hand. */
const alwaysLoaded = new Set(['intake_run', 'tool_search', 'tool_call', 'status_show']);

const nounOf = ({ name }: ToolFacts): string => name.split('_')[0]!;

/** The tools of a connection, sorted by name: the same for as long as it lasts. Throws `invalid_input` naming a word that is no toolset. */
export function shownTools(tools: ToolFacts[], { toolsets, readOnly }: { toolsets: string[]; readOnly: boolean }): ToolFacts[] {
  const wanted = new Set(toolsets);
  const words = ['core', 'all', ...new Set(tools.map(nounOf))];
  const known = new Set([...words, ...coreTools, ...tools.map(({ name }) => name)]);
  const unknown = toolsets.find((word) => !known.has(word));
  if (unknown !== undefined)
    throw new ToolError('invalid_input', `No toolset is called ${JSON.stringify(unknown.slice(0, 40))}.`, {
      hint: `Known: ${words.join(', ')}, or the name of a tool.`,
    });
  const isShown = (tool: ToolFacts): boolean =>
    wanted.has('all') || wanted.has(nounOf(tool)) || wanted.has(tool.name) || (wanted.has('core') && coreTools.has(tool.name));
  return tools.filter((tool) => isShown(tool) && (!readOnly || tool.varies || tool.risk === 'read'));
}

/** As clients see a tool. */
export const listedTool = ({ name, title, description, risk, ...tool }: ToolFacts): ListedTool => ({
  name,
  title,
  description,
  inputSchema: tool.inputSchema as ListedTool['inputSchema'],
  outputSchema: tool.outputSchema,
  annotations: {
    readOnlyHint: risk === 'read' && name !== 'tool_call',
    destructiveHint: risk === 'destructive' || name === 'tool_call',
    idempotentHint: risk === 'read' ? name !== 'tool_call' : tool.idempotent === true,
    openWorldHint: tool.openWorld === true,
  },
  _meta: {
    'anthropic/searchHint': tool.examples.slice(0, 3).join('; '),
    ...(alwaysLoaded.has(name) && { 'anthropic/alwaysLoad': true }),
  },
});
