import { ExpressionError, namesIn, parseExpression, type Expression } from './expression.ts';
import { WorkflowFault } from './fault.ts';
import { shown } from './shown.ts';
import { namesOf, parseTemplate, TemplateError, type Template } from './template.ts';
import type { InputDeclaration } from './workflow-schema.ts';
import type { Path } from '../../core/yaml-text.ts';

/** What an expression may speak of, at one place in the file. */
export interface Scope {
  inputs: Record<string, InputDeclaration>;
  /** Every step of the file; only one that asks people is approved or not. */
  steps: ReadonlyMap<string, { asks: boolean }>;
  /** Those that have ended by then. */
  ended: ReadonlySet<string>;
  previous: string | undefined;
  /** What a loop or a call offers here. */
  locals: readonly ('item' | 'output')[];
}

export interface Place {
  scope: Scope;
  path: Path;
}

/** Throws WorkflowFault for what is no expression, and for names that nothing will ever stand for: they must not quietly be false. */
export function expressionAt(text: string, { scope, path }: Place): Expression {
  try {
    const parsed = parseExpression(text);
    for (const { path: name } of namesIn(parsed)) refuseUnknown(name, { scope, path });
    return parsed;
  } catch (error) {
    if (error instanceof ExpressionError) throw new WorkflowFault(`${error.message} (character ${error.at + 1})`, path);
    throw error;
  }
}

/** The same for a value with expressions in it. */
export function templateAt(value: unknown, { scope, path }: Place): Template {
  try {
    const parsed = parseTemplate(value, path);
    for (const { name, path: place } of namesOf(parsed, path)) refuseUnknown(name, { scope, path: place });
    return parsed;
  } catch (error) {
    if (error instanceof TemplateError) throw new WorkflowFault(error.message, error.path);
    throw error;
  }
}

function refuseUnknown(name: string[], { scope, path }: Place): void {
  const wrong = whatIsWrong(name, scope);
  if (wrong !== undefined) throw new WorkflowFault(`${shown(name.join('.'))}: ${wrong}`, path);
}

function whatIsWrong([root, ...rest]: string[], scope: Scope): string | undefined {
  switch (root) {
    case 'steps':
      return wrongStep(rest, scope);
    case 'inputs':
      return wrongInput(rest, scope);
    case 'previous':
      return scope.previous === undefined ? 'there is no step before that has ended by then' : wrongField(rest, scope.previous, scope);
    case 'item':
      return scope.locals.includes('item') ? undefined : 'item is only there in a step with for_each, for each turn of it';
    case 'output':
      return scope.locals.includes('output') ? undefined : 'output is only there in verify, undo and expect';
    case 'run':
      return rest.length === 1 && rest[0] === 'id' ? undefined : 'a run has id';
    default:
      return 'there is no such name, only steps, inputs, previous, item, output and run';
  }
}

function wrongStep([id, ...rest]: string[], scope: Scope): string | undefined {
  if (id === undefined) return 'say which, as steps.x.ok';
  if (!scope.steps.has(id)) return `there is no step ${shown(id)}`;
  if (!scope.ended.has(id)) return `step ${id} may not have ended by then; say needs: [${id}]`;
  return wrongField(rest, id, scope);
}

const plainFields = ['ok', 'failed', 'skipped', 'approved', 'status', 'summary'];
const errorFields = ['code', 'message', 'hint'];

function wrongField([field, ...rest]: string[], step: string, { steps }: Scope): string | undefined {
  if (field === 'output') return undefined;
  if (field === 'error')
    return rest.length === 0 || errorFields.includes(rest.join('.')) ? undefined : `error has ${errorFields.join(', ')}`;
  if (field === undefined || !plainFields.includes(field)) return `a step has ${[...plainFields, 'output', 'error'].join(', ')}`;
  if (rest.length > 0) return `${field} has nothing inside`;
  return field === 'approved' && !steps.get(step)!.asks ? `step ${step} has no approval_gate, so it is never approved` : undefined;
}

function wrongInput([name, ...rest]: string[], { inputs }: Scope): string | undefined {
  if (name === undefined) return 'say which, as inputs.x';
  if (!Object.hasOwn(inputs, name)) return `there is no input ${shown(name)}`;
  const { type } = inputs[name]!;
  return rest.length === 0 || type === 'object' || type === 'array' ? undefined : `the input ${name} is a ${type} and has nothing inside`;
}
