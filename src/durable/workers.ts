import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { isGone, thisProcess, type ProcessIdentity } from './process-identity.ts';

/** Own beats without one of another's until that one counts as dead. */
const silentBeats = 5;

/**
 * The processes that share this journal. Each counts up its own beat; others watch whether it moves,
 * and measure the silence in beats of their own. So no clock is compared with another, and neither a
 * jump of wall time nor a suspended machine makes anyone look dead or alive.
 */
export interface Workers {
  readonly id: string;
  join(): void;
  /** One beat, and one look at the others. False where they had declared this worker dead; it has joined anew. */
  beat(): boolean;
  isDead(id: string): boolean;
  dead(): string[];
  /** Inside a transaction: false where the worker has moved since, and so is not dead. */
  remove(id: string): boolean;
  leave(): void;
}

type Row = ProcessIdentity & { id: string; beat: number };

const select = 'SELECT id, pid, started, boot_id AS bootId, pid_namespace AS pidNamespace, hostname, beat FROM workers';

export interface WorkerParts {
  id: string;
  db: Db;
  clock: Clock;
  identity?: ProcessIdentity;
}

export function createWorkers({ id, db, clock, identity = thisProcess() }: WorkerParts): Workers {
  const seen = new Map<string, { beat: number; silent: number }>();
  const isDeadRow = (row: Row): boolean => isGone(row, identity) || (seen.get(row.id)?.silent ?? 0) >= silentBeats;
  const find = (other: string): Row | undefined => db.prepare(`${select} WHERE id = ?`).get(other) as Row | undefined;
  const others = (): Row[] => db.prepare(`${select} WHERE id <> ?`).all(id) as Row[];

  const join = (): void => {
    const { pid, started, bootId, pidNamespace, hostname } = identity;
    const insert = 'INSERT INTO workers VALUES (?, ?, ?, ?, ?, ?, 0, ?)';
    db.prepare(insert).run(id, pid, started, bootId, pidNamespace, hostname, clock.now());
  };
  const look = (): void => {
    const rows = others();
    for (const gone of new Set(seen.keys()).difference(new Set(rows.map((row) => row.id)))) seen.delete(gone);
    for (const { id: other, beat } of rows) {
      const before = seen.get(other);
      seen.set(other, { beat, silent: before?.beat === beat ? before.silent + 1 : 0 });
    }
  };
  return {
    id,
    join,
    beat: () => {
      const { changes } = db.prepare('UPDATE workers SET beat = beat + 1, beat_at = ? WHERE id = ?').run(clock.now(), id);
      if (changes === 0) join();
      look();
      return changes > 0;
    },
    isDead: (other) => {
      if (other === id) return false;
      const row = find(other);
      return !row || isDeadRow(row);
    },
    dead: () =>
      others()
        .filter(isDeadRow)
        .map((row) => row.id),
    remove: (other) => {
      const row = find(other);
      const hasMoved = row && !isGone(row, identity) && row.beat !== seen.get(other)?.beat;
      if (hasMoved) return false;
      db.prepare('DELETE FROM workers WHERE id = ?').run(other);
      return true;
    },
    leave: () => void db.prepare('DELETE FROM workers WHERE id = ?').run(id),
  };
}
