import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import type { Tool } from '../core/tool.ts';

/**
 * The input as the tool's schema makes it, defaults filled in, paths absolute from `folder` on. Throws `invalid_input` naming
 * field and fault.
 */
export function validate(tool: Tool, raw: unknown, folder: string): unknown {
  const input = raw === undefined || raw === null ? {} : raw;
  const unknownField = firstUnknownField(tool, input);
  // Of a tool that is given secrets, what stands in the wrong place may be one.
  if (unknownField !== undefined) throw invalid(tool, `${tool.secretFields ? 'What was given' : unknownField} is no input of ${tool.name}`);
  const parsed = tool.input.safeParse(input);
  if (parsed.success) return anchored(tool, parsed.data, folder);
  throw invalid(tool, parsed.error.issues.slice(0, 5).map(sentence).join('; '));
}

function anchored({ paths = [] }: Tool, input: unknown, folder: string): unknown {
  if (paths.length === 0) return input;
  const given = input as Record<string, unknown>;
  return { ...given, ...Object.fromEntries(paths.map((field) => [field, absolute(given[field], { field, folder })])) };
}

function absolute(value: unknown, { field, folder }: { field: string; folder: string }): unknown {
  if (value === undefined && field === 'cwd') return folder;
  if (typeof value !== 'string' || value.includes('\0')) return value;
  const end = value.endsWith('/') && value.length > 1 ? '/' : '';
  return path.resolve(folder, value.replace(/^~(?=$|\/)/, homedir())) + end;
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
  const { catchall } = tool.input.def;
  // Some take more than they name.
  if (catchall && !(catchall instanceof z.ZodNever)) return undefined;
  const known = tool.input.shape as Record<string, unknown>;
  const stranger = Object.keys(input).find((name) => !Object.hasOwn(known, name));
  return stranger === undefined ? undefined : JSON.stringify(stranger.slice(0, 60));
}
