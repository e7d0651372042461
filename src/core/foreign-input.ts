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
