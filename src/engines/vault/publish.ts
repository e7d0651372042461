import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { explained } from '../../core/atomic-write.ts';
import type { Db } from '../../core/database.ts';
import type { Identity, IdentityFile } from './identity.ts';

interface Publication {
  /** The keys that the new file was made with. */
  keys: Identity;
  temporary: string;
  target: string;
}

/**
 * Puts a temporary file in the place of `target`, within a transaction of claw.db, which is the lock between processes.
 * False, and nothing is changed, where `mayGo` says no or identity.txt has changed since: a file for a key that is
 * about to be forgotten must not get in. The temporary file is gone in any case.
 */
export function publish(
  { db, identity }: { db: Db; identity: IdentityFile },
  { keys, temporary, target }: Publication,
  mayGo: () => boolean = () => true,
): boolean {
  try {
    return db.transaction(() => {
      if (identity.stamp() !== keys.stamp || !mayGo()) return false;
      renameSync(temporary, target);
      syncFolder(path.dirname(target));
      return true;
    });
  } catch (error) {
    throw explained(error, target);
  } finally {
    rmSync(temporary, { force: true });
  }
}

// Within a transaction nothing may wait, or another statement of this process would slip into it.
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
