import { placesIn } from '../../core/foreign-input.ts';
import { contains, realPath, type Ground } from '../../core/ground.ts';
import type { SourceSettings } from '../../core/source-settings.ts';
import type { Tool, ToolContext } from '../../core/tool.ts';
import type { Definition } from './definition.ts';
import { inputOf } from './tool-input.ts';
import { slotsFor, spokenFor } from './spoken-tool.ts';
import { sourceOutput, type SourceOutput } from './tool-result.ts';
import { judgeTool, settingsFor, type Judged } from './tool-risk.ts';

const usualSeconds = 60;
const longestDescription = 4_000;
const longestTitle = 100;

export interface SourceToolParts {
  name: string;
  source: string;
  definition: Definition;
  settings: SourceSettings;
  /** The tool as it stands when it is called. Throws where it may not be called as it stands. */
  ready: Tool['ready'];
  call: (ctx: ToolContext, args: Record<string, unknown>) => Promise<SourceOutput>;
}

/** A tool of another server, for the gate: a tool like any other. What its server says of it was read and approved by the owner. */
export function sourceTool({ name, source, definition, settings, ready, call }: SourceToolParts): Tool {
  const { title, description, annotations, inputSchema } = definition;
  const { examples = spokenFor(source, definition.name), deny } = settingsFor(definition.name, settings);
  const input = inputOf(inputSchema);
  const judged = judgeTool(definition, settings);
  const shownAs = `${definition.name} of the MCP server ${source}`;
  return {
    name,
    title: (title ?? annotations?.title ?? shownAs).slice(0, longestTitle),
    description: (description ?? `${shownAs}.`).slice(0, longestDescription),
    input,
    output: sourceOutput,
    risk: judged.risk,
    effects: judged.effects,
    openWorld: judged.openWorld,
    examples,
    slots: slotsFor(input),
    timeoutMs: (settings.claw?.timeoutSeconds ?? usualSeconds) * 1_000,
    why: () => whyRisky(shownAs, definition, judged),
    forbid: (given, ground) => (deny === true ? `mcp.json says deny for ${shownAs}.` : namesOwnData(given, ground)),
    foreign: true,
    ready,
    run: (ctx, given) => call(ctx, given as Record<string, unknown>),
    ...(judged.risk !== 'read' && {
      dryRun: (_ctx, given) => [{ action: 'run', target: shownAs, after: JSON.stringify(given).slice(0, 2_000) }],
    }),
    summary: (output) => summaryOf(output as SourceOutput),
  };
}

/** claw's own data is hidden from a server in a sandbox; one that runs without is not asked for it. */
const namesOwnData = (input: unknown, ground: Ground): string | undefined =>
  placesIn(input, ground).some((file) => ground.own.some((own) => contains(own, file) || contains(own, realPath(file))))
    ? "It names claw's own data, which no other server is to touch."
    : undefined;

function whyRisky(shownAs: string, { annotations }: Definition, { doubt }: Judged): string {
  if (doubt !== undefined) return `${shownAs}. ${doubt}`;
  return annotations?.destructiveHint === true ? `${shownAs}, by its own hints` : `${shownAs}, which does not say that it is harmless`;
}

const summaryOf = ({ text, data, files = [], links = [] }: SourceOutput): string =>
  [
    text,
    data !== undefined && JSON.stringify(data),
    ...files.map(({ mimeType, bytes, file }) => `${mimeType}, ${bytes} bytes: ${file}`),
    ...links.map(({ name, uri }) => `${name}: ${uri}`),
  ]
    .filter(Boolean)
    .join('\n')
    .slice(0, 2_000) || 'Done; it returned nothing.';
