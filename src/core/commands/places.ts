import path from 'node:path';
import { lineOf, type GivenCommand } from '../command-class.ts';
import { absolute, realPath, type Ground } from '../ground.ts';
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
  return [
    ...new Set(folders.flatMap((folder) => [absolute(word, { ...ground, base: folder }), ...walked(word, { ...ground, base: folder })])),
  ];
}

/** `link/..` is the folder above the one that the link leads to, where the system and not the shell resolves it. */
export function walked(word: string, from: Pick<Ground, 'userHome' | 'base'>): string[] {
  const names = word.split('/');
  if (!names.includes('..')) return [];
  const [first = '', ...rest] = names;
  const start = first === '' ? '/' : first === '~' ? from.userHome : path.resolve(from.base, first);
  return [rest.reduce((folder, name) => (name === '..' ? path.dirname(realPath(folder)) : path.join(folder, name)), start)];
}
