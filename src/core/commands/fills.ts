import type { GivenCommand } from '../command-class.ts';
import type { SimpleCommand } from '../shell-words.ts';
import { wordSet } from './names.ts';
import { hasOption } from './options.ts';
import { commandsIn } from './places.ts';
import { ruleFor } from './rules.ts';
import { subcommandOf } from './subcommands.ts';
import { program } from './wrappers.ts';
import { asDashed } from './written.ts';

/** Where a command writes is said by a file of its own: an archive, or a patch. Start-up files may be among what it leaves. */
export const unpacks = (given: GivenCommand): boolean => commandsIn(given).some(isUnpacked);

/** The words of a command do not name every file that it writes: it unpacks, or puts folders or globs somewhere whole. */
export const fillsUnnamed = (given: GivenCommand): boolean => commandsIn(given).some((command) => isUnpacked(command) || isWhole(command));

function isUnpacked(command: SimpleCommand): boolean {
  const name = program(command);
  const args = command.words.slice(1);
  if (/^(bsd)?tar$/.test(name)) return hasOption(asDashed(args), 'x extract get');
  if (name === 'unzip') return !hasOption(args, 'l v t Z p');
  if (/^7za?$/.test(name)) return /^[xe]$/.test(args[0] ?? '');
  if (name === 'git') return /^(apply|am)$/.test(subcommandOf(ruleFor('git')!, args).noun ?? '');
  return /^(patch|cpio|pax|unrar)$/.test(name);
}

/** They name what they write after addresses, prefixes, patterns, or what a packed file says it was called. */
const byPattern = wordSet(
  'rsync scp split csplit rename ar wget aria2c yt-dlp ffmpeg gzip gunzip bzip2 bunzip2 xz unxz zstd lz4 uncompress convert magick mogrify',
);

function isWhole(command: SimpleCommand): boolean {
  const name = program(command);
  const args = command.words.slice(1);
  if (byPattern.has(name) || (name === 'cp' && hasOption(args, 'r R a recursive archive'))) return true;
  if (name === 'curl') return args.some((arg) => /#\d/.test(arg));
  return /^(cp|mv|ln|install)$/.test(name) && args.some((arg) => /[*?[]|(^|\/)\.[^./]/.test(arg));
}
