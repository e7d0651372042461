import type { z } from 'zod';
import { editDistance } from './edit-distance.ts';
import { parsedJson } from './json.ts';
import { mark } from './redaction/mark.ts';
import { secretFieldsOf, type Tool, type ToolCall } from './tool.ts';

/**
 * What may be kept of calls whose inputs carry a secret's value, wherever they are named: in another call, a job, a rule, a
 * plan. Values nobody has learnt yet, because the call was misspelt and never made, are known by their place alone.
 */
export interface SecretCalls {
  /** The input of a call as it may be recorded; itself where nothing is to be taken out. */
  recordable(tool: string, input: unknown): unknown;
  /** Any value in which calls stand as `{tool, input}`: a plan, a run's input. Itself where nothing is to be taken out. */
  value<T>(value: T): T;
  /** The secrets that a call, and calls within it, spell out in the fields for them. */
  valuesIn(tool: string, input: unknown): string[];
}

const inputKeys = new Set(['input', 'inputs', 'args', 'arguments', 'params', 'parameters', 'with', 'values']);
const nameKeys = ['tool', 'name'] as const;
const none: SecretCalls = { recordable: (_tool, input) => input, value: (value) => value, valuesIn: () => [] };

export function createSecretCalls(tools: Tool[]): SecretCalls {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const secretive = tools.filter(({ secretFields }) => secretFields !== undefined);
  if (secretive.length === 0) return none;
  const nouns = [...new Set(secretive.map(({ name }) => name.split('_')[0]!))];
  const words = new RegExp(nouns.join('|'), 'i');

  /** Undefined where a name means no tool with secrets; for a name that is nearly one, a tool of which nothing is known. */
  function meant(name: unknown): Tool | 'unknown' | undefined {
    if (typeof name !== 'string' || name.length > 100) return undefined;
    const known = byName.get(name);
    if (known) return known.secretFields === undefined ? undefined : known;
    const plain = name.toLowerCase().replaceAll(/[^a-z]+/g, '_');
    const isNear = words.test(plain) || secretive.some((tool) => editDistance(plain, tool.name) <= 2);
    return isNear ? 'unknown' : undefined;
  }

  /** Of the input, what its fields show that are no secret and hold what they should. */
  function cleaned(tool: Tool | 'unknown', input: unknown): unknown {
    if (typeof input !== 'object' || input === null) return mark;
    if (Array.isArray(input)) return input.length === 0 ? input : [mark];
    const secret = tool === 'unknown' ? [] : secretFieldsOf(tool, input);
    return mapped(input as Record<string, unknown>, (field, value) => {
      const schema = tool === 'unknown' ? undefined : fieldsOf(tool)[field];
      if (!schema) return [mark, mark];
      const isFit = (value === undefined || !secret.includes(field)) && schema.safeParse(value).success;
      return [field, isFit ? value : mark];
    });
  }

  /** An object that names such a call, under whatever keys. */
  function callShown(object: Record<string, unknown>): Record<string, unknown> {
    const key = nameKeys.find((one) => hasInput(object, one) && meant(object[one]) !== undefined);
    if (key === undefined) return object;
    const tool = meant(object[key])!;
    const secrets = new Set(tool === 'unknown' ? [] : secretFieldsOf(tool, {}));
    return mapped(object, (field, value) => {
      if (inputKeys.has(field)) return [field, cleaned(tool, value)];
      return [field, field !== key && secrets.has(field) && typeof value === 'string' ? mark : value];
    });
  }

  function deep(value: unknown): unknown {
    if (typeof value === 'string') return words.test(value) ? textShown(value) : value;
    return walked(value, deep, callShown);
  }

  /** A text that is JSON, or a tool's name and JSON. What is torn can be read by nobody, so nothing of it is shown. */
  function textShown(text: string): string {
    const { tool, json } = callIn(text) ?? {};
    if (json === undefined) return text;
    const before = tool === undefined ? '' : `${tool} `;
    const from = parsedJson(json);
    if (from === undefined) return before + mark;
    const named = meant(tool);
    return rewritten(text, { before, from, to: named === undefined ? deep(from) : cleaned(named, from) });
  }

  function recordable(name: string, input: unknown): unknown {
    const tool = meant(name);
    if (tool !== undefined) return cleaned(tool, input);
    const shown = deep(isObject(input) ? callShown(input) : input);
    const known = byName.get(name);
    if (!known || !isObject(shown) || !words.test(JSON.stringify(shown)) || isFit(known, input as object)) return shown;
    // What does not fit its tool may hold a call in a place that is misspelt.
    return mapped(shown, (field, value) => {
      const schema = fieldsOf(known)[field];
      return schema ? [field, schema.safeParse(value).success ? value : mark] : [mark, mark];
    });
  }

  const pairShown = ({ tool, ...rest }: Record<string, unknown>, whole: Record<string, unknown>): Record<string, unknown> =>
    typeof tool === 'string' && Object.hasOwn(rest, 'input')
      ? mapped(whole, (field, value) => [field, field === 'input' ? recordable(tool, value) : value])
      : whole;
  const pairs = (value: unknown): unknown => walked(value, pairs, (object) => pairShown(object, object));

  function valuesIn(value: unknown): string[] {
    if (typeof value === 'string') {
      const { tool, json } = (words.test(value) ? callIn(value) : undefined) ?? {};
      return json === undefined ? [] : valuesIn(tool === undefined ? parsedJson(json) : { tool, input: parsedJson(json) });
    }
    if (typeof value !== 'object' || value === null) return [];
    const inner = Object.values(value).flatMap(valuesIn);
    const { tool: name, input } = value as Partial<ToolCall>;
    const tool = meant(name);
    if (typeof tool !== 'object' || typeof input !== 'object' || input === null) return inner;
    return [...secretFieldsOf(tool, input).flatMap((field) => textOf(input, field)), ...inner];
  }

  return {
    recordable,
    value: (value) => pairs(value) as typeof value,
    valuesIn: (tool, input) => valuesIn({ tool, input }),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `name` means a tool where arguments stand beside it, and nothing else does; `tool` always. */
const hasInput = (object: Record<string, unknown>, key: 'tool' | 'name'): boolean =>
  key === 'tool' || Object.keys(object).some((field) => inputKeys.has(field));

const fieldsOf = (tool: Tool): Record<string, z.ZodType | undefined> =>
  (tool.input as unknown as { shape?: Record<string, z.ZodType> }).shape ?? {};

/** The object with each member changed; itself where none is. */
function mapped(object: Record<string, unknown>, change: (field: string, value: unknown) => [string, unknown]): Record<string, unknown> {
  const entries = Object.entries(object);
  const changed = entries.map(([field, value]) => change(field, value));
  const isSame = changed.every(([field, value], index) => field === entries[index]![0] && value === entries[index]![1]);
  return isSame ? object : Object.fromEntries(changed);
}

function walked(
  value: unknown,
  walk: (inner: unknown) => unknown,
  shown: (object: Record<string, unknown>) => Record<string, unknown>,
): unknown {
  if (Array.isArray(value)) {
    const list = value.map(walk);
    return list.every((one, index) => one === value[index]) ? value : list;
  }
  return isObject(value) ? mapped(shown(value), (field, inner) => [field, walk(inner)]) : value;
}

const textOf = (input: object, field: string): string[] => {
  const value = (input as Record<string, unknown>)[field];
  return typeof value === 'string' ? [value] : [];
};

const isFit = (tool: Tool, input: object): boolean =>
  Object.keys(input).every((field) => fieldsOf(tool)[field] !== undefined) && tool.input.safeParse(input).success;

/** JSON, or a tool's name and JSON after it. */
function callIn(text: string): { tool: string | undefined; json: string } | undefined {
  const [, tool, json] = /^\s*([\w:.-]+)?\s*([{["'][^]*)$/.exec(text) ?? [];
  return json === undefined ? undefined : { tool, json };
}

function rewritten(text: string, { before, from, to }: { before: string; from: unknown; to: unknown }): string {
  return from === to ? text : before + JSON.stringify(to);
}
