import type { Db } from '../core/database.ts';
import type { Claim } from './run-rows.ts';

interface Arrived {
  seq: number;
  runId: string;
  name: string;
}

/** The tables `signals` and `timers`: what runs wait for. */
export interface WaitRows {
  /** The first value for a name wins. A run that shows itself waiting for it goes on. */
  send(run: number, name: string, value: string): void;
  /** JSON of the value, or undefined while nothing has come. */
  value(run: number, name: string): string | undefined;
  lastSignal(): number;
  /** Signals since, of runs that this worker has in its hands. */
  arrivedSince(seq: number, workerId: string): Arrived[];
  /** Sets the timer unless it is set, and returns when it is due and whether it has fired. */
  timer(claim: Claim, id: string, dueAt: number): { dueAt: number; hasFired: boolean };
  /** Remembers that it fired, so that a replay sees the same. */
  fire(claim: Claim, id: string): void;
}

export function createWaitRows({ db }: { db: Db }): WaitRows {
  return {
    send: (run, name, value) =>
      db.transaction(() => {
        db.prepare('INSERT OR IGNORE INTO signals (run, name, value) VALUES (?, ?, ?)').run(run, name, value);
        const goOn = `UPDATE runs SET status = 'running', question = NULL, waiting_for = NULL
                      WHERE seq = ? AND waiting_for = ? AND status = 'waiting' AND ended_at IS NULL`;
        db.prepare(goOn).run(run, name);
      }),
    value: (run, name) =>
      (db.prepare('SELECT value FROM signals WHERE run = ? AND name = ?').get(run, name) as { value: string } | undefined)?.value,
    lastSignal: () => (db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM signals').get() as { seq: number }).seq,
    arrivedSince: (seq, workerId) => {
      const sql = `SELECT signals.seq, runs.id AS runId, signals.name FROM signals JOIN runs ON runs.seq = signals.run
                   WHERE signals.seq > ? AND runs.worker = ? ORDER BY signals.seq`;
      return db.prepare(sql).all(seq, workerId) as Arrived[];
    },
    timer: ({ seq, epoch }, id, dueAt) => {
      const select = 'SELECT due_at AS dueAt, fired FROM timers WHERE run = ? AND id = ?';
      const found = db.prepare(select).get(seq, id) as { dueAt: number; fired: number } | undefined;
      if (found) return { dueAt: found.dueAt, hasFired: found.fired === 1 };
      const insert = 'INSERT INTO timers (run, id, due_at) SELECT seq, ?, ? FROM runs WHERE seq = ? AND epoch = ?';
      db.prepare(insert).run(id, dueAt, seq, epoch);
      return { dueAt, hasFired: false };
    },
    fire: ({ seq, epoch }, id) => {
      const sql = 'UPDATE timers SET fired = 1 WHERE run = ? AND id = ? AND EXISTS (SELECT 1 FROM runs WHERE seq = ? AND epoch = ?)';
      db.prepare(sql).run(seq, id, seq, epoch);
    },
  };
}
