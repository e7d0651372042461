import { shown } from './shown.ts';

/**
 * Conditions of workflows: comparisons, and/or/not, parentheses, literals, names. Total: every expression that was parsed has a
 * value, whatever the data; what is missing is null. Nothing is evaluated as code. Logic has three values, as SQL's: what is
 * neither true nor false stays so under `not`, so that no condition becomes true because something is missing.
 *
 *   or      = and ("or" and)*          and  = not ("and" not)*       not = "not" not | compare
 *   compare = value (("==" | "!=" | "<" | "<=" | ">" | ">=" | "contains") value)?
 *   value   = literal | name | "always()" | "(" or ")"
 */
export type Expression =
  | { kind: 'literal'; value: Scalar }
  | { kind: 'name'; path: string[]; at: number }
  | { kind: 'always' }
  | { kind: 'not'; of: Expression }
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'compare'; operator: Operator; left: Expression; right: Expression };

type Scalar = string | number | boolean | null;
type Operator = (typeof operators)[number];
const operators = ['==', '!=', '<=', '>=', '<', '>', 'contains'] as const;

/** Where in the text it stopped making sense. */
export class ExpressionError extends Error {
  /** Characters from the start. */
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

interface Token {
  kind: 'string' | 'number' | 'word' | 'mark' | 'end';
  text: string;
  at: number;
}

const longest = 2_000;
const deepest = 50;
const shapes = /\s+|"(?:[^"\\]|\\.)*"|'[^']*'|-?\d+(?:\.\d+)?(?![\w.])|[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|\d+))*|==|!=|<=|>=|[<>()]/y;

/** Throws ExpressionError. */
export function parseExpression(text: string): Expression {
  if (text.length > longest) throw new ExpressionError(`longer than ${longest} characters`, 0);
  const parser = new Parser(tokens(text));
  return parser.whole();
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern = new RegExp(shapes);
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw new ExpressionError(`${JSON.stringify(text.slice(at, at + 10))} is not understood`, at);
    if (match[0].trim() !== '') found.push({ kind: kindOf(match[0]), text: match[0], at });
  }
  return [...found, { kind: 'end', text: 'the end', at: text.length }];
}

function kindOf(text: string): Token['kind'] {
  if (/^["']/.test(text)) return 'string';
  if (/^-?\d/.test(text)) return 'number';
  return /^\w/.test(text) ? 'word' : 'mark';
}

class Parser {
  private readonly list: Token[];
  private next = 0;
  private depth = 0;
  constructor(list: Token[]) {
    this.list = list;
  }

  whole(): Expression {
    const expression = this.or();
    if (this.peek().kind !== 'end') throw this.unexpected();
    return expression;
  }

  private or(): Expression {
    let left = this.and();
    while (this.take('or')) left = { kind: 'or', left, right: this.and() };
    return left;
  }

  private and(): Expression {
    let left = this.not();
    while (this.take('and')) left = { kind: 'and', left, right: this.not() };
    return left;
  }

  private not(): Expression {
    if ((this.depth += 1) > deepest) throw new ExpressionError('nested too deeply', this.peek().at);
    const expression: Expression = this.take('not') ? { kind: 'not', of: this.not() } : this.compare();
    this.depth -= 1;
    return expression;
  }

  private compare(): Expression {
    const left = this.value();
    const operator = operators.find((one) => this.take(one));
    return operator ? { kind: 'compare', operator, left, right: this.value() } : left;
  }

  private value(): Expression {
    const token = this.peek();
    if (this.take('(')) return this.closed(this.or());
    this.next += 1;
    if (token.kind === 'string') return { kind: 'literal', value: unquoted(token) };
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
    if (token.kind !== 'word' || reserved.has(token.text)) throw this.unexpected(token);
    if (constants.has(token.text)) return { kind: 'literal', value: constants.get(token.text) ?? null };
    return this.take('(') ? this.call(token) : { kind: 'name', path: token.text.split('.'), at: token.at };
  }

  private call(token: Token): Expression {
    if (token.text !== 'always')
      throw new ExpressionError(`there is no function ${shown(token.text)}(); always() is the only one`, token.at);
    return this.closed({ kind: 'always' });
  }

  private closed(expression: Expression): Expression {
    if (!this.take(')')) throw this.unexpected();
    return expression;
  }

  private take(text: string): boolean {
    const token = this.peek();
    const isIt = token.text === text && token.kind !== 'string';
    this.next += Number(isIt);
    return isIt;
  }

  private peek(): Token {
    return this.list[Math.min(this.next, this.list.length - 1)]!;
  }

  private unexpected(token = this.peek()): ExpressionError {
    return new ExpressionError(
      token.kind === 'end' ? 'something is missing at the end' : `${shown(token.text)} is not expected here`,
      token.at,
    );
  }
}

const reserved = new Set(['and', 'or', 'not', 'contains']);
const constants = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** Double quotes as in JSON, single quotes as they stand. */
function unquoted({ text, at }: Token): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new ExpressionError('a text in double quotes is written as in JSON; single quotes take it as it stands', at);
  }
}

/** Every name in it, for a check against what there is. */
export function namesIn(expression: Expression): { path: string[]; at: number }[] {
  if (expression.kind === 'name') return [expression];
  if (expression.kind === 'not') return namesIn(expression.of);
  return 'left' in expression ? [...namesIn(expression.left), ...namesIn(expression.right)] : [];
}

export function namesAlways(expression: Expression): boolean {
  if (expression.kind === 'not') return namesAlways(expression.of);
  return 'left' in expression ? namesAlways(expression.left) || namesAlways(expression.right) : expression.kind === 'always';
}

/** The value, `data` being what names stand for. Only own properties are seen; nothing else is ever true than `true`. */
export function evaluate(expression: Expression, data: unknown): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'always':
      return true;
    case 'name':
      return valueAt(data, expression.path);
    case 'not':
      return opposite(truthOf(evaluate(expression.of, data)));
    case 'and':
      return all(truthOf(evaluate(expression.left, data)), truthOf(evaluate(expression.right, data)));
    case 'or':
      return opposite(all(opposite(truthOf(evaluate(expression.left, data))), opposite(truthOf(evaluate(expression.right, data)))));
    case 'compare':
      return compare(expression.operator, evaluate(expression.left, data), evaluate(expression.right, data));
  }
}

/** Fails closed: only `true` is true. */
export const isTrue = (value: unknown): boolean => value === true;

/** Null where it is neither. */
type Truth = boolean | null;
const truthOf = (value: unknown): Truth => (typeof value === 'boolean' ? value : null);
const opposite = (truth: Truth): Truth => (truth === null ? null : !truth);
const all = (left: Truth, right: Truth): Truth =>
  left === false || right === false ? false : left === null || right === null ? null : true;

export function valueAt(data: unknown, path: string[]): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return value ?? null;
}

/** Null where the two cannot be compared so. */
function compare(operator: Operator, left: unknown, right: unknown): Truth {
  if (operator === '==') return same(left, right);
  if (operator === '!=') return !same(left, right);
  if (operator === 'contains') return holds(left, right);
  const isOrdered = (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string');
  if (!isOrdered) return null;
  const [a, b] = [left, right] as [number, number];
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
}

const same = (left: unknown, right: unknown): boolean => left === right || JSON.stringify(left) === JSON.stringify(right);

function holds(whole: unknown, part: unknown): Truth {
  if (Array.isArray(whole)) return whole.some((item) => same(item, part));
  return typeof whole === 'string' && typeof part === 'string' ? whole.includes(part) : null;
}
