import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import type { Tool } from '../core/tool.ts';

/** The input as the tool's schema makes it, defaults filled in. Throws `invalid_input` naming field and fault. */
export function validate(tool: Tool, raw: unknown): unknown {
  const input = raw === undefined || raw === null ? {} : raw;
  const unknownField = firstUnknownField(tool, input);
  if (unknownField !== undefined) throw invalid(tool, `${unknownField} is no input of ${tool.name}`);
  const parsed = tool.input.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalid(tool, parsed.error.issues.slice(0, 5).map(sentence).join('; '));
}

const sentence = ({ path, message }: z.core.$ZodIssue): string => (path.length > 0 ? `${path.join('.')}: ${message}` : message);

function invalid(tool: Tool, what: string): ToolError {
  return new ToolError('invalid_input', `${what}.`, { hint: `${tool.name} takes: ${fields(tool).join(', ') || 'no input'}.` });
}

function fields(tool: Tool): string[] {
  if (!(tool.input instanceof z.ZodObject)) return [];
  return Object.entries(tool.input.shape).map(([name, schema]) => ((schema as z.ZodType).safeParse(undefined).success ? `${name}?` : name));
}

// zod drops fields it does not know; a misspelt argument must not vanish.
function firstUnknownField(tool: Tool, input: unknown): string | undefined {
  if (!(tool.input instanceof z.ZodObject) || typeof input !== 'object' || input === null) return undefined;
  const known = tool.input.shape as Record<string, unknown>;
  const stranger = Object.keys(input).find((name) => !Object.hasOwn(known, name));
  return stranger === undefined ? undefined : JSON.stringify(stranger.slice(0, 60));
}
