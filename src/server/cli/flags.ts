import { editDistance } from '../../core/edit-distance.ts';
import { ToolError } from '../../core/errors.ts';
import type { ToolFacts } from '../../core/tool-facts.ts';

/** The part of JSON Schema that our inputs use. */
export interface Property {
  /** `['string', 'object']` is text or `{"$secret": name}`. */
  type?: string | string[];
  enum?: unknown[];
  items?: Property;
  default?: unknown;
  description?: string;
}

export interface InputSchema {
  properties: Record<string, Property>;
  required: string[];
}

export const schemaOf = ({ inputSchema }: ToolFacts): InputSchema => ({
  properties: (inputSchema.properties ?? {}) as Record<string, Property>,
  required: (inputSchema.required ?? []) as string[],
});

export const flagOf = (field: string): string => `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Fields that take words without a flag: those that are required, then texts and lists, in the schema's order. */
export function positionalFields(schema: InputSchema): string[] {
  const isPlain = (field: string): boolean =>
    [schema.properties[field]?.type ?? []].flat().some((type) => ['string', 'array', 'number', 'integer'].includes(type));
  const fields = Object.keys(schema.properties).filter(isPlain);
  const optional = fields.filter(
    (field) =>
      !schema.required.includes(field) && schema.properties[field]?.type !== 'integer' && schema.properties[field]?.type !== 'number',
  );
  return [...fields.filter((field) => schema.required.includes(field)), ...optional];
}

/**
 * `claw file write a.txt hello --mode append` → `{path, text, mode}`. Throws `invalid_input` naming the flag.
 * `stdin` is read for a value of `-`.
 */
export function inputFromArgs(tool: ToolFacts, args: string[], stdin: () => string): Record<string, unknown> {
  const schema = schemaOf(tool);
  const byFlag = new Map(Object.keys(schema.properties).map((field) => [flagOf(field), field]));
  const input: Record<string, unknown> = {};
  const words: string[] = [];
  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--') words.push(...queue.splice(0));
    else if (/^--[a-z]/.test(arg)) takeFlag(arg, { queue, byFlag, schema, input, tool, stdin });
    else words.push(arg === '-' ? stdin() : arg);
  }
  placeWords(words, { schema, input, tool });
  return input;
}

interface FlagDesk {
  queue: string[];
  byFlag: Map<string, string>;
  schema: InputSchema;
  input: Record<string, unknown>;
  tool: ToolFacts;
  stdin: () => string;
}

function takeFlag(arg: string, { queue, byFlag, schema, input, tool, stdin }: FlagDesk): void {
  const [flag = '', ...rest] = arg.split('=');
  const negated = byFlag.get(flag.replace(/^--no-/, '--'));
  if (flag.startsWith('--no-') && !byFlag.has(flag) && negated) return void (input[negated] = false);
  const field = byFlag.get(flag);
  if (field === undefined) throw unknownFlag(flag, tool, [...byFlag.keys()]);
  const property = schema.properties[field]!;
  if (property.type === 'boolean' && rest.length === 0) return void (input[field] = true);
  // What stands behind -- is one list: --shell -- df -h.
  if (property.type === 'array' && rest.length === 0 && queue[0] === '--') return void (input[field] = queue.splice(0).slice(1));
  const raw = rest.length > 0 ? rest.join('=') : queue.shift();
  if (raw === undefined) throw new ToolError('invalid_input', `${flag} needs a value.`, { hint: helpHint(tool) });
  const value = parseValue(raw === '-' ? stdin() : raw, property, flag);
  input[field] =
    property.type === 'array' && Array.isArray(input[field]) ? [...(input[field] as unknown[]), ...(value as unknown[])] : value;
}

function parseValue(raw: string, { type, items }: Property, flag: string): unknown {
  if (type === 'number' || type === 'integer') {
    if (raw.trim() !== '' && Number.isFinite(Number(raw))) return Number(raw);
    throw new ToolError('invalid_input', `${flag} takes a number.`, { hint: `As in ${flag} 10` });
  }
  if (type === 'boolean') return raw !== 'false';
  if (type === 'array' && raw.startsWith('{')) return [asJson(raw, flag)];
  if (type === 'array') return raw.startsWith('[') ? asJson(raw, flag) : raw.split(',').map((item) => parseValue(item, items ?? {}, flag));
  if (type === 'string') return raw;
  if (Array.isArray(type)) return /^\s*\{\s*"\$secret"/.test(raw) ? asJson(raw, flag) : raw;
  return /^[[{"\d]|^(true|false|null)$/.test(raw) ? asJson(raw, flag) : raw;
}

function asJson(raw: string, flag: string): unknown {
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    throw new ToolError('invalid_input', `${flag} takes JSON.`, { hint: `As in ${flag} '{"key":"value"}'` });
  }
}

function placeWords(
  words: string[],
  { schema, input, tool }: { schema: InputSchema; input: Record<string, unknown>; tool: ToolFacts },
): void {
  const open = positionalFields(schema).filter((field) => input[field] === undefined);
  while (words.length > 0) {
    const field = open.shift();
    if (field === undefined) throw new ToolError('invalid_input', `There is no place for ${shown(words[0])}.`, { hint: helpHint(tool) });
    const property = schema.properties[field]!;
    if (property.type === 'array') input[field] = words.splice(0).flatMap((word) => (property.items?.enum ? word.split(',') : [word]));
    else input[field] = parseValue(words.shift()!, property, flagOf(field));
  }
}

/** `ssh_host_add` is `ssh host-add`. */
export const commandOf = (tool: string): string => tool.replace('_', ' ').replaceAll('_', '-');

/** What was typed may be a secret, and this process need not know which words are: only what looks like a command is repeated. */
export const shown = (word = ''): string => (/^-{0,2}[a-z][a-z_-]{0,29}$/.test(word) ? word : '…');

const helpHint = (tool: ToolFacts): string => `claw ${commandOf(tool.name)} --help shows its flags.`;

function unknownFlag(flag: string, tool: ToolFacts, known: string[]): ToolError {
  const near = nearest(flag, known);
  return new ToolError('invalid_input', `claw ${commandOf(tool.name)} has no ${shown(flag)}.`, {
    hint: near ? `Do you mean ${near}? ${helpHint(tool)}` : helpHint(tool),
  });
}

/** The known word that differs least, if it differs little. */
export function nearest(word: string, known: string[]): string | undefined {
  const scored = known.map((one) => ({ one, distance: editDistance(word, one) })).toSorted((a, b) => a.distance - b.distance);
  return scored[0] && scored[0].distance <= Math.max(2, Math.floor(word.length / 3)) ? scored[0].one : undefined;
}
