import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { PromptBook } from './mcp-parts.ts';

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
});

type FilePrompt = z.output<typeof frontMatter> & { text: string };

/** The prompts of `prompts/mcp/*.md`: front matter in YAML, then the text with `{{argument}}` in it. */
export function readPromptBook(folder: string): PromptBook {
  let read: FilePrompt[] | undefined;
  const all = (): FilePrompt[] =>
    (read ??= readdirSync(folder)
      .filter((file) => file.endsWith('.md'))
      .toSorted()
      .map((file) => readPrompt(path.join(folder, file))));
  const find = (name: string): FilePrompt | undefined => all().find((prompt) => prompt.name === name);
  return {
    list: () =>
      all().map(({ name, title, description, arguments: args }) => ({
        name,
        title,
        description,
        arguments: args.map(({ values: _values, ...argument }) => argument),
      })),
    get: async (name, args) => {
      const prompt = find(name);
      if (!prompt) return undefined;
      const text = prompt.text.replace(/\{\{(\w+)\}\}/g, (_found, key: string) => args[key] ?? '');
      return { description: prompt.description, messages: [{ role: 'user', content: { type: 'text', text } }] };
    },
    complete: (name, argument, value) => {
      const known = find(name)?.arguments.find((one) => one.name === argument)?.values ?? [];
      return known.filter((one) => one.startsWith(value));
    },
  };
}

function readPrompt(file: string): FilePrompt {
  const [, head = '', text = ''] = /^---\n([^]*?)\n---\n([^]*)$/.exec(readFileSync(file, 'utf8')) ?? [];
  return { ...frontMatter.parse(parse(head)), text: text.trim() };
}
