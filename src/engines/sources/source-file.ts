import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { z } from 'zod';
import type { ToolError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { sourceSchemaFile, sourcesSchema, type SourceSettings } from '../../core/source-settings.ts';
import { broken as brokenFile, offsetOf, pathTo, readSettings, stampOf, writeSettings } from '../../core/yaml-file.ts';

export type Sources = Record<string, SourceSettings>;

/** mcp.json, read again when it has changed. */
export interface SourceFile {
  /** Those of the last good file. Never throws. */
  current(): Sources;
  /** What is wrong with the file now, with line and field; the last good one stays in force. */
  error(): string | undefined;
  /** Writes one server's settings, or takes it out. Throws `bad_config` where the file is broken. Gives what stood there before. */
  change(name: string, settings: SourceSettings | undefined): unknown;
}

const described = `${sourceSchemaFile} and docs/sources.md`;
const load = createRequire(import.meta.url);

export function createSourceFile({ file, log }: { file: string; log: Log }): SourceFile {
  let seen = 'never';
  let sources: Sources = {};
  let error: string | undefined;
  const refresh = (): void => {
    const stamp = stampOf(file);
    if (stamp === seen) return;
    seen = stamp;
    try {
      sources = stamp === '' ? {} : read(file);
      error = undefined;
    } catch (broken) {
      error = broken instanceof Error ? broken.message : String(broken);
      log.error('mcp_json_broken', { file, error, inForce: Object.keys(sources).length });
    }
  };
  return {
    current: () => (refresh(), sources),
    error: () => (refresh(), error),
    change: (name, settings) => {
      const text = stampOf(file) === '' ? '{}' : readSettings(file);
      if (text !== '{}') read(file);
      const whole = JSON.parse(text) as { mcpServers?: Record<string, unknown> };
      const { [name]: before, ...others } = whole.mcpServers ?? {};
      const mcpServers = settings === undefined ? others : { ...whole.mcpServers, [name]: settings };
      writeSettings(file, `${JSON.stringify({ ...whole, mcpServers }, null, 2)}\n`);
      return before;
    },
  };
}

/** Throws `bad_config` with line, column and field. */
export function read(file: string): Sources {
  const text = readSettings(file);
  const yaml = load('yaml') as typeof Yaml;
  const lines = new yaml.LineCounter();
  // JSON is YAML, and this reader knows where everything stands.
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'json' });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}, line ${line}, column ${col}`;
  };
  const [fault] = document.errors;
  if (fault) throw broken(at(fault.pos[0]), fault.message);
  const parsed = sourcesSchema().safeParse(jsonIn(text, at(0)));
  if (parsed.success) return parsed.data.mcpServers;
  const [issue] = parsed.error.issues;
  const way = pathTo(issue!);
  throw broken(at(offsetOf(document, way)), `${way.join('.') || 'the file'}: ${messageOf(issue!)}`);
}

const messageOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;

function jsonIn(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw broken(where, error instanceof Error ? error.message.slice(0, 100) : 'it is no JSON');
  }
}

const broken = (place: string, what: string): ToolError => brokenFile(place, what, described);
