import { lineOf, type GivenCommand } from '../command-class.ts';
import { absolute, type Ground } from '../ground.ts';
import type { SimpleCommand } from '../shell-words.ts';
import { isClear, opened } from './wrappers.ts';

/** Every simple command that can be told, as it stands and with its wrappers taken off; none where the line cannot be parsed. */
export const commandsIn = (given: GivenCommand): SimpleCommand[] =>
  (lineOf(given)?.commands ?? []).flatMap((command) => [command, ...opened(command).filter(isClear)]);

/**
 * Every place that a word of a command may mean, absolute. It counts from the folder that the line stands in by then, and
 * which one that is, of those it changes to, only the running shell knows. `cwd` is where the line begins.
 */
export function placesOf(word: string, within: readonly string[], { cwd, ground }: { cwd: string; ground: Ground }): string[] {
  const start = absolute(cwd, ground);
  const folders = [...within, '.'].map((folder) => absolute(folder, { ...ground, base: start }));
  return [...new Set(folders.map((folder) => absolute(word, { ...ground, base: folder })))];
}
