import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { GivenCommand } from '../command-class.ts';
import { wordSet } from './names.ts';
import { optionsIn } from './options.ts';
import { commandsIn } from './places.ts';
import { ruleFor } from './rules.ts';
import { subcommandOf } from './subcommands.ts';
import { program } from './wrappers.ts';

/** Subcommands that run hooks of the repository (githooks(5)). */
const hooked = wordSet('commit merge pull push checkout switch am cherry-pick revert rebase worktree gc');

/** Settings of a repository that name a program, a file of more settings, or where hooks lie (git-config(1)). */
const keys =
  'fsmonitor hookspath external textconv clean smudge process pager editor sshcommand gitproxy askpass helper cmd command driver program uploadpack receivepack path attributesfile';
const naming = new RegExp(
  `(^|\\])[ \\t]*(${keys.replaceAll(' ', '|')})[ \\t]*=(?![ \\t]*(true|false)[ \\t]*$)|^[ \\t]*\\[(include(if)?|alias|pager)\\b|ext::|=[ \\t"]*!`,
  'im',
);

/**
 * Whether a command has git run what files of the project say, as with `npm test`: hooks that are there, or programs that the
 * repository's settings name. Looked up from the folder of the call; in another one, or in one that cannot be told, there may
 * be some.
 */
export function runsHooks(given: GivenCommand): boolean {
  return commandsIn(given).some(({ words, within }) => {
    const args = words.slice(1);
    if (program({ words }) !== 'git') return false;
    const isHooked = hooked.has(subcommandOf(ruleFor('git')!, args).noun ?? '');
    const [told] = optionsIn(args.slice(0, 2), 'C');
    const folder = path.resolve(given.cwd ?? '/', ...within.slice(0, 1), told?.value ?? '.').replace(/^.*\/~(?=\/|$)/, homedir());
    return folder.includes('\0') ? isHooked : hasPrograms(folder, isHooked);
  });
}

function hasPrograms(folder: string, isHooked: boolean): boolean {
  const git = path.join(folder, '.git');
  const parent = path.dirname(folder);
  const names = namesIn(git);
  if (names === undefined) return parent !== folder && hasPrograms(parent, isHooked);
  // A worktree names its repository in a file, and there are its hooks; rather ask once too often.
  if (names.length === 0) return isHooked;
  if (['config', 'config.worktree'].some((name) => naming.test(textOf(path.join(git, name))))) return true;
  return isHooked && (namesIn(path.join(git, 'hooks')) ?? []).some((name) => !name.endsWith('.sample'));
}

/** Of a file none, and undefined where there is nothing. */
function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? [] : undefined;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
