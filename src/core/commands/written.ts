import type { ProgramRule } from './rules.ts';
import path from 'node:path';
import type { SimpleCommand } from '../shell-words.ts';
import { isListed, ruleFor } from './rules.ts';
import { subcommandOf } from './subcommands.ts';
import { wordSet } from './names.ts';
import { hasOption, operandsOf, optionsIn } from './options.ts';

const everyOperand = wordSet(
  'mv tee touch mkdir chmod chown chgrp chcon setfacl gzip gunzip bzip2 bunzip2 xz unxz zstd lz4 split csplit dos2unix unix2dos mkfifo mktemp mknod link rename truncate mogrify',
);
/** Unpacked, a file loses this. */
const packed = /\.(gz|xz|bz2|zst|lz4|Z)$/;
const lastOperand = wordSet('cp ln install rsync scp convert magick ffmpeg');
/** What they unpack or edit may land in any of the places they are given. */
const everyPlace = wordSet('unzip 7z 7za patch cpio');

/** The operands after those that a program only reads: `uniq in out`. */
export const operandsPast = ({ reads, valued }: Pick<ProgramRule, 'reads' | 'valued'>, args: readonly string[]): string[] =>
  reads === undefined ? [] : operandsOf(args, valued).slice(reads);

/** What most programs call their outputs. */
const usual = { outputs: 'o O output out output-file out-file outfile log-file logfile dest destination output-dir outdir' };

/** What its options say that it writes; standard output and the null device are nothing. */
export const outputsOf = ({ outputs }: Pick<ProgramRule, 'outputs'>, args: readonly string[]): string[] =>
  outputs === undefined
    ? []
    : optionsIn(args, outputs).flatMap(({ value }) => (/^(-|\/dev\/(null|stdout|stderr))$/.test(value ?? '') ? [] : [value ?? '']));

/** The arguments that name what a program writes. */
export function writtenBy(name: string, args: string[]): string[] {
  const rule = ruleFor(name);
  return [
    ...outputsOf(rule ?? (isListed(name) ? {} : usual), args),
    ...(rule ? operandsPast(rule, args) : []),
    ...remoteNames(name, args),
    ...operandsWritten(name, args),
  ];
}

function operandsWritten(name: string, args: string[]): string[] {
  const plain = args.map((arg) => arg.replace(/^(-[a-zA-Z]|--[a-z-]+=)(?=[/~.\0])/, '')).filter((arg) => !arg.startsWith('-'));
  if (everyOperand.has(name) || everyPlace.has(name))
    return [
      ...plain,
      ...(name === 'mv' ? intoLast(args, plain) : []),
      ...plain.flatMap((file) => (packed.test(file) ? [file.replace(packed, '')] : [])),
    ];
  if (name === 'sed') return hasOption(args, 'i in-place') ? plain.filter((arg) => /^[/~.\w]/.test(arg)) : [];
  if (lastOperand.has(name)) return intoLast(args, plain);
  if (name === 'git') return byGit(args);
  if (name === 'tar' || name === 'bsdtar')
    return isUnpacking(args) ? plain : optionsIn(asDashed(args), 'f file').flatMap(({ value }) => value ?? []);
  if (name === 'zip') return plain.slice(0, 1);
  return /^(docker|podman|nerdctl|docker-compose)$/.test(name) ? fromContainers(args, plain) : [];
}

/** The goal, and what each source would be called in it, were it a folder. */
function intoLast(args: string[], plain: string[]): string[] {
  const told = optionsIn(args, 't target-directory').flatMap(({ value }) => value ?? []);
  const goals = told.length > 0 ? told : plain.slice(-1);
  const sources = told.length > 0 ? plain : plain.slice(0, -1);
  const names = sources.map((source) => path.posix.basename(source)).filter((name) => name !== '.' && name !== '..');
  const isSpecial = (file: string): boolean => /(^|\/)\.[^./]/.test(file);
  return [...plain.slice(-1), ...goals, ...goals.flatMap((goal) => names.map((name) => path.posix.join(goal, name)).filter(isSpecial))];
}

/** New repositories, and files that git is told a place for. */
function byGit(args: string[]): string[] {
  const { noun = '' } = subcommandOf(ruleFor('git')!, args);
  const after = args.slice(args.indexOf(noun) + 1);
  const operands = operandsOf(after, undefined);
  const told = /^(archive|format-patch)$/.test(noun) ? optionsIn(after, 'o').flatMap(({ value }) => value ?? []) : [];
  if (noun === 'clone') return operands.length > 1 ? operands.slice(1) : operands.map((from) => path.posix.basename(from, '.git'));
  return /^(init|worktree|bundle|mv)$/.test(noun) ? operands : told;
}

/** Folders that are filled with what an archive, or another folder, holds. */
export function filledFolders(name: string, { words, within }: Pick<SimpleCommand, 'words' | 'within'>): string[] {
  const args = words.slice(1);
  const values = (spec: string): string[] => optionsIn(args, spec).flatMap(({ value }) => value ?? []);
  const here = within.slice(0, 1);
  const operands = operandsOf(args, undefined);
  if (name === 'tar' || name === 'bsdtar') return isUnpacking(args) ? [...here, ...values('C directory')] : [];
  if (name === 'unzip') return hasOption(args, 'l v t Z p') ? [] : [...here, ...values('d')];
  if (/^7za?$/.test(name)) return /^[xe]$/.test(args[0] ?? '') ? [...here, ...values('o')] : [];
  if (/^(rsync|cp)$/.test(name))
    return operands.slice(0, -1).some((source) => /(^|\/)(\.|\*|)$/.test(source) || source.includes('://')) ? operands.slice(-1) : [];
  return name === 'git' && args.includes('clone') ? byGit(args) : [];
}

/** `docker cp name:file here`, `docker save -o file`. */
function fromContainers(args: string[], plain: string[]): string[] {
  if (args.includes('cp')) return plain.slice(-1).filter((file) => !/^[\w.-]+:/.test(file));
  return args.some((arg) => /^(save|export|config|sbom|build)$/.test(arg)) ? optionsIn(args, 'o').flatMap(({ value }) => value ?? []) : [];
}

const isUnpacking = (args: string[]): boolean => hasOption(asDashed(args).slice(0, 1), 'x') || hasOption(args, 'x extract get');

/** `tar xf a` in its old spelling, as `tar -xf a`. */
export const asDashed = (args: string[]): string[] => (/^[a-zA-Z]+$/.test(args[0] ?? '') ? [`-${args[0]}`, ...args.slice(1)] : args);

/** `curl -O` and wget name the file as the address does. */
function remoteNames(name: string, args: string[]): string[] {
  const isNamed =
    name === 'curl' ? hasOption(args, 'O remote-name remote-name-all') : name === 'wget' && !hasOption(args, 'O output-document');
  if (!isNamed) return [];
  return args
    .filter((arg) => arg.includes('/') && !arg.startsWith('-'))
    .map((url) => url.replace(/[?#].*$/, '').replace(/^.*\//, ''))
    .filter(Boolean);
}
