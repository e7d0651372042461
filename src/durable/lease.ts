import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import type { Workers } from './workers.ts';

/**
 * Held by at most one process. It has no expiry of its own: it is good for as long as its holder is not
 * dead, which the workers' beats decide.
 */
export interface Lease {
  /** As the database says now, not as remembered. */
  isHeld(): boolean;
  /** Takes it where it is free or its holder is dead. Returns whether it is held now. */
  campaign(): boolean;
  /** Whether someone alive, possibly this process, holds it. */
  isAttended(): boolean;
  release(): void;
}

interface LeaseParts {
  name: string;
  db: Db;
  clock: Clock;
  workers: Workers;
}

export function createLease({ name, db, clock, workers }: LeaseParts): Lease {
  const holder = (): string | undefined =>
    (db.prepare('SELECT holder FROM leases WHERE name = ?').get(name) as { holder: string } | undefined)?.holder;
  const isAttended = (): boolean => {
    const current = holder();
    return current !== undefined && !workers.isDead(current);
  };
  const take = (): boolean => {
    if (isAttended()) return holder() === workers.id;
    db.prepare('INSERT OR REPLACE INTO leases VALUES (?, ?, ?)').run(name, workers.id, clock.now());
    return true;
  };
  return {
    isHeld: () => holder() === workers.id,
    isAttended,
    campaign: () => (isAttended() ? holder() === workers.id : db.transaction(take)),
    release: () => void db.prepare('DELETE FROM leases WHERE name = ? AND holder = ?').run(name, workers.id),
  };
}
