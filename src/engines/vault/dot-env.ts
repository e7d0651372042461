import { parseEnv } from 'node:util';
import { ToolError } from '../../core/errors.ts';

/** Names and values of a `.env` file, in Node's reading of it (`util.parseEnv`). */
export const readDotEnv = (text: string): Record<string, string> => parseEnv(text) as Record<string, string>;

/** A `.env` file that reads back as exactly these values. Throws `invalid_input` naming what the format cannot hold. */
export function writeDotEnv(values: Record<string, string>): string {
  const lines = Object.entries(values).map(([name, value]) => lineOf(name, value));
  return lines.join('');
}

// The format has no escapes to speak of, so of the quotes the first is taken that gives the value back.
function lineOf(name: string, value: string): string {
  const lines = ["'", '"', '`', ''].map((quote) => `${name}=${quote}${value}${quote}\n`);
  const line = lines.find((candidate) => readsAs(candidate, name, value));
  if (line !== undefined) return line;
  throw new ToolError('invalid_input', `The secret "${name}" cannot be written in a .env file.`, {
    hint: 'Its name or value has characters that the format does not know. Export the others by name.',
  });
}

function readsAs(line: string, name: string, value: string): boolean {
  // A line after it must not be swallowed by an open quote.
  const found = readDotEnv(`${line}AFTER_IT=1\n`);
  return found[name] === value && found.AFTER_IT === '1' && Object.keys(found).length === (name === 'AFTER_IT' ? 1 : 2);
}
