import { isDeepStrictEqual } from 'node:util';
import { filled, type Places } from './places.ts';
import type { ExpectedCall } from './scenario.ts';

/** Whether a call is of that tool, with at least those inputs. */
export function isExpected({ tool, input }: { tool: string; input: unknown }, wanted: ExpectedCall, places: Places): boolean {
  if (typeof wanted === 'string') return tool === wanted;
  return tool === wanted.tool && contains(input, filled(wanted.input, places));
}

export const nameOf = (wanted: ExpectedCall): string => (typeof wanted === 'string' ? wanted : wanted.tool);

/** Whether all of `part` is in `whole`; a pattern stands for every text that it matches. */
function contains(whole: unknown, part: unknown): boolean {
  if (part instanceof RegExp) return typeof whole === 'string' && part.test(whole);
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return isDeepStrictEqual(whole, part);
  if (typeof whole !== 'object' || whole === null) return false;
  return Object.entries(part).every(([key, value]) => contains((whole as Record<string, unknown>)[key], value));
}
