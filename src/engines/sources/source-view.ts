import type { SourceSettings } from '../../core/source-settings.ts';
import type { Change, Risk } from '../../core/tool.ts';
import { definitionText, fingerprint, specOf } from './definition.ts';
import type { SourceRow, ToolRow } from './source-rows.ts';
import { judgeTool, settingsFor } from './tool-risk.ts';

export type ToolState = 'approved' | 'new' | 'changed' | 'gone' | 'denied';

/** A tool as the owner is shown it. */
export interface ToolView {
  name: string;
  tool: string;
  risk: Risk;
  state: ToolState;
  description: string;
  doubt?: string;
}

/** A server as the owner is shown it. `new`: nobody has approved that it is started, or reached. */
export interface SourceView {
  name: string;
  way: string;
  state: 'new' | 'changed' | 'waiting' | 'ready' | 'disabled' | 'unseen';
  /** Of all that an approval would approve. */
  hash: string;
  about?: string;
  seenAt?: number;
  tools: ToolView[];
  isUp?: boolean;
  /** The question that waits for the owner. */
  approvalId?: string;
  /** What went wrong when it was looked at just now. */
  problem?: string;
}

/** What waits: the way to the server as it stands in mcp.json, and each tool that is not as it was approved. */
export interface Waiting {
  isSpec: boolean;
  tools: ToolRow[];
}

export function waitingOf(settings: SourceSettings, row: SourceRow | undefined, tools: ToolRow[]): Waiting {
  const spec = specOf(settings);
  const isSpec = row?.approvedSpec !== spec;
  // What an earlier entry led to says nothing of this one.
  const isSeen = row?.seenSpec === spec;
  const refused = (tool: string): boolean => settingsFor(tool, settings).deny === true;
  return { isSpec, tools: isSeen ? tools.filter(({ tool, seen, isApproved }) => seen && !isApproved && !refused(tool)) : [] };
}

export const hashOf = (settings: SourceSettings, { tools }: Waiting): string =>
  fingerprint([specOf(settings), ...tools.map(({ seen }) => definitionText(seen!))]);

interface Looked {
  name: string;
  settings: SourceSettings;
  row: SourceRow | undefined;
  tools: ToolRow[];
}

export function viewOf({ name, settings, row, tools }: Looked): SourceView {
  const waiting = waitingOf(settings, row, tools);
  return {
    name,
    way: wayOf(settings),
    state: stateOf(settings, row, waiting),
    hash: hashOf(settings, waiting),
    ...(row && row.about !== null && { about: visible(row.about) }),
    ...(row && row.seenAt !== null && { seenAt: row.seenAt }),
    tools: tools.map((tool) => toolView(tool, settings)),
  };
}

function stateOf(settings: SourceSettings, row: SourceRow | undefined, { isSpec, tools }: Waiting): SourceView['state'] {
  if (settings.disabled === true) return 'disabled';
  if (isSpec) return wasApproved(row) ? 'changed' : 'new';
  if (row?.seenSpec !== row?.approvedSpec) return 'unseen';
  return tools.length > 0 ? 'waiting' : 'ready';
}

const wasApproved = (row: SourceRow | undefined): boolean => (row?.approvedSpec ?? null) !== null;

export const wayOf = ({ command, args = [], url }: SourceSettings): string => url ?? [command, ...args].join(' ');

function toolView(row: ToolRow, settings: SourceSettings): ToolView {
  const definition = (row.seen ?? row.approved)!;
  const { risk, doubt } = judgeTool(definition, settings);
  const description = visible((definition.description ?? '').replaceAll(/\s+/g, ' ')).slice(0, 500);
  return { name: row.name, tool: row.tool, risk, state: toolState(row, settings), description, ...(doubt !== undefined && { doubt }) };
}

function toolState({ tool, seen, approved, isApproved }: ToolRow, settings: SourceSettings): ToolState {
  if (settingsFor(tool, settings).deny === true) return 'denied';
  if (!seen) return 'gone';
  return isApproved ? 'approved' : approved ? 'changed' : 'new';
}

/** What saying yes would let in, for the person who is asked: every word that a model would read, before and after. */
export function changesOf({ name, settings, row, tools }: Looked): Change[] {
  const waiting = waitingOf(settings, row, tools);
  const way: Change[] = waiting.isSpec
    ? [{ action: wasApproved(row) ? 'update' : 'create', target: `the MCP server ${name}`, after: specText(settings) }]
    : [];
  return [
    ...way,
    ...waiting.tools.map((one): Change => {
      const { risk, doubt } = judgeTool(one.seen!, settings);
      const target = `${one.name} (${risk}${doubt === undefined ? '' : `; ${doubt}`})`;
      const after = visible(definitionText(one.seen!));
      return one.approved
        ? { action: 'update', target, before: visible(definitionText(one.approved)), after }
        : { action: 'create', target, after };
    }),
  ];
}

/** What a terminal would obey, or nobody would see and a model would read, is written out. */
const visible = (text: string): string =>
  text.replaceAll(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`);

/** Values of variables and headers that are written out may be secrets that nobody has called so. */
function specText({ claw, disabled: _disabled, env, headers, ...way }: SourceSettings): string {
  const names = { ...(env && { env: Object.keys(env) }), ...(headers && { headers: Object.keys(headers) }) };
  return JSON.stringify({ ...way, ...names, ...(claw?.sandbox !== undefined && { sandbox: claw.sandbox }) });
}
