import { readdirSync } from 'node:fs';
import path from 'node:path';
import { interpreters, readers, wordSet } from '../../core/commands/names.ts';
import { placesOf } from '../../core/commands/places.ts';
import { isListed } from '../../core/commands/rules.ts';
import { program } from '../../core/commands/wrappers.ts';
import { realPath, type Ground } from '../../core/ground.ts';
import { globMatcher } from '../../core/pattern.ts';
import { computed } from '../../core/shell-values.ts';
import type { SimpleCommand } from '../../core/shell-words.ts';

export interface Where {
  cwd: string;
  ground: Ground;
}

const longestName = 4_096;
const mostEntries = 4_000;

/** Any word may be a file, and what follows a letter, `=`, `:`, `,` or `@` in it. */
const piecesOf = (word: string): string[] => [...new Set([word, word.replace(/^-[a-zA-Z]/, ''), ...word.split(/[=:,@]/)])];

const isName = (piece: string): boolean =>
  piece !== '' &&
  piece.length < longestName &&
  !piece.startsWith('-') &&
  !piece.includes('://') &&
  !piece.includes('\0') &&
  !piece.includes(computed);

/** All places that a command may name. */
export function pathsMeant(command: SimpleCommand, where: Where): string[] {
  const { words, writesTo, readsFrom, sets } = command;
  const [first = '', ...rest] = words;
  const texts = runsText(command) ? rest.flatMap((word) => word.split(/[\s'"`();,|&<>]+/)) : [];
  const names = [...(first.includes('/') ? [first] : []), ...rest, ...texts, ...writesTo, ...readsFrom, ...sets.map(({ value }) => value)]
    .flatMap(piecesOf)
    .filter(isName);
  return [...names.flatMap((name) => placed(name, command, where)), ...landings(command, where)];
}

/** Has a program in one of its words, and files in that. */
const runsText = (command: SimpleCommand): boolean => {
  const name = program(command);
  return interpreters.has(name) || /^([gmn]?awk|g?sed)$/.test(name) || !isListed(name);
};

/** Those that it reaches with all that is below them: by removing, moving, packing, searching, mounting. */
export function wholeFolders(command: SimpleCommand, where: Where): string[] {
  return operandsReachedWhole(command)
    .flatMap(piecesOf)
    .filter(isName)
    .flatMap((name) => placed(name, command, where));
}

const placed = (name: string, command: SimpleCommand, where: Where): string[] =>
  placesOf(name.replace(/^\/proc\/(thread-)?self\/cwd(?=\/|$)/, where.cwd), [...command.within, ...foldersOf(command)], where).flatMap(
    expanded,
  );

const foldersOf = ({ words }: SimpleCommand): string[] => words.filter((_word, index) => isFolderOption(words[index - 1]));
const isFolderOption = (word = ''): boolean => /^(-C|--directory|--chdir)$/.test(word);

/** `cp a b FOLDER` makes FOLDER/a and FOLDER/b. */
function landings(command: SimpleCommand, where: Where): string[] {
  if (!copying.test(program(command))) return [];
  const { sources, target } = copied(command);
  if (target === undefined || !isName(target)) return [];
  return sources.flatMap((source) => placed(`${target}/${path.posix.basename(source)}`, command, where));
}

const copying = /^(cp|mv|ln|install|rsync|scp)$/;

function copied({ words }: SimpleCommand): { sources: string[]; target: string | undefined } {
  const at = words.findIndex((word) => /^(-[a-zA-Z]*t|--target-directory(=.*)?)$/.test(word));
  const attached = words.map((word) => /^(?:-t|--target-directory=)(.+)$/.exec(word)?.[1]).find(Boolean);
  const operands = words.slice(1).filter((word) => !word.startsWith('-'));
  const target = attached ?? (at === -1 ? operands.at(-1) : words[at + 1]);
  return { sources: operands.filter((word) => word !== target), target };
}

const flat = wordSet('mkdir touch rmdir cd pushd popd test [ [[ { mktemp echo printf');
const walkers = wordSet('find tree du ncdu dust fd fdfind rg ag ack lsd eza exa');
const recursive = /^-[a-zA-Z]*[rR]|^--(recursive|archive)|^-a$|^-[a-zA-Z]*a[a-zA-Z]*$/;

function operandsReachedWhole(command: SimpleCommand): string[] {
  const { words } = command;
  const name = program(command);
  const isUnpacking =
    name === 'tar' && words.some((word, index) => (index === 1 ? /^-?[a-zA-Z]*x/ : /^(-[a-zA-Z]*x|--(extract|get)$)/).test(word));
  const operands = words.slice(1).filter((word, index) => !word.startsWith('-') && (isUnpacking || !isFolderOption(words[index])));
  if (flat.has(name)) return [];
  if (walkers.has(name)) return operands.length === 0 ? ['.'] : operands;
  const isRecursive = words.some((word) => (name === 'ls' || name === 'dir' ? /^-[a-zA-Z]*R|^--recursive/ : recursive).test(word));
  if (copying.test(name)) return isRecursive || /^(mv|ln|rsync)$/.test(name) ? copied(command).sources : [];
  if (readers.has(name) || /^(chmod|chown|chgrp|setfacl)$/.test(name)) return isRecursive ? operands : [];
  return name === 'git' && words.includes('clean') ? [...operands, '.'] : operands;
}

/** A name as it stands, where it really leads, and where it has `*`, `?` or `[`, all that is there and fits. */
function expanded(file: string): string[] {
  const found = /[*?[]/.test(file) ? [file, ...onDisk(file)] : [file];
  return [...new Set(found.flatMap((one) => [one, realPath(one)]))];
}

/** Where there is too much to look at, the folder that it would be in. */
function onDisk(glob: string): string[] {
  let looked = 0;
  let found = ['/'];
  for (const segment of glob.split('/').filter(Boolean)) {
    const isGlob = /[*?[]/.test(segment);
    const fits = globMatcher(segment.replace(/\[[^\]]*\]/g, '?'));
    found = found.flatMap((folder) => (isGlob ? entriesOf(folder).filter(fits) : [segment]).map((name) => path.join(folder, name)));
    looked += found.length;
    if (looked > mostEntries) return [glob.slice(0, glob.search(/[*?[]/))];
  }
  return found;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
