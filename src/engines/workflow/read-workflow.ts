import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { ToolError } from '../../core/errors.ts';
import { sha256 } from '../../core/json.ts';
import type { Workflow } from './definition.ts';
import { compileWorkflow, WorkflowFault } from './compile.ts';
import { workflowSchema } from './workflow-schema.ts';

export interface ReadOptions {
  /** For errors, and the workflow's name where it gives none. */
  file: string;
  /** Whether there is such a tool. */
  isTool: (name: string) => boolean;
}

export interface ReadResult {
  workflow: Workflow;
  /** Tools that it names and that are not there yet: it can be kept, but not run. */
  missingTools: { step: string; tool: string; line: number }[];
}

const longest = 200_000;

/** Reads the text of a workflow. Throws `invalid_input` with line and column; nothing in the text is executed. */
export function readWorkflow(text: string, { file, isTool }: ReadOptions): ReadResult {
  if (text.length > longest) throw fault(file, `longer than ${longest} characters`, { line: 1, col: 1 });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw fault(file, error.message, lines.linePos(error.pos[0]));
  const where = (path: (string | number)[]): Position => positionOf(document, path, lines);
  const parsed = workflowSchema.safeParse(documentValue(document, file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const path = issue.path as (string | number)[];
    throw fault(file, `${path.join('.') || 'the file'}: ${issue.message}`, where(path));
  }
  try {
    const workflow = { ...compileWorkflow(parsed.data, nameOf(file)), hash: sha256(text) };
    return { workflow, missingTools: missingTools(workflow, { isTool, where }) };
  } catch (error_) {
    if (!(error_ instanceof WorkflowFault)) throw error_;
    throw fault(file, `${error_.path.join('.')}: ${error_.message}`, where(error_.path));
  }
}

interface Position {
  line: number;
  col: number;
}

function documentValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch {
    throw fault(file, 'aliases that multiply', { line: 1, col: 1 });
  }
}

const nameOf = (file: string): string =>
  file
    .split('/')
    .at(-1)!
    .replace(/\.ya?ml$/, '');

const fault = (file: string, what: string, { line, col }: Position): ToolError =>
  new ToolError('invalid_input', `${nameOf(file)}, line ${line}, column ${col}: ${what}.`.replace('..', '.'), {
    hint: 'docs/workflows.md shows what a step may say; docs/schemas/workflow.schema.json is for editors.',
  });

/** Of the deepest part of the path that is there. */
function positionOf(document: Document, path: (string | number)[], lines: LineCounter): Position {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.range) return lines.linePos(node.range[0]);
  }
  return { line: 1, col: 1 };
}

interface Tools {
  isTool: (name: string) => boolean;
  where: (path: (string | number)[]) => Position;
}

function missingTools({ steps }: Workflow, { isTool, where }: Tools): ReadResult['missingTools'] {
  return steps.flatMap(({ id, does, undo }, index) =>
    ['tool' in does ? does.tool : undefined, undo?.tool]
      .filter((tool) => tool !== undefined && !isTool(tool))
      .map((tool) => ({ step: id, tool: tool!, line: where(['steps', index]).line })),
  );
}
