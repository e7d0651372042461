import type { GivenCommand } from './command-class.ts';
import { absolute, type Ground } from './ground.ts';

const deepest = 20;

/** Every text in a value, keys left out. */
export function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > deepest) return [];
  return Object.values(value).flatMap((inner) => textsIn(inner, depth + 1));
}

/**
 * What may be a file in the input of a tool of which nobody knows what its fields mean: each text that is written as a full path,
 * and each such word in a text.
 */
export const placesIn = (input: unknown, ground: Ground): string[] =>
  textsIn(input)
    .flatMap((text) => [text, ...text.split(/[\s'"`()=,;|&<>]+/)])
    .map((text) => text.replace(/^file:\/\/(?:localhost)?(?=\/)/i, ''))
    .filter((text) => /^(?:\/|~(?:\/|$))/.test(text) && text.length < 4_096 && !text.includes('\0'))
    .map((file) => absolute(file, ground));

const isThing = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The command in an input. Tools of other servers call anything so: one line of text is a line for a shell, what is odd is no command. */
export function commandGiven(input: unknown): GivenCommand & Record<string, unknown> {
  const { command, script, env, stdin, cwd, ...rest } = (input ?? {}) as Record<string, unknown>;
  const isText = (value: unknown): value is string => typeof value === 'string';
  const line = isText(script) ? script : isText(command) ? command : undefined;
  return {
    ...rest,
    ...(Array.isArray(command) && command.every(isText) && { command }),
    ...(line !== undefined && { script: line }),
    // A secret stands in these as an object: it is there, and whoever reads texts passes it over.
    ...(isThing(env) && { env: env as GivenCommand['env'] }),
    ...(stdin !== undefined && { stdin: isThing(stdin) ? (stdin as unknown as string) : JSON.stringify(stdin) }),
    ...(isText(cwd) && { cwd }),
  };
}
