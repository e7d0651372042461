import type { GivenCommand } from '../command-class.ts';
import { absolute, type Ground } from '../ground.ts';
import type { SimpleCommand } from '../shell-words.ts';
import { placeOf } from '../trusted-path.ts';
import { isComputed } from './paths.ts';
import { commandsIn, placesOf } from './places.ts';
import { program } from './wrappers.ts';
import { writtenBy } from './written.ts';

/** Each is looked up on disk; a line that writes more than this asks. */
const mostTargets = 200;

/** Why a confined command should be asked about: by a link, a file that it writes is one that others execute or trust. */
export function ledToTrusted(given: GivenCommand & { cwd?: string }, ground: Ground): string | undefined {
  const where = { cwd: absolute(given.cwd ?? '.', ground), ground };
  const targets = commandsIn(given).flatMap((command) => targetsOf(command).flatMap((file) => placesOf(file, command.within, where)));
  if (targets.length > mostTargets) return 'It writes more files than can be looked at; split it into several commands.';
  const found = [...new Set(targets)].find((file) => placeOf(file, ground) !== undefined);
  return found === undefined ? undefined : `Others execute or trust what is in ${found}, so only the owner changes it unasked.`;
}

const targetsOf = ({ words, writesTo, within }: SimpleCommand): string[] =>
  within.some(isComputed)
    ? []
    : [...writesTo, ...writtenBy(program({ words }), words.slice(1))].filter(
        (file) => file !== '' && !isComputed(file) && !file.includes('://'),
      );
