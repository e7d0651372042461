import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { canonicalJson } from '../../core/json.ts';
import { watcherSchemaFile, watchersSchema, type WatcherRule, type WrittenRule } from '../../core/watcher-rule.ts';

const mostBytes = 1_048_576;
const load = createRequire(import.meta.url);

/** The rules of a watchers.yaml, with the place of each in the file. */
export interface RulesText {
  rules: WatcherRule[];
  /** Of a rule, or of a field of it: "watchers.yaml, line 3, column 5". */
  placeOf(index: number, field?: string): string;
}

/** Changes whenever the file does; empty where there is none. */
export function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.mtimeMs} ${found.size} ${found.ino} ${found.mode}` : '';
}

/** Throws `bad_config` with line and column. No file is no rules. */
export function readRules(file: string): RulesText {
  // Only who has rules pays for reading YAML.
  if (stampOf(file) === '') return { rules: [], placeOf: () => file };
  const { document, placeOf } = parse(readText(file), file);
  const parsed = watchersSchema().safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(placeOf(pathTo(issue!)), `${issue!.path.join('.') || 'the file'}: ${issue!.message}`);
  }
  const { rules } = parsed.data;
  const seen = new Set<string>();
  for (const [index, { name }] of rules.entries()) {
    if (seen.has(name)) throw broken(placeOf(['rules', index, 'name']), `rules.${index}.name: there is another rule called ${name}`);
    seen.add(name);
  }
  return { rules, placeOf: (index, field) => placeOf(['rules', index, ...(field === undefined ? [] : [field])]) };
}

/** Adds the rule at the end of the file, comments and all kept. Synchronous, so that it fits into one transaction, which is the lock. */
export function addRule(file: string, rule: WrittenRule): void {
  const { document } = parse(readText(file), file);
  if (document.hasIn(['rules', 0])) document.addIn(['rules'], document.createNode(rule));
  else document.set('rules', document.createNode([rule]));
  write(file, document.toString());
}

/** Takes the rule at that place out. */
export function removeRule(file: string, index: number): void {
  const { document } = parse(readText(file), file);
  document.deleteIn(['rules', index]);
  write(file, document.toString());
}

/** The rule as it is written, without the defaults. */
export function writtenRule(file: string, index: number): WrittenRule {
  return (parse(readText(file), file).document.toJS() as { rules: WrittenRule[] }).rules[index]!;
}

/** The rule as a person would write it. */
export function withoutDefaults(rule: WatcherRule): WrittenRule {
  const usual = watchersSchema().parse({ rules: [{ name: rule.name, path: rule.path }] }).rules[0] as Record<string, unknown>;
  const told = Object.entries(rule).filter(
    ([field, value]) =>
      value !== undefined && (field === 'name' || field === 'path' || canonicalJson(value) !== canonicalJson(usual[field] ?? null)),
  );
  return Object.fromEntries(told) as WrittenRule;
}

type Place = (string | number)[];

function parse(text: string, file: string): { document: Yaml.Document.Parsed; placeOf: (path: Place) => string } {
  const yaml = load('yaml') as typeof Yaml;
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}, line ${line}, column ${col}`;
  };
  const [fault] = document.errors;
  if (fault) throw broken(at(fault.pos[0]), fault.message);
  yaml.visit(document, {
    Alias: (_key, { source, range }) => {
      throw broken(at(range?.[0] ?? 0), `*${source}: aliases are not read here; write the value out`);
    },
  });
  return { document, placeOf: (path) => at(offsetOf(document, path)) };
}

/** An unknown key is named itself. */
const pathTo = (issue: z.core.$ZodIssue): Place => [
  ...(issue.path as Place),
  ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []),
];

/** Where the value begins, or its nearest parent that is there. */
function offsetOf(document: Yaml.Document.Parsed, wanted: Place): number {
  for (const path = [...wanted]; path.length > 0; path.pop()) {
    const node = document.getIn(path, true) as Yaml.Node | undefined;
    if (node?.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function readText(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return '';
  if ((found.mode & 0o022) !== 0)
    throw new ToolError('bad_config', `${file} can be written by other users (mode ${(found.mode & 0o777).toString(8)}).`, {
      hint: `Close it with: chmod 600 ${file}`,
    });
  if (found.size > mostBytes)
    throw new ToolError('bad_config', `${file} has ${found.size} bytes, ${mostBytes} is the limit.`, { hint: 'Fewer rules will do.' });
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ToolError('bad_config', `${file} cannot be read.`, { hint: 'Check its owner and permissions.', cause: error });
  }
}

/** Whole or not at all. */
function write(file: string, text: string): void {
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

export const broken = (place: string, what: string): ToolError =>
  new ToolError('bad_config', `${place}: ${what}`, { hint: `Its form is described in ${watcherSchemaFile} and docs/watcher.md.` });
