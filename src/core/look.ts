import { lstatSync, statSync, type Stats } from 'node:fs';

/** What stands at a path, links followed. Undefined also for what cannot be looked at. */
export const statOf = (file: string): Stats | undefined => looked(statSync, file);

export const isLink = (file: string): boolean => looked(lstatSync, file)?.isSymbolicLink() === true;

function looked(stat: typeof statSync, file: string): Stats | undefined {
  try {
    return stat(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
