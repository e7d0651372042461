import { z } from 'zod';
import type { SourceSettings } from '../../core/source-settings.ts';
import type { Tool } from '../../core/tool.ts';
import { factsOf } from '../../core/tool-facts.ts';
import type { SourceFile, Sources } from './source-file.ts';
import type { SourceRow, SourceRows, ToolRow } from './source-rows.ts';
import { waitingOf } from './source-view.ts';
import { mayBeOf, toolName } from './tool-names.ts';
import { sourceOutput } from './tool-result.ts';
import { settingsFor } from './tool-risk.ts';

/** A server with all that is known of it without asking it. */
export interface Known {
  name: string;
  settings: SourceSettings;
  row: SourceRow | undefined;
  tools: ToolRow[];
}

/** mcp.json and what was seen and approved, put together: no server is started for it. */
export interface SourceBook {
  names(): string[];
  known(source: string): Known | undefined;
  /** A tool by its name here, also one that waits for approval, and one that a server not yet looked at may have. */
  find(name: string): Tool | undefined;
  /** Those that may be called, the same list for as long as nothing changes. */
  list(): Tool[];
  row(name: string): ToolRow | undefined;
  nameOf(source: string, tool: string, tools: string[]): string;
}

export interface BookParts {
  file: SourceFile;
  rows: SourceRows;
  make: (tool: { name: string; source: string; row: ToolRow; settings: SourceSettings }) => Tool;
  readyFor: (name: string, source: string) => Tool['ready'];
}

export const isCallable = ({ settings, row, tools }: Known, tool: string): boolean =>
  settings.disabled !== true &&
  !waitingOf(settings, row, tools).isSpec &&
  settingsFor(tool, settings).deny !== true &&
  tools.some((one) => one.tool === tool && one.isApproved);

export function createSourceBook({ file, rows, make, readyFor }: BookParts): SourceBook {
  let settings: Sources | undefined;
  let revision = -1;
  let callable: Tool[] = [];

  const names = (): string[] => Object.keys(file.current());
  const nameOf = (source: string, tool: string, tools: string[]): string => toolName(source, tool, { sources: names(), tools });
  const known = (source: string): Known | undefined => {
    const own = Object.hasOwn(file.current(), source) ? file.current()[source] : undefined;
    return own && { name: source, settings: own, row: rows.source(source), tools: rows.toolsOf(source) };
  };

  /** Brings lists up to what the file and the tables say now; other processes change both. */
  function sync(): void {
    const current = file.current();
    if (current === settings && rows.revision() === revision) return;
    // A file that is broken from the start says nothing about which servers are gone.
    if (current !== settings && file.error() === undefined) rows.keepOnly(Object.keys(current));
    rows.rename(nameOf);
    const found = Object.keys(current).flatMap((source) => publish(known(source)!));
    callable = found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    settings = current;
    revision = rows.revision();
  }

  function publish(one: Known): Tool[] {
    return one.tools.flatMap((row) => {
      const tool = isCallable(one, row.tool) ? make({ name: row.name, source: one.name, row, settings: one.settings }) : undefined;
      rows.publish(row.name, tool ? JSON.stringify(factsOf(tool)) : null);
      return tool ?? [];
    });
  }

  const find = (name: string): Tool | undefined => {
    if (!name.startsWith('mcp_')) return undefined;
    sync();
    const listed = callable.find((tool) => tool.name === name);
    if (listed) return listed;
    const row = rows.tool(name);
    const one = row && known(row.source);
    if (row?.seen && one && one.settings.disabled !== true) return make({ name, source: one.name, row, settings: one.settings });
    const unseen = names().find((source) => mayBeOf(name, source) && isUnseen(known(source)!));
    return unseen === undefined ? undefined : unlisted(name, unseen, readyFor(name, unseen));
  };

  return { names, known, find, list: () => (sync(), callable), row: (name) => rows.tool(name), nameOf };
}

const isUnseen = ({ settings, row }: Known): boolean => settings.disabled !== true && (row?.seenSpec ?? null) === null;

/** Stands for a tool of a server that nobody has looked at yet: when it is called, that is done. */
const unlisted = (name: string, source: string, ready: Tool['ready']): Tool => ({
  name,
  title: name,
  description: `A tool of the MCP server ${source}, which has not been looked at yet.`,
  input: z.looseObject({}),
  output: sourceOutput,
  risk: 'destructive',
  effects: { readsUntrusted: true, sends: true },
  examples: [],
  ready,
  run: () => {
    throw new Error(`${name} was called without having been looked at`);
  },
});
