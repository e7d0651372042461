import { ToolError } from '../../core/errors.ts';
import { sha256 } from '../../core/json.ts';
import type { Tool } from '../../core/tool.ts';
import { compileWorkflow } from './compile.ts';
import { callsIn, type Workflow } from './definition.ts';
import { WorkflowFault } from './fault.ts';
import { refuseWrongInput } from './literal-input.ts';
import { shown } from './shown.ts';
import { workflowSchema, type WorkflowFile } from './workflow-schema.ts';
import { readYaml, YamlFault, type Path, type Position } from '../../core/yaml-text.ts';

export interface ReadOptions {
  /** For errors, and the workflow's name where it gives none. */
  file: string;
  find: (tool: string) => Tool | undefined;
}

/** A tool that a workflow names and that is not there yet. */
export interface MissingTool {
  /** `rollback` and `notify` are the workflow's own. */
  step: string;
  tool: string;
  line: number;
}

export interface ReadResult {
  workflow: Workflow;
  missingTools: MissingTool[];
}

const longest = 200_000;
const schemaHint = 'docs/workflows.md shows what a step may say; docs/schemas/workflow.schema.json is for editors.';

const mostKept = 50;
const longestKept = 20_000;
const kept = new WeakMap<ReadOptions['find'], Map<string, ReadResult>>();

/**
 * Reads the text of a workflow. Throws `invalid_input` with line and column; nothing in the text is executed. What was read
 * lately with the same tools is not read again: the same text means the same.
 */
export function readWorkflow(text: string, options: ReadOptions): ReadResult {
  const known = kept.get(options.find) ?? new Map<string, ReadResult>();
  kept.set(options.find, known);
  const key = `${options.file}\n${text}`;
  const result = known.get(key) ?? readAnew(text, options);
  if (text.length > longestKept) return result;
  known.delete(key);
  known.set(key, result);
  if (known.size > mostKept) known.delete(known.keys().next().value!);
  return result;
}

function readAnew(text: string, { file, find }: ReadOptions): ReadResult {
  const name = nameOf(file);
  const fault = (what: string, { line, col }: Position): ToolError =>
    new ToolError('invalid_input', `${name}, line ${line}, column ${col}: ${sentence(what)}`, { hint: schemaHint });
  if (text.length > longest) throw fault(`longer than ${longest} characters`, { line: 1, col: 1 });
  const yaml = orFault(
    () => readYaml(text),
    (error) => error instanceof YamlFault && fault(error.message, error.at),
  );
  const placed = (error: unknown): ToolError | false =>
    error instanceof WorkflowFault && fault(`${pathText(error.path)}: ${error.message}`, yaml.positionOf(error.path));
  return orFault(() => {
    const workflow = { ...compileWorkflow(fitting(yaml.value), name), hash: sha256(text) };
    refuseWrongInputs(workflow, find);
    return { workflow, missingTools: missingTools(workflow, { find, lineOf: (path) => yaml.positionOf(path).line }) };
  }, placed);
}

function orFault<Value>(work: () => Value, worded: (error: unknown) => ToolError | false): Value {
  try {
    return work();
  } catch (error) {
    throw worded(error) || error;
  }
}

/** Throws WorkflowFault for the first thing that does not fit the schema. */
function fitting(value: unknown): WorkflowFile {
  const parsed = workflowSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const stranger = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  throw new WorkflowFault(issue.message, [...(issue.path as Path), ...stranger]);
}

function refuseWrongInputs(workflow: Workflow, find: ReadOptions['find']): void {
  for (const { call } of callsIn(workflow)) {
    const tool = find(call.tool);
    if (tool) refuseWrongInput(call, tool);
  }
}

const mostShown = 240;
const sentence = (what: string): string => `${shown(what.replaceAll(/\s+/g, ' '), mostShown).replace(/\.$/, '')}.`;
const pathText = (path: Path): string => path.map((part) => shown(String(part), 40)).join('.') || 'the file';
const nameOf = (file: string): string =>
  file
    .split('/')
    .at(-1)!
    .replace(/\.ya?ml$/, '');

function missingTools(workflow: Workflow, { find, lineOf }: Pick<ReadOptions, 'find'> & { lineOf: (path: Path) => number }): MissingTool[] {
  const calls = callsIn(workflow).filter(({ call }) => !find(call.tool));
  const missing = calls.map(({ step, call }) => ({ step, tool: call.tool, line: lineOf(call.path) }));
  const canNotify = workflow.notify === undefined || find(notifyTool) !== undefined;
  return canNotify ? missing : [...missing, { step: 'notify', tool: notifyTool, line: lineOf(['notify']) }];
}

/** What delivers the summary to a profile. */
export const notifyTool = 'message_notify';
