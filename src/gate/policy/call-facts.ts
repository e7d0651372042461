import { commandsOf } from '../../core/command-class.ts';
import { placed } from '../../core/commands/paths.ts';
import { absolute, realPath, type Ground } from '../../core/ground.ts';
import type { SimpleCommand } from '../../core/shell-words.ts';
import type { Slot, Tool } from '../../core/tool.ts';

/** What the arguments of a call name, for rules; each found when a rule first asks. */
export interface CallFacts {
  /** Real paths. */
  readonly paths: string[];
  readonly hosts: string[];
  /** The words of every command that would run; undefined where they cannot all be told. */
  readonly commands: string[][] | undefined;
  /** The value at a dot path, as text. */
  argument(dotPath: string): string | undefined;
}

export function callFacts(tool: Tool, input: unknown, ground: Ground): CallFacts {
  const fields = Object.entries((input ?? {}) as Record<string, unknown>);
  const slots = (tool.slots ?? {}) as Record<string, Slot | undefined>;
  const once = <Value>(find: () => Value): (() => Value) => {
    let kept: { value: Value } | undefined;
    return () => (kept ??= { value: find() }).value;
  };
  const named = (kinds: ReadonlySet<string>, names: RegExp): string[] =>
    fields.flatMap(([field, value]) =>
      typeof value === 'string' &&
      (kinds.has(slots[field] ?? '') || names.test(field) || (kinds === pathSlots && tool.paths?.includes(field as never)))
        ? [value]
        : [],
    );
  const simple = once(() => (fields.some(([field]) => field === 'command' || field === 'script') ? commandsOf(input as object) : []));
  const paths = once(() =>
    [...named(pathSlots, /^(path|from|to|cwd|file|folder)$/), ...(simple() ?? []).flatMap(pathsOf)].map((file) =>
      realPath(absolute(file, ground)),
    ),
  );
  const hosts = once(() => [...named(hostSlots, /^(url|host|hostname)$/), ...(simple() ?? []).flatMap(hostWords)].flatMap(hostOf));
  return {
    get paths() {
      return paths();
    },
    get hosts() {
      return hosts();
    },
    get commands() {
      return simple()?.map(({ words }) => words);
    },
    argument: (dotPath) => textAt(input, dotPath),
  };
}

const pathSlots = new Set<string>(['path', 'folder', 'newFolder', 'destination']);
const hostSlots = new Set<string>(['url', 'host']);

/** Any word may be a file; what follows an `=` too. */
function pathsOf({ words, writesTo, readsFrom, within }: SimpleCommand): string[] {
  const named = words.slice(1).flatMap((word) => (word.includes('://') ? [] : word.startsWith('-') ? word.split('=').slice(1) : [word]));
  return [...named, ...writesTo, ...readsFrom].map((file) => placed(file, within));
}

/** Links, and the first word of ssh and its kin that can be a destination. */
function hostWords({ words }: SimpleCommand): string[] {
  const links = words.filter((word) => word.includes('://'));
  const [name = ''] = words;
  if (!/^(ssh|scp|sftp|rsync|mosh|ssh-copy-id)$/.test(name)) return links;
  const places = words.slice(1).filter((word) => !word.startsWith('-') && (name === 'ssh' || word.includes(':') || word.includes('@')));
  return [...links, ...(name === 'ssh' ? places.slice(0, 1) : places)];
}

function hostOf(text: string): string[] {
  if (text.includes('://')) return [URL.parse(text)?.hostname.toLowerCase() ?? ''].filter(Boolean);
  const host = text.replace(/^.*@/, '').replace(/:.*$/, '').toLowerCase();
  return host === '' ? [] : [host];
}

function textAt(input: unknown, dotPath: string): string | undefined {
  let value = input;
  for (const key of dotPath.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' ? value : value === undefined ? undefined : JSON.stringify(value);
}
