import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { z } from 'zod';
import { ToolError } from './errors.ts';
import { newId } from './ids.ts';

/** A file of the owner's settings. It keeps its comments when claw changes it. */
export interface YamlFile {
  document: Yaml.Document.Parsed;
  /** Of a value, or of its nearest parent that is there: "FILE, line 3, column 5". */
  placeOf(path: Place): string;
}

export type Place = (string | number)[];

const mostBytes = 1_048_576;
const load = createRequire(import.meta.url);

/** Changes whenever the file does; empty where there is none. */
export function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.mtimeMs} ${found.size} ${found.ino} ${found.mode}` : '';
}

/** Throws `bad_config` with line and column. `described` names where its form is written down. No file is an empty one. */
export function openYaml(file: string, described: string): YamlFile {
  const text = readSettings(file);
  const yaml = load('yaml') as typeof Yaml;
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}, line ${line}, column ${col}`;
  };
  const [fault] = document.errors;
  if (fault) throw broken(at(fault.pos[0]), fault.message, described);
  yaml.visit(document, {
    Alias: (_key, { source, range }) => {
      throw broken(at(range?.[0] ?? 0), `*${source}: aliases are not read here; write the value out`, described);
    },
  });
  return { document, placeOf: (path) => at(offsetOf(document, path)) };
}

/** Its value. Throws `bad_config` naming the first field that does not fit. */
export function valueOf<Schema extends z.ZodType>({ document, placeOf }: YamlFile, schema: Schema, described: string): z.output<Schema> {
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw broken(placeOf(pathTo(issue!)), `${issue!.path.join('.') || 'the file'}: ${issue!.message}`, described);
}

export const writeYaml = (file: string, { document }: Pick<YamlFile, 'document'>): void => writeSettings(file, document.toString());

/** Whole or not at all. Synchronous, so that it fits into a transaction, which is the lock. */
export function writeSettings(file: string, text: string): void {
  const temporary = `${file}.${newId('new')}`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new ToolError('failed', `${file} cannot be written.`, { hint: 'Check free space and permissions: claw doctor.', cause: error });
  } finally {
    closeSync(descriptor);
  }
}

export const broken = (place: string, what: string, described: string): ToolError =>
  new ToolError('bad_config', `${place}: ${what}`, { hint: `Its form is described in ${described}.` });

/** An unknown key is named itself. */
export const pathTo = (issue: z.core.$ZodIssue): Place => [
  ...(issue.path as Place),
  ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []),
];

/** Where the value begins, or its nearest parent that is there. */
export function offsetOf(document: Yaml.Document.Parsed, wanted: Place): number {
  for (const path = [...wanted]; path.length > 0; path.pop()) {
    const node = document.getIn(path, true) as Yaml.Node | undefined;
    if (node?.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

/** Text that only its owner can have written; empty where there is no file. Throws `bad_config`. */
export function readSettings(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return '';
  if ((found.mode & 0o022) !== 0)
    throw new ToolError('bad_config', `${file} can be written by other users (mode ${(found.mode & 0o777).toString(8)}).`, {
      hint: `Close it with: chmod 600 ${file}`,
    });
  if (found.size > mostBytes)
    throw new ToolError('bad_config', `${file} has ${found.size} bytes, ${mostBytes} is the limit.`, { hint: 'Shorten it.' });
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ToolError('bad_config', `${file} cannot be read.`, { hint: 'Check its owner and permissions.', cause: error });
  }
}
