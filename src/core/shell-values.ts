import type { DoubleQuotedChild, Word, WordPart } from 'unbash';

/** Stands in a word for what only the running shell knows: a variable, the output of a command. */
export const computed = '\0';
/** Where an unquoted value falls apart into words (Bash manual 3.5.7). */
const gap = '\u0002';

/** What variables are known to hold, because the line itself sets them once, and for certain. */
export type Values = ReadonlyMap<string, string>;

/** The words that one word of a line becomes: quotes gone, braces and known variables expanded, split where the shell would. */
export function wordsOf(word: Word, values: Values): string[] {
  const texts = word.parts ? joined(word.parts, values) : [word.value];
  return texts.flatMap((text) => (text.includes(gap) ? text.split(gap).filter((piece) => piece !== '') : [text]));
}

/** As one text, for places that are not split: assignments, redirections, here-documents. */
export const textOf = (word: Word, values: Values): string => wordsOf(word, values).join(' ');

export const partsText = (parts: readonly WordPart[], values: Values): string => joined(parts, values).join(' ').replaceAll(gap, ' ');

const mostAlternatives = 64;

/** All texts that the parts can become; more than one where braces offer alternatives. */
function joined(parts: readonly WordPart[], values: Values): string[] {
  let texts = [''];
  for (const part of parts) {
    const ends = part.type === 'BraceExpansion' ? alternatives(part.text) : [partText(part, values, false)];
    texts = texts.flatMap((text) => ends.map((end) => text + end)).slice(0, mostAlternatives);
  }
  return texts;
}

function partText(part: WordPart | DoubleQuotedChild, values: Values, isQuoted: boolean): string {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return part.value;
    case 'DoubleQuoted':
    case 'LocaleString':
      return part.parts.map((child) => partText(child, values, true)).join('');
    case 'Glob':
    case 'BraceExpansion':
      return part.text;
    case 'ExtendedGlob':
      return '*';
    case 'SimpleExpansion':
      return variable(part.text.slice(1), values, isQuoted);
    case 'ParameterExpansion':
      return part.operation || part.prefix || part.index ? computed : variable(part.parameter, values, isQuoted);
    case 'CommandExpansion':
      return plainOutput.test(part.text) ? 'x' : computed;
    case 'ArithmeticExpansion':
    case 'ProcessSubstitution':
      return computed;
  }
}

/** Commands whose output is a plain word: no path, no option. */
const plainOutput = /^(\$\(|`)\s*(date(\s+["']?\+[%\w:-]+["']?)?|hostname|whoami|nproc|uname\s+-[a-z]|id\s+-[ung]+)\s*(\)|`)$/;

function variable(name: string, values: Values, isQuoted: boolean): string {
  const value = values.get(name);
  if (value === undefined) return computed;
  return isQuoted ? value : value.replace(/\s+/g, gap);
}

/** `{a,b}` is a and b; a range or nested braces are anything. */
function alternatives(text: string): string[] {
  const inner = text.slice(1, -1);
  if (/[{}$`'"\\]/.test(inner)) return [computed];
  return inner.includes(',') ? inner.split(',') : ['*'];
}
