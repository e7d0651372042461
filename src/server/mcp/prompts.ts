import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { PromptBook, ResourceBook } from './mcp-parts.ts';

const frontMatter = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  arguments: z
    .array(
      z.object({
        name: z.string(),
        description: z.string(),
        required: z.boolean().default(false),
        values: z.array(z.string()).default([]),
      }),
    )
    .default([]),
  /** A resource that goes before the text, its variable named after an argument: `claw://context/{request}`. */
  resource: z.string().optional(),
});

type FilePrompt = z.output<typeof frontMatter> & { text: string };

/** The prompts of `prompts/mcp/*.md`: front matter in YAML, then the text with `{{argument}}` in it. */
export function readPromptBook(folder: string, resources: Pick<ResourceBook, 'read'>): PromptBook {
  let read: Promise<FilePrompt[]> | undefined;
  const all = (): Promise<FilePrompt[]> => (read ??= readPrompts(folder));
  const find = async (name: string): Promise<FilePrompt | undefined> => (await all()).find((prompt) => prompt.name === name);
  return {
    list: async () =>
      (await all()).map(({ name, title, description, arguments: args }) => ({
        name,
        title,
        description,
        arguments: args.map(({ values: _values, ...argument }) => argument),
      })),
    get: async (name, args, { reader }) => {
      const prompt = await find(name);
      if (!prompt) return undefined;
      const text = filled(prompt, args);
      const uri = prompt.resource?.replace(/\{(\w+)\}/g, (_found, key: string) => encodeURIComponent(args[key]!));
      const before = uri === undefined ? [] : ((await resources.read(uri, reader)) ?? []);
      const messages = [
        ...before.map((resource) => ({ role: 'user' as const, content: { type: 'resource' as const, resource } })),
        { role: 'user' as const, content: { type: 'text' as const, text } },
      ];
      return { description: prompt.description, messages };
    },
    complete: async (name, argument, value) => {
      const known = (await find(name))?.arguments.find((one) => one.name === argument)?.values ?? [];
      return known.filter((one) => one.startsWith(value));
    },
  };
}

/** At the first use, with the parser: most connections never ask for a prompt. */
async function readPrompts(folder: string): Promise<FilePrompt[]> {
  const { parse } = await import('yaml');
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'));
  return files.toSorted().map((file) => {
    const [, head = '', text = ''] = /^---\n([^]*?)\n---\n([^]*)$/.exec(readFileSync(path.join(folder, file), 'utf8')) ?? [];
    return { ...frontMatter.parse(parse(head)), text: text.trim() };
  });
}

const placeholder = /\{\{(\w+)\}\}/g;

/** A line that speaks of an argument which was not given is left out. */
function filled({ name, text, arguments: known }: FilePrompt, args: Record<string, string>): string {
  const isGiven = (key: string): boolean => (args[key] ?? '').trim() !== '';
  const missing = known.find((argument) => argument.required && !isGiven(argument.name));
  if (missing)
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${name} needs the argument ${missing.name}: ${missing.description}.`);
  const lines = text.split('\n').filter((line) => [...line.matchAll(placeholder)].every(([, key]) => isGiven(key!)));
  return lines.join('\n').replace(placeholder, (_found, key: string) => args[key]!);
}
