import { readFileSync, statSync, type Stats } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';
import { compileRule, type Rule } from './policy-rules.ts';
import { warningsOf } from './policy-warnings.ts';
import { policySchema, policySchemaFile, type Trusted } from './policy-schema.ts';

export interface Policy {
  rules: Rule[];
  trusted: Trusted;
  /** What in the file has no effect or cannot be met, with its line. */
  warnings: string[];
}

export interface PolicyState {
  file: string;
  /** `kept`: the file is broken now, and the last good one stays in force. */
  state: 'absent' | 'loaded' | 'kept';
  /** What is wrong with the file, with line and column. */
  error?: string;
}

/** The owner's rules, read again when the file has changed. */
export interface PolicyFile {
  /** Never throws once made: a file that has become unreadable leaves the last good rules in force. */
  current(): Policy;
  state(): PolicyState;
}

const none: Policy = { rules: [], trusted: { hosts: [], paths: [] }, warnings: [] };

/** Throws `bad_config` where the file is there and is broken: a server does not start on half its rules. */
export function createPolicyFile({ file, log, tools }: { file: string; log: Log; tools: ToolFacts[] }): PolicyFile {
  const read = (): Policy => {
    const policy = readPolicy(file, tools);
    for (const warning of policy.warnings) log.warn('policy_rule_without_effect', { file, warning });
    return policy;
  };
  let seen = stampOf(file);
  let policy = seen === '' ? none : read();
  let error: string | undefined;
  const refresh = (): void => {
    const stamp = stampOf(file);
    if (stamp === seen) return;
    seen = stamp;
    try {
      policy = stamp === '' ? none : read();
      error = undefined;
      log.info('policy_loaded', { file, rules: policy.rules.length });
    } catch (broken) {
      error = broken instanceof Error ? broken.message : String(broken);
      log.error('policy_broken', { file, error, inForce: policy.rules.length });
    }
  };
  return {
    current: () => {
      refresh();
      return policy;
    },
    state: () => {
      refresh();
      return { file, state: error === undefined ? (seen === '' ? 'absent' : 'loaded') : 'kept', ...(error !== undefined && { error }) };
    },
  };
}

/** Changes whenever the file does; empty where there is none. */
function stampOf(file: string): string {
  let found: Stats | undefined;
  try {
    found = statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    return `unreadable ${String(error)}`;
  }
  return found ? `${found.mtimeMs} ${found.size} ${found.ino} ${found.mode}` : '';
}

const load = createRequire(import.meta.url);

/** `tools`: those that rules may name; without them no rule is said to have no effect. */
export function readPolicy(file: string, tools: ToolFacts[] = []): Policy {
  refuseWritable(file);
  // Only who has a policy pays for reading YAML.
  const yaml = load('yaml') as typeof Yaml;
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(readText(file), { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}, line ${line}, column ${col}`;
  };
  const [fault] = document.errors;
  if (fault) throw broken(at(fault.pos[0]), fault.message);
  const parsed = policySchema().safeParse(valueOf(document, at(0)) ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(at(offsetOf(document, issue!)), `${issue!.path.join('.') || 'the file'}: ${issue!.message}`);
  }
  const rules = parsed.data.rules.map(compileRule);
  const lineOf = (index: number): number => {
    const node = document.getIn(['rules', index], true) as Yaml.Node | undefined;
    return lines.linePos(node?.range?.[0] ?? 0).line;
  };
  return { rules, trusted: parsed.data.trusted, warnings: tools.length === 0 ? [] : warningsOf(rules, { tools, lineOf }) };
}

/** Aliases to nothing, in circles or that multiply have no value. */
function valueOf(document: Yaml.Document, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw broken(where, 'its aliases cannot be resolved');
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ToolError('bad_config', `${file} cannot be read.`, { hint: 'Check its owner and permissions.', cause: error });
  }
}

function refuseWritable(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o022) !== 0)
    throw new ToolError('bad_config', `${file} can be written by other users (mode ${(mode & 0o777).toString(8)}).`, {
      hint: `Close it with: chmod 600 ${file}`,
    });
}

/** Where the value that an issue names begins, or its nearest parent that is there. */
function offsetOf(document: Yaml.Document.Parsed, issue: z.core.$ZodIssue): number {
  const path = [...issue.path] as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    const parent = document.getIn(path, true) as Yaml.YAMLMap<Yaml.Scalar> | undefined;
    const pair = parent?.items.find(({ key }) => key.value === issue.keys[0]);
    if (pair?.key.range) return pair.key.range[0];
  }
  for (; path.length > 0; path.pop()) {
    const node = document.getIn(path, true) as Yaml.Node | undefined;
    if (node?.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

const broken = (place: string, what: string): ToolError =>
  new ToolError('bad_config', `${place}: ${what}`, { hint: `Its form is described in ${policySchemaFile} and docs/policy.md.` });
