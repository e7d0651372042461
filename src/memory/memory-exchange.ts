import { z } from 'zod';
import { parsedJson } from '../core/json.ts';
import { ToolError } from '../core/errors.ts';
import { categories, type Category, type Memory, type RememberRequest } from './memory-types.ts';

/** jsonl and markdown are ours; server-memory is the file of the reference knowledge-graph server. */
export type ExchangeFormat = 'jsonl' | 'markdown' | 'server-memory';

/** A memory as it comes from a file. */
export type Imported = Omit<RememberRequest, 'namespace' | 'source' | 'writeKey' | 'mayRevive'> & { namespace?: string };

const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .optional();
const ours = z.object({
  text: z.string().min(1).max(8_000),
  category: z.enum(categories).default('fact'),
  namespace: z.string().max(100).optional(),
  key: z.string().max(200).optional(),
  tags: z.array(z.string().max(60)).max(20).default([]),
  subject: z.string().max(100).optional(),
  thread: z.string().max(200).optional(),
  createdAt: moment,
  validFrom: moment,
  validUntil: moment,
  confidence: z.number().min(0).max(1).optional(),
  pinned: z.boolean().optional(),
  tainted: z.boolean().default(false),
});
/** https://github.com/modelcontextprotocol/servers/tree/main/src/memory: one entity or relation a line. */
const graph = z.discriminatedUnion('type', [
  z.object({ type: z.literal('entity'), name: z.string(), entityType: z.string(), observations: z.array(z.string()) }),
  z.object({ type: z.literal('relation'), from: z.string(), to: z.string(), relationType: z.string() }),
]);

/** Reads a file's text. Lines that cannot be read are counted, unless none can: then `invalid_input`. */
export function readMemories(text: string, format: ExchangeFormat): { memories: Imported[]; unreadable: number } {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const read = format === 'markdown' ? markdownLines(lines) : lines.map((line) => (format === 'jsonl' ? ourLine(line) : graphLine(line)));
  const memories = read.flatMap((found) => found ?? []);
  const unreadable = read.filter((found) => found === undefined).length;
  if (memories.length > 0 || lines.length === 0) return { memories, unreadable };
  throw new ToolError('invalid_input', `There is no memory in this file, read as ${format}.`, {
    hint: 'Is it another format? jsonl, markdown, server-memory.',
  });
}

function ourLine(line: string): Imported[] | undefined {
  const parsed = ours.safeParse(parsedJson(line));
  if (!parsed.success) return undefined;
  const { createdAt, validFrom = createdAt, ...rest } = parsed.data;
  return [{ ...rest, validFrom }];
}

function graphLine(line: string): Imported[] | undefined {
  const parsed = graph.safeParse(parsedJson(line));
  if (!parsed.success) return undefined;
  const of = (text: string, subject: string, tags: string[]): Imported => ({
    text: text.slice(0, 8_000),
    category: 'fact',
    subject: subject.slice(0, 100) || undefined,
    tags: tags.map((tag) => tag.slice(0, 60)),
    tainted: false,
  });
  if (parsed.data.type === 'relation') {
    const { from, to, relationType } = parsed.data;
    return [of(`${from} ${relationType.replaceAll('_', ' ')} ${to}`, from, ['relation'])];
  }
  const { name, entityType, observations } = parsed.data;
  const about = (text: string): string => (text.toLowerCase().includes(name.toLowerCase()) ? text : `${name}, ${entityType}: ${text}`);
  if (observations.length === 0) return [of(`${name}, ${entityType}`, name, [entityType])];
  return observations.filter((text) => text.trim() !== '').map((text) => of(about(text), name, [entityType]));
}

/** `## category` headings, and a list item for each memory. Whatever else is on the page is no memory. */
function markdownLines(lines: string[]): (Imported[] | undefined)[] {
  let category: Category = 'fact';
  return lines.map((line) => {
    const heading = /^#+\s+(\w+)/.exec(line)?.[1]?.toLowerCase();
    const known = categories.find((one) => one === heading);
    if (heading !== undefined) category = known ?? 'fact';
    const item = /^\s*[-*+]\s+(.+)$/.exec(line)?.[1]?.trim();
    if (item === undefined) return [];
    const isOutside = item.endsWith(outsideMark);
    const text = isOutside ? item.slice(0, -outsideMark.length).trim() : item;
    return text.length <= 8_000 && text !== '' ? [{ text, category, tags: [], tainted: isOutside }] : undefined;
  });
}

const outsideMark = '(from outside)';

/** What `readMemories` reads again. */
export function writeMemories(memories: Memory[], format: 'jsonl' | 'markdown'): string {
  if (format === 'jsonl') return memories.map((memory) => `${JSON.stringify(memory)}\n`).join('');
  const parts = categories.flatMap((category) => {
    const items = memories.filter((memory) => memory.category === category);
    const line = ({ text, tainted }: Memory): string => `- ${text.replace(/\s+/g, ' ').trim()}${tainted ? ` ${outsideMark}` : ''}`;
    return items.length > 0 ? [`## ${category}\n\n${items.map(line).join('\n')}\n`] : [];
  });
  return `# Memories\n\n${parts.join('\n')}`;
}
