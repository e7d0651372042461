type Schema = Record<string, unknown>;

/** The least value that fits a JSON Schema, with `given` for fields of those names: what a model writes that has nothing to add. */
export function leastOf(schema: Schema, given: Record<string, unknown> = {}): unknown {
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const choice = [schema.anyOf, schema.oneOf].find(Array.isArray) as Schema[] | undefined;
  if (choice) return leastOf(choice[0]!, given);
  if (schema.type === 'object') {
    const { properties = {}, required = [] } = schema as { properties?: Record<string, Schema>; required?: string[] };
    const names = Object.keys(properties).filter((name) => name in given || required.includes(name));
    return Object.fromEntries(names.map((name) => [name, name in given ? given[name] : leastOf(properties[name]!, given)]));
  }
  if (schema.type === 'array') return [];
  if (schema.type === 'boolean') return true;
  if (schema.type === 'number' || schema.type === 'integer') return 1;
  return schema.type === 'null' ? null : 'ok';
}
