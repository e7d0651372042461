import { shown } from './shown.ts';
import { evaluate, ExpressionError, namesIn, parseExpression, type Expression } from './expression.ts';

/** A value with `${{ … }}` in it, read once. */
export type Template =
  | { kind: 'plain'; value: unknown }
  | { kind: 'value'; of: Expression; text: string }
  | { kind: 'text'; parts: (string | Expression)[]; text: string }
  | { kind: 'list'; items: Template[] }
  | { kind: 'fields'; fields: [string, Template][] };

/** Where in a value an expression is wrong. */
export class TemplateError extends Error {
  /** Keys and indexes from the value down to the text. */
  readonly path: (string | number)[];
  constructor(message: string, path: (string | number)[]) {
    super(message);
    this.path = path;
  }
}

/** Throws TemplateError. A text that is one expression and nothing else keeps the type of its value. */
export function parseTemplate(value: unknown, path: (string | number)[] = []): Template {
  if (typeof value === 'string') return textTemplate(value, path);
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item, index) => parseTemplate(item, [...path, index])) };
  if (typeof value !== 'object' || value === null) return { kind: 'plain', value };
  return { kind: 'fields', fields: Object.entries(value).map(([key, inner]) => [key, parseTemplate(inner, [...path, key])]) };
}

/** From mark to mark, so that it takes no longer than the text is long. */
function textTemplate(text: string, path: (string | number)[]): Template {
  const parts: (string | Expression)[] = [];
  let end = 0;
  for (let open = text.indexOf('${{'); open !== -1; open = text.indexOf('${{', end)) {
    const close = text.indexOf('}}', open);
    if (close === -1) throw new TemplateError('${{ is not closed by }}', path);
    if (open > end) parts.push(text.slice(end, open));
    parts.push(expressionIn(text.slice(open + 3, close), path));
    end = close + 2;
  }
  if (end < text.length) parts.push(text.slice(end));
  if (parts.every((part) => typeof part === 'string')) return { kind: 'plain', value: text };
  return parts.length === 1 ? { kind: 'value', of: parts[0] as Expression, text } : { kind: 'text', parts, text };
}

function expressionIn(text: string, path: (string | number)[]): Expression {
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new TemplateError(`\${{${shown(text)}}}: ${error.message}`, path);
  }
}

export function render(template: Template, data: unknown): unknown {
  switch (template.kind) {
    case 'plain':
      return template.value;
    case 'value':
      return evaluate(template.of, data);
    case 'text':
      return template.parts.map((part) => (typeof part === 'string' ? part : asText(evaluate(part, data)))).join('');
    case 'list':
      return template.items.map((item) => render(item, data));
    case 'fields':
      return Object.fromEntries(template.fields.map(([key, inner]) => [key, render(inner, data)]));
  }
}

/** The value as it stands in the file; with `inputs`, those are put in where nothing else is needed. */
export function asWritten(template: Template, inputs?: Record<string, unknown>): unknown {
  if (template.kind === 'plain') return template.value;
  if (template.kind === 'list') return template.items.map((item) => asWritten(item, inputs));
  if (template.kind === 'fields') return Object.fromEntries(template.fields.map(([key, inner]) => [key, asWritten(inner, inputs)]));
  return inputs && namesOf(template).every(({ name: [root] }) => root === 'inputs') ? render(template, { inputs }) : template.text;
}

const asText = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** Every name that the value refers to, with where. */
export function namesOf(template: Template, path: (string | number)[] = []): { name: string[]; path: (string | number)[] }[] {
  switch (template.kind) {
    case 'plain':
      return [];
    case 'value':
      return namesIn(template.of).map((one) => ({ name: one.path, path }));
    case 'text':
      return template.parts.flatMap((part) => (typeof part === 'string' ? [] : namesIn(part))).map((one) => ({ name: one.path, path }));
    case 'list':
      return template.items.flatMap((item, index) => namesOf(item, [...path, index]));
    case 'fields':
      return template.fields.flatMap(([key, inner]) => namesOf(inner, [...path, key]));
  }
}
