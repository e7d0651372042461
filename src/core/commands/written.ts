import type { ProgramRule } from './rules.ts';
import { ruleFor } from './rules.ts';
import { wordSet } from './names.ts';
import { hasOption, operandsOf, optionsIn } from './options.ts';

const everyOperand = wordSet(
  'mv tee touch mkdir chmod chown chgrp chcon setfacl gzip gunzip bzip2 bunzip2 xz unxz zstd lz4 split csplit dos2unix unix2dos mkfifo mktemp mknod link rename truncate mogrify',
);
const lastOperand = wordSet('cp ln install rsync scp convert magick ffmpeg');
/** What they unpack or edit may land in any of the places they are given. */
const everyPlace = wordSet('unzip 7z 7za patch cpio');

/** The operands after those that a program only reads: `uniq in out`. */
export const operandsPast = ({ reads, valued }: Pick<ProgramRule, 'reads' | 'valued'>, args: readonly string[]): string[] =>
  reads === undefined ? [] : operandsOf(args, valued).slice(reads);

/** What its options say that it writes; standard output and the null device are nothing. */
export const outputsOf = ({ outputs }: Pick<ProgramRule, 'outputs'>, args: readonly string[]): string[] =>
  outputs === undefined
    ? []
    : optionsIn(args, outputs).flatMap(({ value }) => (/^(-|\/dev\/(null|stdout|stderr))$/.test(value ?? '') ? [] : [value ?? '']));

/** The arguments that name what a program writes. */
export function writtenBy(name: string, args: string[]): string[] {
  const rule = ruleFor(name);
  return [
    ...(rule ? outputsOf(rule, args) : []),
    ...(rule ? operandsPast(rule, args) : []),
    ...remoteNames(name, args),
    ...operandsWritten(name, args),
  ];
}

function operandsWritten(name: string, args: string[]): string[] {
  const plain = args.map((arg) => arg.replace(/^(-[a-zA-Z]|--[a-z-]+=)(?=[/~.\0])/, '')).filter((arg) => !arg.startsWith('-'));
  if (everyOperand.has(name) || everyPlace.has(name)) return plain;
  if (name === 'sed') return hasOption(args, 'i in-place') ? plain.filter((arg) => /^[/~.\w]/.test(arg)) : [];
  if (lastOperand.has(name)) return [...plain.slice(-1), ...optionsIn(args, 't target-directory').flatMap(({ value }) => value ?? [])];
  if (name === 'tar') return isUnpacking(args) ? plain : optionsIn(asDashed(args), 'f file').flatMap(({ value }) => value ?? []);
  if (name === 'zip') return plain.slice(0, 1);
  return /^(docker|podman|nerdctl|docker-compose)$/.test(name) ? fromContainers(args, plain) : [];
}

/** `docker cp name:file here`, `docker save -o file`. */
function fromContainers(args: string[], plain: string[]): string[] {
  if (args.includes('cp')) return plain.slice(-1).filter((file) => !/^[\w.-]+:/.test(file));
  return args.some((arg) => /^(save|export|config|sbom)$/.test(arg)) ? optionsIn(args, 'o').flatMap(({ value }) => value ?? []) : [];
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
