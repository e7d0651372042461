import { ToolError } from '../../core/errors.ts';
import type { Workflow } from './definition.ts';
import type { InputDeclaration } from './workflow-schema.ts';

/** What was given, with defaults for the rest. Throws `invalid_input` for what is missing, unknown or of another type. */
export function inputsFor({ inputs: declared }: Workflow, given: Record<string, unknown>): Record<string, unknown> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(declared, name));
  if (unknown !== undefined) throw wrong(`It has no input of that name; it has ${Object.keys(declared).join(', ') || 'none'}`);
  return Object.fromEntries(
    Object.entries(declared).map(([name, declaration]) => [
      name,
      valueOf(name, declaration, Object.hasOwn(given, name) ? given[name] : undefined),
    ]),
  );
}

function valueOf(name: string, { type, default: otherwise, required }: InputDeclaration, given: unknown): unknown {
  const value = given ?? otherwise;
  if (value === undefined && required !== true) return null;
  if (value === undefined) throw wrong(`The input ${name} is missing`);
  if (!fits[type](value)) throw wrong(`The input ${name} is no ${type}`);
  return value;
}

const fits: Record<InputDeclaration['type'], (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

const wrong = (what: string): ToolError => new ToolError('invalid_input', `${what}.`, { hint: 'workflow_show lists the inputs.' });
