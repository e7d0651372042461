import { readFileSync, rmSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { sourceSchemaFile, sourcesSchema, type SourceSettings } from '../../core/source-settings.ts';

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

const mostBytes = 1_048_576;
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
      const text = stampOf(file) === '' ? '{}' : readText(file);
      if (text !== '{}') read(file);
      const whole = JSON.parse(text) as { mcpServers?: Record<string, unknown> };
      const { [name]: before, ...others } = whole.mcpServers ?? {};
      const mcpServers = settings === undefined ? others : { ...whole.mcpServers, [name]: settings };
      write(file, `${JSON.stringify({ ...whole, mcpServers }, null, 2)}\n`);
      return before;
    },
  };
}

/** Changes whenever the file does; empty where there is none. */
function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.mtimeMs} ${found.size} ${found.ino} ${found.mode}` : '';
}

/** Throws `bad_config` with line, column and field. */
export function read(file: string): Sources {
  const text = readText(file);
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
  const way = [...(issue!.path as (string | number)[]), ...(issue!.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
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

/** Where the value begins, or its nearest parent that is there. */
function offsetOf(document: Yaml.Document.Parsed, wanted: (string | number)[]): number {
  for (const path = [...wanted]; path.length > 0; path.pop()) {
    const node = document.getIn(path, true) as Yaml.Node | undefined;
    if (node?.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function readText(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw new ToolError('not_found', `${file} is not there.`, { hint: 'source_add makes it.' });
  if ((found.mode & 0o022) !== 0)
    throw new ToolError('bad_config', `${file} can be written by other users (mode ${(found.mode & 0o777).toString(8)}).`, {
      hint: `Close it with: chmod 600 ${file}`,
    });
  if (found.size > mostBytes)
    throw new ToolError('bad_config', `${file} has ${found.size} bytes, ${mostBytes} is the limit.`, { hint: 'Fewer servers will do.' });
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ToolError('bad_config', `${file} cannot be read.`, { hint: 'Check its owner and permissions.', cause: error });
  }
}

/** Whole or not at all. */
function write(file: string, text: string): void {
  const temporary = `${file}.${newId('new')}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new ToolError('failed', `${file} cannot be written.`, { hint: 'Check free space and permissions: claw doctor.', cause: error });
  }
}

const broken = (place: string, what: string): ToolError =>
  new ToolError('bad_config', `${place}: ${what}`, { hint: `Its form is described in ${sourceSchemaFile} and docs/sources.md.` });
