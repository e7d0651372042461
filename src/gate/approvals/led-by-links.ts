import { commandsIn, placesOf } from '../../core/commands/places.ts';
import { commandGiven } from '../../core/foreign-input.ts';
import { absolute, realPath, type Ground } from '../../core/ground.ts';
import type { BoundFile } from './changed-files.ts';

const fields = ['path', 'from', 'to', 'cwd', 'file', 'folder'];
const mostWords = 500;
const longestName = 4_096;

/** Where links lead that stand on the way to a file or folder which a call names: who says yes says yes to that place. */
export function ledByLinks(input: unknown, ground: Ground): BoundFile[] {
  const given = commandGiven(input);
  const named = fields.map((field) => given[field]).filter((file): file is string => typeof file === 'string');
  const isCommand = Array.isArray(given.command) || typeof given.script === 'string';
  // Words count from where the folder of the call really is, which is among the fields.
  const where = { cwd: realPath(absolute(given.cwd ?? '.', ground)), ground };
  const words = isCommand
    ? commandsIn(given).flatMap(({ words: all, writesTo, within }) => [...all.slice(1), ...writesTo].map((word) => ({ word, within })))
    : [];
  const places = words
    .filter(({ word }) => word !== '' && word.length < longestName && !/^-|\0|:\/\//.test(word))
    .slice(0, mostWords)
    .flatMap(({ word, within }) => placesOf(word, within, where));
  const all = [...new Set([...named.filter((file) => !file.includes('\0')).map((file) => absolute(file, ground)), ...places])];
  return all.flatMap((file) => {
    const real = realPath(file);
    return real === file ? [] : [{ path: file, content: `leads to ${real}` }];
  });
}
