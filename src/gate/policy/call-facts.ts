import path from 'node:path';
import { commandsOf, lineOf, type GivenCommand } from '../../core/command-class.ts';
import { interpreters } from '../../core/commands/names.ts';
import { isHarmlessTarget } from '../../core/commands/paths.ts';
import { commandsIn, placesOf } from '../../core/commands/places.ts';
import { isListed } from '../../core/commands/rules.ts';
import { program } from '../../core/commands/wrappers.ts';
import { commandGiven, placesIn, textsIn } from '../../core/foreign-input.ts';
import { absolute, realPath, type Ground } from '../../core/ground.ts';
import type { SimpleCommand } from '../../core/shell-words.ts';
import { riskOf, type Slot, type Tool } from '../../core/tool.ts';
import { hostOf, hostsInText, hostsMeant, hostsOf, leadsElsewhere, linksIn } from './host-words.ts';
import { pathsMeant, wholeFolders } from './path-words.ts';

/**
 * What the arguments of a call name, for rules. A rule that allows goes by what is sure, one that asks or denies by all
 * that may be meant. Each is found when a rule first asks.
 */
export interface CallFacts {
  sure: {
    /** Real paths. */
    paths: () => string[];
    hosts: () => string[];
    /** The words of every command that would run; undefined where they cannot all be told. */
    commands: () => string[][] | undefined;
  };
  meant: {
    /** As written and as they really lead. */
    paths: () => string[];
    /** Folders that are reached with everything below them. */
    wholeFolders: () => string[];
    hosts: () => string[];
    commands: () => string[][];
    /** What may have a path in it that no word is: a program text, standard input, a line that cannot be parsed. */
    texts: () => string[];
  };
  /** No variables and no standard input beside the words. */
  isUnsteered: () => boolean;
  /** Nor files that the shell opens. */
  isBare: () => boolean;
  /** Every program is known, and is no interpreter; what others reach is not among the files and hosts that words name. */
  isToldByWords: () => boolean;
  /** No option leads a program to another host. */
  isStraight: () => boolean;
  /** The value at a dot path, as text. */
  argument(dotPath: string): string | undefined;
}

export function callFacts(tool: Tool, input: unknown, ground: Ground): CallFacts {
  const given = commandGiven(input);
  const foreign = once(() => (tool.foreign === true ? placesIn(input, ground) : []));
  const isCommand = given.command !== undefined || given.script !== undefined;
  const cwd = typeof given.cwd === 'string' ? given.cwd : ground.base;
  const where = { cwd, ground };
  const all = once(() => (isCommand ? commandsIn(given) : []));
  const told = once(() => (isCommand ? commandsOf(given) : []));
  const fields = fieldsOf(tool, given);
  const namedPaths = once(() => fields(pathSlots, /^(path|paths|from|to|cwd|file|folder)$/).map((file) => absolute(file, ground)));
  const namedHosts = once(() => fields(hostSlots, /^(url|host|hostname)$/).flatMap(hostOf));
  const texts = once(() => (isCommand ? textsOf(given) : []));
  return {
    sure: {
      paths: once(() => [...namedPaths(), ...(told() ?? []).flatMap((command) => wordPaths(command, where))].map(realPath)),
      hosts: once(() => [...namedHosts(), ...(told() ?? []).flatMap(hostsOf)]),
      commands: once(() => told()?.map(({ words }) => words)),
    },
    meant: {
      paths: once(() => [
        ...namedPaths().flatMap((file) => [file, realPath(file)]),
        ...all().flatMap((command) => pathsMeant(command, where)),
        ...foreign().flatMap((file) => [file, realPath(file)]),
      ]),
      wholeFolders: once(() => [
        ...(isCommand || !reachesBelow(tool, given) ? [] : namedPaths().map(realPath)),
        ...(isCommand
          ? []
          : namedPaths()
              .flatMap((folder) => foldersOf(folder, given.pattern))
              .map(realPath)),
        ...all().flatMap((command) => wholeFolders(command, where)),
        ...foreign().map(realPath),
      ]),
      hosts: once(() => [
        ...namedHosts(),
        ...all().flatMap(hostsMeant),
        ...texts().flatMap(linksIn),
        ...Object.values(given.env ?? {}).flatMap(valueHosts),
        ...(tool.foreign === true ? textsIn(input).flatMap(linksIn) : []),
      ]),
      commands: once(() => all().map(({ words }) => words)),
      texts,
    },
    isUnsteered: once(() => Object.keys(given.env ?? {}).length === 0 && given.stdin === undefined && all().every(isUnsteered)),
    isBare: once(() => Object.keys(given.env ?? {}).length === 0 && given.stdin === undefined && all().every(isBare)),
    isToldByWords: once(() => told() !== undefined && told()!.every(isToldByWords)),
    isStraight: once(() => !all().some(leadsElsewhere)),
    argument: (dotPath) => textAt(input, dotPath),
  };
}

function once<Value>(find: () => Value): () => Value {
  let kept: { value: Value } | undefined;
  return () => (kept ??= { value: find() }).value;
}

const pathSlots = new Set<string>(['path', 'folder', 'newFolder', 'destination']);
const hostSlots = new Set<string>(['url', 'host']);

/** The texts in fields of these slots or names, lists of texts too. */
function fieldsOf(tool: Tool, given: Record<string, unknown>): (kinds: ReadonlySet<string>, names: RegExp) => string[] {
  const slots = (tool.slots ?? {}) as Record<string, Slot | undefined>;
  return (kinds, names) =>
    Object.entries(given).flatMap(([field, value]) => {
      const isNamed = kinds.has(slots[field] ?? '') || names.test(field) || (kinds === pathSlots && tool.paths?.includes(field as never));
      return isNamed ? [value].flat().filter((one): one is string => typeof one === 'string') : [];
    });
}

/** What changes or searches a folder does so with all below it. */
const reachesBelow = (tool: Tool, given: Record<string, unknown>): boolean =>
  riskOf(tool, given) !== 'read' ||
  Object.values(tool.slots ?? {}).includes('needle') ||
  (typeof given.pattern === 'string' && given.pattern.includes('**'));

/** The folder that a pattern goes down into: `a/b/*` names `a/b`, and `*` only the folder itself. */
function foldersOf(folder: string, pattern: unknown): string[] {
  if (typeof pattern !== 'string' || !pattern.includes('/')) return [];
  const names = pattern.split('/');
  const sure = names.findIndex((name) => /[*?[\]{}()!+@\\]/.test(name));
  return [path.join(folder, ...names.slice(0, sure === -1 ? -1 : sure))];
}

/** Any word may be a file; what follows an `=` too. */
function wordPaths({ words, writesTo, readsFrom, within }: SimpleCommand, where: { cwd: string; ground: Ground }): string[] {
  const named = words.slice(1).flatMap((word) => (word.includes('://') ? [] : word.startsWith('-') ? word.split('=').slice(1) : [word]));
  return [...named, ...writesTo, ...readsFrom].filter((file) => !file.includes('\0')).flatMap((file) => placesOf(file, within, where));
}

function textsOf(given: GivenCommand): string[] {
  const { command = [], script, stdin, env = {} } = given;
  const words = [...command, ...commandsIn(given).flatMap((one) => one.words)].filter((word) => /[\s'"`();|&<>]/.test(word));
  return [...words, ...commandsIn(given).map((one) => one.stdin), lineOf(given) ? undefined : script, stdin, ...Object.values(env)].filter(
    (text) => typeof text === 'string',
  );
}

const valueHosts = (value: unknown): string[] => (typeof value === 'string' ? hostsInText(value) : []);

const isUnsteered = ({ sets, stdin }: SimpleCommand): boolean => sets.length === 0 && stdin === undefined;
const isBare = (command: SimpleCommand): boolean =>
  isUnsteered(command) && [...command.writesTo, ...command.readsFrom].every((file) => isHarmlessTarget(file));
const isToldByWords = ({ words }: SimpleCommand): boolean =>
  words.length === 0 || (isListed(program({ words })) && !interpreters.has(program({ words })));

function textAt(input: unknown, dotPath: string): string | undefined {
  let value = input;
  for (const key of dotPath.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' ? value : value === undefined ? undefined : JSON.stringify(value);
}
