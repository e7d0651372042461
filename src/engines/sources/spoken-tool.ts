import { z } from 'zod';
import type { Slot } from '../../core/tool.ts';

/** How people ask for a tool whose owner has given no sentences: by its name and its server's, never by what the server says. */
export function spokenFor(source: string, tool: string): string[] {
  const words = tool
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase();
  const server = source.replaceAll(/[^A-Za-z0-9]+/g, ' ').trim();
  return [
    `${words} with ${server}`,
    `${words} in ${server}`,
    `use ${words} of ${server}`,
    `${words} on ${server}`,
    `ask ${server} to ${words}`,
  ];
}

const bySchemaName: [RegExp, Slot][] = [
  [/url|uri|link/i, 'url'],
  [/^(?:path|file|folder|dir|directory)|(?:Path|_path)$/i, 'path'],
];

/** Where required fields come from in a sentence, as far as their types and names tell; the one text that is left is what is quoted. */
export function slotsFor(input: z.ZodType): Record<string, Slot> {
  if (!(input instanceof z.ZodObject)) return {};
  const required = Object.entries(input.shape as Record<string, z.ZodType>).filter(([, schema]) => !schema.safeParse(undefined).success);
  const slots: Record<string, Slot> = {};
  const texts: string[] = [];
  for (const [field, schema] of required) {
    const named = bySchemaName.find(([pattern]) => pattern.test(field))?.[1];
    if (schema instanceof z.ZodNumber) slots[field] = 'number';
    else if (schema instanceof z.ZodString && named !== undefined) slots[field] = named;
    else if (schema instanceof z.ZodString) texts.push(field);
  }
  const [text] = texts;
  if (text !== undefined && texts.length === 1) slots[text] = 'payload';
  return slots;
}
