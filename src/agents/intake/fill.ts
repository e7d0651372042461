import { targetIn } from './target.ts';
import { z } from 'zod';
import { isReference, type Reference } from '../../core/reference.ts';
import { readSchedule } from '../../core/schedule.ts';
import { parseShell } from '../../core/shell-words.ts';
import type { Slot, Tool } from '../../core/tool.ts';
import { extract, type Entities } from './extract.ts';
import { idLike, nameIn } from './names.ts';
import { scheduleOf } from './schedule-phrase.ts';
import { contentOf, needleOf, refersBack, replacementOf, topicOf } from './prose.ts';

/** What earlier parts of the request offer to a later one. */
export interface Earlier {
  /** Tasks so far, with their literal inputs. */
  tasks: { id: string; tool: string; input: Record<string, unknown> }[];
}

export interface Filled {
  /** Something was not named here, but by the part before. */
  inherits: boolean;
  /** … and it is a path. */
  inheritsPath: boolean;
  input: Record<string, unknown>;
  /** Required fields for which the text has no value. */
  missing: string[];
  /** How many fields the text itself decided. */
  decided: number;
}

type Value = unknown;

interface Source {
  part: string;
  entities: Entities;
  earlier: Earlier;
  schema: z.ZodType;
}

/** Fills a tool's input from a sentence, by its slots and words. It takes what is there and invents nothing. */
export function fill(tool: Tool, part: string, earlier: Earlier): Filled {
  const shape = tool.input instanceof z.ZodObject ? (tool.input.shape as Record<string, z.ZodType>) : {};
  const entities = extract(part);
  const input: Record<string, unknown> = {};
  for (const [field, schema] of Object.entries(shape)) {
    const slot = (tool.slots as Record<string, Slot> | undefined)?.[field];
    const words = (tool.words as Record<string, Record<string, string[]>> | undefined)?.[field];
    const value = (slot && bySlot[slot]({ part, entities, earlier, schema })) ?? (words && byWords(part, words, schema));
    if (value !== undefined) input[field] = value;
  }
  const inherited = inheritedName(tool, part, earlier);
  for (const [field, value] of Object.entries(inherited)) input[field] ??= value;
  // From a thing to itself: then one of the two was misread.
  if (input.from !== undefined && input.from === input.to) delete input.to;
  const inheritsPath = typeof input.path === 'string' && !part.includes(input.path);
  return {
    input,
    inherits: inheritsPath || Object.keys(inherited).length > 0,
    inheritsPath,
    missing: missingFields(tool, input, shape),
    decided: Object.keys(input).length,
  };
}

/** "check the workflow deploy and run it": what the part before was about, where it is for the same noun. */
function inheritedName(tool: Tool, part: string, { tasks }: Earlier): Record<string, unknown> {
  const before = tasks.at(-1);
  if (before?.tool.split('_')[0] !== tool.name.split('_')[0] || !saysIt.test(part)) return {};
  const named = Object.entries((tool.slots ?? {}) as Record<string, Slot>).filter(([, slot]) => nameSlots.has(slot));
  return Object.fromEntries(
    named.flatMap(([field]) => {
      const value = before!.input[field] ?? before!.input.name;
      return typeof value === 'string' ? [[field, value]] : [];
    }),
  );
}

const saysIt = /\b(?:it|its|that|this|them)\b/i;
const nameSlots = new Set<Slot>(['id', 'job', 'workflow', 'watcher', 'secret']);

/** Reads an answer to a question about one field. Undefined where it does not fit. */
export function fillField(tool: Tool, field: string, answer: string): Value {
  const schema = (tool.input as z.ZodObject).shape[field] as z.ZodType;
  const slot = (tool.slots as Record<string, Slot> | undefined)?.[field];
  const entities = extract(answer);
  const direct =
    slot && slot !== 'content' && slot !== 'topic' ? bySlot[slot]({ part: answer, entities, earlier: { tasks: [] }, schema }) : undefined;
  const plain = entities.quoted[0] ?? answer.trim();
  return [direct, plain, Number(plain), plain.split(/\s+/), plain === 'yes' || plain === 'true'].find(
    (value) => value !== undefined && schema.safeParse(value).success,
  );
}

const bySlot: Record<Slot, (source: Source) => Value> = {
  path: ({ entities, part, earlier }) =>
    fromOf(part, { entities, earlier }) ?? entities.paths[0] ?? hereOf(part) ?? barePath(part) ?? pathOfEarlier(earlier),
  folder: ({ entities, part, earlier }) =>
    entities.paths[0] ?? hereOf(part) ?? barePath(part) ?? (pointsBack.test(part) ? folderOfEarlier(earlier) : undefined),
  newFolder: ({ entities, part }) => newFolderOf(part) ?? entities.paths[0] ?? barePath(part),
  destination: ({ entities, part, earlier }) =>
    destinationIn(part, { ...entities, from: fromOf(part, { entities, earlier }) }) ??
    (/\b(?:in|into|to) (?:there|it|that folder)\b/i.test(part) ? pathOfEarlier(earlier) : undefined),
  pattern: ({ entities }) => entities.patterns[0],
  url: ({ entities }) => entities.urls[0],
  host: ({ entities }) => (entities.urls[0] === undefined ? undefined : URL.parse(entities.urls[0])?.hostname),
  target: ({ part }) => targetIn(part),
  command: ({ entities }) => simpleCommand(entities.command),
  script: ({ entities }) =>
    entities.command !== undefined && simpleCommand(entities.command) === undefined ? entities.command : undefined,
  id: ({ entities, part }) => entities.ids[0] ?? part.match(idLike)?.[0] ?? numberedIn(part),
  job: ({ entities, part }) =>
    entities.ids.find((id) => id.startsWith('job_')) ??
    entities.quoted.find((text) => !readSchedule(text)) ??
    jobIn(part) ??
    nameIn(part, ['job', 'cron', 'timer']),
  number: ({ entities, schema }) => entities.numbers.find((number) => schema.safeParse(number).success),
  duration: ({ entities, schema }) =>
    entities.durationMs !== undefined && schema.safeParse(entities.durationMs).success ? entities.durationMs : undefined,
  time: () => undefined,
  schedule: ({ entities, part }) => scheduleOf(part, entities.quoted),
  quoted: ({ entities }) => entities.quoted[0],
  program: ({ entities, part }) => entities.quoted[0] ?? programIn(part),
  theme: ({ entities, part }) => (entities.ids.length > 0 ? undefined : themeIn(part, entities.quoted)),
  topic: ({ part, entities }) => topicOf(part, entities.quoted),
  content: contentSlot,
  document: documentSlot,
  needle: ({ part, entities }) => needleOf(part, entities),
  find: ({ part }) => replacementOf(part)?.find,
  replacement: ({ part }) => replacementOf(part)?.replace,
  payload: ({ part, entities }) => entities.quoted[0] ?? /:\s+(\S[^]*)$/.exec(part)?.[1],
  workflow: ({ part, entities }) => entities.quoted[0] ?? nameIn(part, ['workflow']),
  watcher: ({ part, entities }) => entities.quoted[0] ?? nameIn(part, ['watcher', 'watch rule', 'folder rule', 'rule']),
  secret: ({ part, entities }) => entities.quoted[0] ?? nameIn(part, ['secret', 'credential', 'password', 'token', 'key']),
  prompt: ({ part, entities }) => entities.quoted[0] ?? promptIn(part),
  sentence: ({ part }) => part,
};

/** "approval 31", "run 4be": a number stands for an id where its kind is named. */
const numberedIn = (part: string): string | undefined =>
  /\b(?:run|approval|request|memory|note|call|rule)\s+(?:number\s+|no\.?\s*|#)?((?=\w*\d)[a-z0-9]{1,12})\b/i.exec(part)?.[1];

/** "have the model write a poem": what stands behind the name of what is asked. */
const promptIn = (part: string): string | undefined =>
  /\b(?:model|llm|ai|claude|gpt|chatgpt)\b,?\s+(?:to\s+|for\s+|that\s+)?(\S.{3,})$/is.exec(part)?.[1]?.replace(/^:\s*/, '');

/** "is nginx running": which program. */
function programIn(part: string): string | undefined {
  const [, name] =
    /\b(?:is|are|if|whether|that)\s+(?:the\s+)?(?:(?:process|program|service)\s+)?([\w.@-]+)(?:\s+(?:process|service|daemon))?\s+(?:is\s+)?(?:still\s+)?(?:running|alive)\b/i.exec(
      part,
    ) ?? [];
  return name !== undefined && !/^(?:it|this|that|there|they|anything|something|what|which|machine|claw|processes|programs)$/i.test(name)
    ? name
    : undefined;
}

/** "forget the wifi channel", "forget what I said about the printer". */
function themeIn(part: string, quoted: string[]): string | undefined {
  const theme = topicOf(part.replace(/^(?:please\s+)?(?:forget|drop|erase)\s+/i, 'about '), quoted);
  return theme === undefined ||
    /^(?:it|that|this|them|everything|all|anything|me|memor(?:y|ies)|that memory|last (?:one|memory))$/i.test(theme)
    ? undefined
    : theme.replace(
        /^(?:what|everything|all|anything)\s+(?:(?:i|we|you)\s+(?:said|told you|wrote|know|noted)\s+)?(?:about\s+)?(?:the\s+|my\s+)?/i,
        '',
      );
}

/** "the disk job", "the job called backup": by which words of its name a scheduled job is known. */
function jobIn(part: string): string | undefined {
  const [, after] = /\bjob\s+(?:called\s+|named\s+)?([A-Za-z][\w-]*)\s*[.!?]?$/i.exec(part) ?? [];
  const [, before] = /\b(?:the|my|our|that)\s+((?:[\w-]+\s+){1,4})(?:job|reminder)\b/i.exec(part) ?? [];
  const words = (before ?? after)
    ?.trim()
    .split(/\s+/)
    .filter((word) => !/^(?:cron|scheduled|first|last|next|new|now|again|runs?|off|to)$/i.test(word));
  return words && words.length > 0 ? words.join(' ') : undefined;
}

/** An argument vector, where the line needs no shell. */
function simpleCommand(line: string | undefined): string[] | undefined {
  if (line === undefined || /[$`*?<>]/.test(line)) return undefined;
  const commands = parseShell(line);
  return commands?.length === 1 && commands[0]!.words.length > 0 && commands[0]!.writesTo.length === 0 && !/[|&;]/.test(line)
    ? commands[0]!.words
    : undefined;
}

const hereOf = (part: string): string | undefined =>
  /\b(?:here|current (?:folder|directory)|this (?:folder|directory)|working directory)\b/i.test(part)
    ? '.'
    : /\b(?:my |the )?home (?:folder|directory)\b/i.test(part)
      ? '~'
      : undefined;

/** "a folder called A in B" is B/A. */
function newFolderOf(part: string): string | undefined {
  const [, name, place] =
    /\b(?:called|named|(?:folder|directory)(?!\s+(?:called|named|in|inside|at|for)\b))\s+["'`]?([^\s"'`,;]+)["'`]?(?:\s+(?:in|inside|under|below)\s+(?:the\s+)?(?:folder\s+|directory\s+)?["'`]?([~.\w/-]*\/[\w./-]*))?/i.exec(
      part,
    ) ?? [];
  return name === undefined ? undefined : place === undefined ? name : `${place.replace(/\/$/, '')}/${name}`;
}

const pointsBack = /\b(?:it|that|there|the (?:file|folder|directory))\b/i;

/** "the folder backups", "the file Makefile". */
const barePath = (part: string): string | undefined =>
  /\b(?:file|folder|directory|dir)\s+(?:called\s+|named\s+)?["'`]?((?!there\b|here\b|it\b|that\b|and\b|in\b|to\b|of\b|on\b|with\b|from\b|the\b|for\b|is\b|that\b|called\b|named\b)[\w.-]{2,})/i.exec(
    part,
  )?.[1];

/** Behind "to" or "into", or the second of two paths side by side, as in "cp a b". A new name alone stays in its folder. */
function destinationIn(part: string, { destination, paths, from: first = '' }: Entities & { from?: string }): string | undefined {
  const second = paths[1];
  if (destination === undefined) return second !== undefined && part.includes(`${first} ${second}`) ? second : undefined;
  if (hasEnding.test(first) && !hasEnding.test(destination) && !/\brename|\bname of\b|\bas\b|\bcalled\b/i.test(part))
    return `${destination.replace(/\/$/, '')}/`;
  if (/\brename|\bname of\b/i.test(part) && !destination.includes('/') && first.includes('/'))
    return `${first.slice(0, first.lastIndexOf('/'))}/${destination}`;
  return destination;
}

/** What a change starts from: named here, or what "it" stands for. */
const fromOf = (part: string, { entities, earlier }: { entities: Entities; earlier: Earlier }): string | undefined =>
  entities.paths.find((path) => path !== entities.destination) ?? (pointsBack.test(part) ? pathOfEarlier(earlier) : undefined);

const hasEnding = /\w\.\w{1,5}$/;

/** "copy it", or "add a line": the file that the part before was about. */
function pathOfEarlier({ tasks }: Earlier): string | undefined {
  const { from, to, path } = tasks.at(-1)?.input ?? {};
  // What was moved into a folder has kept its name there.
  if (typeof to === 'string' && to.endsWith('/') && typeof from === 'string') return to + from.split('/').at(-1)!;
  return [to, path].find((one) => typeof one === 'string');
}

/** "list what is in there": where the part before has put something. */
function folderOfEarlier(earlier: Earlier): string | undefined {
  const { to } = earlier.tasks.at(-1)?.input ?? {};
  return typeof to === 'string' && to.endsWith('/') ? to : pathOfEarlier(earlier);
}

function contentSlot({ part, entities, earlier }: Source): Value {
  const quoted = entities.quoted.filter((text) => !entities.paths.includes(text));
  const content = contentOf(part, quoted);
  const isGiven =
    content !== undefined && 'text' in content && (quoted.length > 0 || /:\s|\b(?:saying|containing|with the|that)\b/i.test(part));
  if (entities.paths.length > 0 && !isGiven) return besidePath(part, earlier);
  if (content === undefined) return undefined;
  return 'text' in content ? content.text : referenceTo(earlier, content.all);
}

/** A file gets what was found before whole, not what was said about it. */
function documentSlot(source: Source): Value {
  const value = contentSlot(source);
  return isReference(value) ? ({ ...value, whole: true } satisfies Reference) : value;
}

/** "write it to a.txt" refers back. What is to be written word for word stands in quotes or behind a colon. */
function besidePath(part: string, earlier: Earlier): Value {
  const between = /^(?:\w+\s+){0,3}?(?:write|save|put|append|store|add|keep|dump)\s+(.+?)\s+(?:to|into|in|as|at|under)\s+/i.exec(part)?.[1];
  if (between === undefined || !refersBack(between)) return undefined;
  return referenceTo(earlier, /s$|\b(?:both|all|everything|them)\b/i.test(between));
}

function referenceTo({ tasks }: Earlier, all: boolean): Reference | undefined {
  if (tasks.length === 0) return undefined;
  return { $from: all && tasks.length > 1 ? tasks.map(({ id }) => id) : tasks.at(-1)!.id };
}

function byWords(part: string, words: Record<string, string[]>, schema: z.ZodType): Value {
  const text = part.replace(/(["'`])(?:(?!\1).)*\1|:\s[^]*$/g, ' ').toLowerCase();
  const value = Object.entries(words).find(([, said]) => said.some((word) => new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text)))?.[0];
  if (value === undefined) return undefined;
  return [value, value === 'true', [value]].find((candidate) => schema.safeParse(candidate).success);
}

function missingFields(tool: Tool, input: Record<string, unknown>, shape: Record<string, z.ZodType>): string[] {
  const missing = Object.entries(shape).flatMap(([field, schema]) =>
    input[field] === undefined && !schema.safeParse(undefined).success ? [field] : [],
  );
  if (missing.length > 0 || Object.values(input).some(isReference)) return missing;
  // Some tools need one of several fields; their first slot is the one to ask for.
  return tool.input.safeParse(input).success
    ? []
    : Object.keys(tool.slots ?? {})
        .filter((field) => input[field] === undefined)
        .slice(0, 1);
}
