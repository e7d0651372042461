import { z } from 'zod';

const mostNodes = 2_000;
const deepest = 12;

/** What is understood of JSON Schema, draft 2020-12. Patterns are left to the server: they are programs from outside. */
const plainKeys = [
  'type',
  'required',
  'enum',
  'const',
  'default',
  'description',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
] as const;

type Node = Record<string, unknown>;

/**
 * The input of another server's tool: checked as far as its schema is plain, and published as the server wrote it. A schema that
 * is odd, deep or huge is any object, which the server checks itself.
 */
export function inputOf(schema: Node): z.ZodType {
  const checked = compiled(schema) ?? z.looseObject({});
  const { $schema: _dialect, $id: _id, id: _oldId, ...published } = schema;
  return checked.meta({ ...published, type: 'object' });
}

function compiled(schema: Node): z.ZodObject | undefined {
  try {
    const made = z.fromJSONSchema(plain(schema, { left: mostNodes }, 0));
    if (!(made instanceof z.ZodObject)) return undefined;
    // Who names fields and says nothing of others means those: a misspelt one must not vanish.
    return schema.additionalProperties === undefined && Object.keys(made.shape).length > 0 ? made.strip() : made;
  } catch {
    return undefined;
  }
}

function plain(schema: unknown, budget: { left: number }, depth: number): Node | boolean {
  if (typeof schema === 'boolean') return schema;
  budget.left -= 1;
  if (!isNode(schema) || depth > deepest || budget.left < 0) throw new RangeError('no plain schema');
  if ('$ref' in schema || 'allOf' in schema || 'not' in schema || 'if' in schema) return depth === 0 ? { type: 'object' } : {};
  const inner = (part: unknown): Node | boolean => plain(part, budget, depth + 1);
  const { properties, items, anyOf, oneOf, additionalProperties } = schema;
  const choices = anyOf ?? oneOf;
  return {
    ...Object.fromEntries(plainKeys.filter((key) => key in schema).map((key) => [key, schema[key]])),
    ...(isNode(properties) && { properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, inner(part)])) }),
    ...(items !== undefined && { items: inner(items) }),
    // At the top, alternatives say which fields go together: that is the server's to check.
    ...(Array.isArray(choices) && depth > 0 && { anyOf: choices.map(inner) }),
    ...(additionalProperties !== undefined && { additionalProperties: inner(additionalProperties) }),
  };
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
