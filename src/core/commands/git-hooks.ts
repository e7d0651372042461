import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { GivenCommand } from '../command-class.ts';
import { wordSet } from './names.ts';
import { optionsIn } from './options.ts';
import { simpleCommands } from './own-data.ts';
import { ruleFor } from './rules.ts';
import { subcommandOf } from './subcommands.ts';
import { program } from './wrappers.ts';

/** Subcommands that run hooks of the repository (githooks(5)). */
const hooked = wordSet('commit merge pull push checkout switch am cherry-pick revert rebase worktree gc');

/**
 * Whether a command has git run hooks that are there: what they run is up to files of the project, as with `npm test`.
 * Looked up from the folder of the call; in another one, or in one that cannot be told, there may be some.
 */
export function runsHooks(given: GivenCommand): boolean {
  return simpleCommands(given).some(({ words, within }) => {
    const args = words.slice(1);
    if (program({ words }) !== 'git' || !hooked.has(subcommandOf(ruleFor('git')!, args).noun ?? '')) return false;
    const [told] = optionsIn(args.slice(0, 2), 'C');
    const folder = path.resolve(given.cwd ?? '/', ...within.slice(0, 1), told?.value ?? '.');
    return /[~\0]/.test(folder) || hasHooks(folder);
  });
}

function hasHooks(folder: string): boolean {
  const git = path.join(folder, '.git');
  const parent = path.dirname(folder);
  const names = namesIn(git);
  if (names === undefined) return parent !== folder && hasHooks(parent);
  // A worktree names its repository in a file, and there are its hooks; rather ask once too often.
  if (names.length === 0) return true;
  return (
    /hookspath/i.test(textOf(path.join(git, 'config'))) ||
    (namesIn(path.join(git, 'hooks')) ?? []).some((name) => !name.endsWith('.sample'))
  );
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
