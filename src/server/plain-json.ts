import { ToolError } from '../core/errors.ts';
import { scanMessage } from './message-scan.ts';

/** Objects and lists within each other, the outermost included. What takes values apart by recursion stays far from its limit. */
export const deepestNesting = 64;

/** What makes a parsed value unfit to go on; undefined where nothing does. Its nesting is bounded before, so the walk is too. */
export function faultIn(value: unknown): string | undefined {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string' && !next.isWellFormed()) return halfPair;
    if (typeof next !== 'object' || next === null) continue;
    // Assigned to an object, this key would change what the object is.
    if (Object.hasOwn(next, '__proto__')) return 'no object may have a member __proto__.';
    if (!Object.keys(next).every((key) => key.isWellFormed())) return halfPair;
    for (const inner of Object.values(next)) waiting.push(inner);
  }
  return undefined;
}

const halfPair = 'half of a surrogate pair is not text.';

/** The input of a call from outside, as JSON in UTF-8; nothing at all is no arguments. Throws `invalid_input`. */
export function parseInput(bytes: Uint8Array): unknown {
  const scan = scanMessage();
  scan.push(bytes);
  if (scan.depth > deepestNesting) throw unfit(`it nests more than ${deepestNesting} levels of objects and lists.`);
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw unfit('it is not JSON in UTF-8.');
  }
  const fault = faultIn(value);
  if (fault !== undefined) throw unfit(fault);
  return value;
}

const unfit = (why: string): ToolError =>
  new ToolError('invalid_input', `The input cannot be taken: ${why}`, { hint: "Send the tool's input as a JSON object." });
