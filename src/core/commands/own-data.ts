import path from 'node:path';
import type { GivenCommand } from '../command-class.ts';
import { absolute, contains, realPath, type Ground } from '../ground.ts';
import { globMatcher } from '../pattern.ts';
import { computed } from '../shell-values.ts';
import type { SimpleCommand } from '../shell-words.ts';
import { commandsIn, walked } from './places.ts';
import { program } from './wrappers.ts';

const reason = "It touches claw's own data, which only claw's own tools may.";
const wider = "It reaches over a folder that holds claw's own data; name what is meant more narrowly.";
const tooMany = 'It has more words than can be looked at; split it into several commands.';
const itself = 'claw is not commanded through its own shell: call the tool itself.';

/** Each word is looked up on disk, from each folder it may be meant from. */
const mostPlaces = 8_000;
const longestGlob = 300;

/**
 * Why a command may not run because of what it would reach: claw's own folder, by whatever name its words give it
 * (`..`, symlinks, globs, variables), folders above it for commands that change all below, and claw itself.
 */
export function ownDataTouched(given: GivenCommand, ground: Ground): string | undefined {
  const texts = [...(given.command ?? []), given.script ?? '', given.stdin ?? '', ...Object.values(given.env ?? {})];
  if (texts.some((text) => spells(text, ground))) return reason;
  if (given.cwd !== undefined && isOwn(realPath(absolute(given.cwd, ground)), ground)) return reason;
  let looked = 0;
  for (const command of commandsIn(given)) {
    const places = placesOf(command);
    looked += places.length;
    if (looked > mostPlaces) return tooMany;
    const found = commandTouches(command, { places, ground });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A text that has the path in it, also inside a program of another language. */
function spells(text: string, { own, userHome }: Ground): boolean {
  return own.some((folder) => {
    const inHome = path.relative(userHome, folder);
    const names = inHome.startsWith('..')
      ? [folder]
      : [folder, `~/${inHome}`, `$HOME/${inHome}`, `\${HOME}/${inHome}`, `"$HOME"/${inHome}`];
    return names.some((name) => indexOfPath(text, name) !== -1);
  });
}

function indexOfPath(text: string, name: string): number {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const after = text[at + name.length] ?? '';
    if (!/[\w.-]/.test(after)) return at;
  }
  return -1;
}

function commandTouches(command: SimpleCommand, { places, ground }: { places: string[]; ground: Ground }): string | undefined {
  if (isItself(command, ground)) return itself;
  if (places.some((file) => means(file, ground))) return reason;
  return changesAllBelow(command) && namesAbove(withoutGoal(command), ground) ? wider : undefined;
}

/** Every path that the words of a command may mean. */
function placesOf({ words, writesTo, readsFrom, sets, within }: SimpleCommand): string[] {
  const folders = [...within, ...folderOptions(words), '.'];
  const pieces = [...words, ...writesTo, ...readsFrom, ...sets.map(({ value }) => value)].flatMap(piecesOf).filter(isPartlyKnown);
  return [...new Set(pieces.flatMap((piece) => folders.map((folder) => place(piece, folder))))];
}

/** `$DIR/token` may be anything, but a name of which nothing is known says nothing, whatever folder it is looked for in. */
const isPartlyKnown = (piece: string): boolean => !piece.includes(computed) || knownPart(piece).length >= 2;

const knownPart = (piece: string): string => piece.replaceAll(computed, '').replace(/[*?./~]/g, '');

/** A word may carry a path behind `=`, `:`, `@`, `,` or a one-letter option. */
function piecesOf(word: string): string[] {
  const parts = word.split(/[=:,@]/);
  const bare = word.replace(/^-[a-zA-Z]/, '');
  return [...new Set([word, bare, ...parts])].filter((piece) => piece !== '' && !piece.startsWith('-') && piece.length < 4_096);
}

const folderOptions = (words: string[]): string[] =>
  words.filter((_word, index) => /^(-C|--directory|--chdir|-D)$/.test(words[index - 1] ?? ''));

const place = (piece: string, folder: string): string => (/^[/~]/.test(piece) || folder === '.' ? piece : `${folder}/${piece}`);

/** Whether a path is claw's own, or could be, where parts of it are only known then. */
function means(file: string, ground: Ground): boolean {
  if (file.includes(computed)) return couldBecome(file, ground);
  const plain = [absolute(file, ground), ...walked(file, ground)];
  if (/[*?[]/.test(file)) return leavesGlob(file) || plain.some((one) => ground.own.some((folder) => reachesInto(one, folder)));
  return plain.some((one) => isOwn(one, ground) || isOwn(realPath(one), ground));
}

/** `dir?/../token`: where that is depends on which link the glob finds, so it may be any file of that name. */
function leavesGlob(file: string): boolean {
  if (!/[*?[][^/]*\/(.*\/)?\.\.(\/|$)/.test(file)) return false;
  const name = path.basename(file);
  return name === '..' || files.some(globMatcher(name));
}

/** A glob, segment by segment as the shell expands it: what begins with a dot needs a dot. */
function reachesInto(pattern: string, folder: string): boolean {
  if (pattern.length > longestGlob) return true;
  const wanted = folder.split(path.sep);
  const given = pattern.replace(/\[[^\]/]*\]/g, '?').split(path.sep);
  return wanted.every((name, index) => {
    const glob = given[index];
    return glob !== undefined && (glob === name || ((!name.startsWith('.') || glob.startsWith('.')) && globMatcher(glob)(name)));
  });
}

/** What is not known of a path may be anything. */
function couldBecome(file: string, ground: Ground): boolean {
  const pattern = file.replaceAll(computed, '**');
  if (pattern.length > longestGlob) return true;
  const matches = globMatcher(/^[/~*]/.test(pattern) ? pattern.replace(/^~(?=$|\/)/, ground.userHome) : absolute(pattern, ground), '/');
  return ground.own.some((folder) => [folder, ...files.map((name) => path.join(folder, name))].some(matches));
}

const files = [
  'token',
  'owner-token',
  'claw.db',
  'claw.db-wal',
  'claw.sock',
  'memory.db',
  'vault.age',
  'identity.txt',
  'audit.log',
  'policy.yaml',
  '.env',
  'runs',
  'backups',
];

const isOwn = (file: string, { own }: Ground): boolean => own.some((folder) => contains(folder, file));

/** Whether one of its words is a folder that claw's own lies below; a place on another host is not. */
export function namesAbove(command: SimpleCommand, ground: Ground, more: readonly string[] = []): boolean {
  const isMount = /^(docker|podman|nerdctl)$/.test(program(command));
  const words = command.words.slice(1).filter((_word, index, all) => !/^(-C|--directory)$/.test(all[index - 1] ?? ''));
  const pieces = words.flatMap((word) => word.split(isMount ? /[:,=]/ : '=')).filter((piece) => piece !== '' && !piece.startsWith('-'));
  const [folder = '.'] = [...folderOptions(command.words), ...command.within];
  return [...pieces, ...more].some((piece) => isAbove(place(piece, folder), ground));
}

function isAbove(file: string, ground: Ground): boolean {
  if (file.includes(computed)) return false;
  const named = file.replace(/(^|\/)\*$/, '$1') || '.';
  const above = [absolute(named, ground), ...walked(named, ground)].map(realPath);
  return ground.own.some((folder) => above.some((one) => contains(one, folder)));
}

const isRecursive = ({ words }: SimpleCommand): boolean => words.some((word) => /^-[a-zA-Z]*[rRa]|^--(recursive|archive)/.test(word));

/** Removes, moves, links, mounts or opens everything below a folder it is given. */
function changesAllBelow(command: SimpleCommand): boolean {
  const name = program(command);
  if (/^(docker|podman)$/.test(name)) return command.words.some((word) => /^(run|create)$/.test(word));
  return /^(rm|mv|ln|mount|trash|srm|shred)$/.test(name) || (/^(chmod|chown|chgrp|setfacl)$/.test(name) && isRecursive(command));
}

/** What is moved or linked into a folder changes nothing else below it. */
function withoutGoal(command: SimpleCommand): SimpleCommand {
  const operands = command.words.slice(1).filter((word) => !word.startsWith('-'));
  return /^(mv|ln)$/.test(program(command)) && operands.length > 1 ? { ...command, words: command.words.toSpliced(-1) } : command;
}

/** claw's own command line, under any of its names. */
function isItself({ words }: SimpleCommand, ground: Ground): boolean {
  const isProgram = (word: string): boolean =>
    /(^|\/)claw(\.js)?$/.test(word) || ground.programs.includes(realPath(absolute(word, ground)));
  const [first = '', ...rest] = words;
  if (isProgram(first)) return true;
  if (/^(npx|npm|pnpm|yarn|bunx)$/.test(first)) return rest.includes('claw');
  return /^(node(js)?|bun|deno|tsx|ts-node|sh|bash|exec)$/.test(path.basename(first)) && rest.some(isProgram);
}
