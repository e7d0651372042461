import { lstat } from 'node:fs/promises';

/** Whether what is watched is still the same folder, and what is below it is watched: the system tells of neither reliably. */
export interface Presence {
  /** A folder at or below the watched one is no longer there. */
  wentAway(folder: string): void;
  /** It is watched, again or for the first time. */
  isWatched(folder: string): void;
  /**
   * Whether the watched folder is there but is another one than at first or was gone in between, or one below it is there
   * again and not watched. To be asked again and again: a folder that is gone is not back yet.
   */
  hasReturned(): Promise<boolean>;
}

/** How often it is asked after a folder that went: what comes back later is seen like any new folder. */
const mostLooks = 10;

export async function createPresence(root: string): Promise<Presence> {
  const known = await identityOf(root);
  const looksLeft = new Map<string, number>();
  let wasGone = known === undefined;
  let answer: Promise<boolean> | undefined;

  async function look(): Promise<boolean> {
    const found = await identityOf(root);
    wasGone ||= found === undefined || looksLeft.has(root);
    if (found === undefined) return false;
    if (wasGone || found !== known) return true;
    for (const [folder, looks] of looksLeft) {
      if ((await identityOf(folder)) !== undefined) return true;
      if (looks > 1) looksLeft.set(folder, looks - 1);
      else looksLeft.delete(folder);
    }
    return false;
  }

  return {
    wentAway: (folder) => void looksLeft.set(folder, mostLooks),
    isWatched: (folder) => void (folder !== root && looksLeft.delete(folder)),
    // A share that does not answer is asked once.
    hasReturned: () => (answer ??= look().finally(() => (answer = undefined))),
  };
}

/** Device and inode of a folder; undefined where there is none, or nobody can tell. */
const identityOf = async (folder: string): Promise<string | undefined> => {
  const found = await lstat(folder).catch(() => undefined);
  return found?.isDirectory() === true ? `${found.dev}:${found.ino}` : undefined;
};
