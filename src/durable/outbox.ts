import type { Clock } from '../core/clock.ts';
import type { Db, Schema } from '../core/database.ts';
import { ToolError, type ErrorCode, type ErrorShape } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { createAlarm } from './alarm.ts';

export const outboxSchema: Schema = {
  part: 'outbox',
  migrations: [
    `CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, message TEXT NOT NULL,
       status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')), attempts INTEGER NOT NULL DEFAULT 0,
       next_at INTEGER, error TEXT, created_at INTEGER NOT NULL, delivered_at INTEGER) STRICT;
     CREATE INDEX outbox_waiting ON outbox (next_at) WHERE status = 'waiting';
     CREATE INDEX outbox_scope ON outbox (scope);`,
  ],
};

export interface Message {
  /** The same for every attempt; another message with the same key is not taken. */
  key: string;
  /** What it is about: a firing's id. */
  scope: string;
  /** The call that delivers it. */
  tool: string;
  input: Record<string, unknown>;
  /** On whose behalf: the run, the job and the folder where its relative paths start. */
  run: string;
  job: string;
  /** What `job` names: a scheduled job by itself. */
  by?: 'cron' | 'workflow';
  folder?: string | undefined;
}

export type DeliveryStatus = 'waiting' | 'delivered' | 'failed';

export interface Delivery {
  key: string;
  tool: string;
  status: DeliveryStatus;
  attempts: number;
  error?: ErrorShape;
}

/**
 * Messages that leave after the transaction that decided on them. Each is delivered at least once: a process that dies
 * between the delivery and its record makes the next one deliver again, with the same key.
 */
export interface Outbox {
  /** Joins the caller's transaction. */
  put(message: Message): void;
  of(scope: string): Delivery[];
  /** There may be something to deliver. Only the leader delivers. */
  notice(): void;
  close(): Promise<void>;
}

export interface OutboxParts {
  db: Db;
  clock: Clock;
  log: Log;
  isLeader: () => boolean;
  /** Whether everything is stopped: then messages wait. */
  isStopped: () => boolean;
  deliver: (message: Message, signal: AbortSignal) => Promise<void>;
}

interface Row {
  seq: number;
  key: string;
  message: string;
  status: DeliveryStatus;
  attempts: number;
  error: string | null;
}

const atOnce = 8;
const mostAttempts = 12;
const firstPauseMs = 1_000;
const longestPauseMs = 3_600_000;
/** What the same call would meet again. */
const final = new Set<ErrorCode>(['unknown_tool', 'invalid_input', 'denied', 'not_found', 'too_large', 'bad_config']);

export function createOutbox({ db, clock, log, isLeader, isStopped, deliver }: OutboxParts): Outbox {
  const alarm = createAlarm({ clock, log });
  const closing = new AbortController();
  let unset = (): void => {};
  let round = Promise.resolve();

  /**
   * The first for each place: one that does not answer keeps no other waiting, and what goes to one place stays in order.
   * All files are one place: two that append to one file at once would lose a line.
   */
  const due = (): Row[] => {
    const sql = `SELECT *, min(seq) FROM outbox WHERE status = 'waiting' AND next_at <= ?
                 GROUP BY json_extract(message, '$.tool', '$.input.channel', '$.input.profile')
                 ORDER BY next_at, seq LIMIT ?`;
    return db.prepare(sql).all(clock.now(), atOnce) as Row[];
  };
  const earliest = (): number | undefined =>
    (db.prepare("SELECT min(next_at) AS at FROM outbox WHERE status = 'waiting'").get() as { at: number | null }).at ?? undefined;

  async function pass(): Promise<void> {
    while (!closing.signal.aborted && isLeader() && !isStopped()) {
      const rows = due();
      if (rows.length === 0) break;
      await Promise.all(rows.map(attempt));
    }
    const at = closing.signal.aborted ? undefined : earliest();
    unset();
    if (at !== undefined && isLeader()) unset = alarm.set(isStopped() ? clock.now() + firstPauseMs : at, notice);
  }

  async function attempt(row: Row): Promise<void> {
    try {
      await deliver(JSON.parse(row.message) as Message, closing.signal);
      const sql = "UPDATE outbox SET status = 'delivered', attempts = attempts + 1, error = NULL, delivered_at = ? WHERE seq = ?";
      db.prepare(sql).run(clock.now(), row.seq);
    } catch (error) {
      if (!closing.signal.aborted) failed(row, error);
    }
  }

  function failed({ seq, key, attempts }: Row, error: unknown): void {
    if (!(error instanceof ToolError)) log.error('delivery_failed', { key, error });
    const known =
      error instanceof ToolError ? error : new ToolError('internal', 'It could not be delivered.', { hint: 'The log has the reason.' });
    const isOver = final.has(known.code) || attempts + 1 >= mostAttempts;
    const nextAt = clock.now() + Math.min(firstPauseMs * 2 ** attempts, longestPauseMs);
    db.prepare('UPDATE outbox SET status = ?, attempts = attempts + 1, next_at = ?, error = ? WHERE seq = ?').run(
      isOver ? 'failed' : 'waiting',
      nextAt,
      JSON.stringify(known.toJSON()),
      seq,
    );
  }

  function notice(): void {
    if (closing.signal.aborted || !isLeader()) return;
    round = round.then(pass).catch((error: unknown) => log.error('outbox_failed', { error }));
  }

  return {
    notice,
    put: (message) => {
      const insert =
        "INSERT INTO outbox (key, scope, message, status, next_at, created_at) VALUES (?, ?, ?, 'waiting', ?, ?) ON CONFLICT DO NOTHING";
      db.prepare(insert).run(message.key, message.scope, JSON.stringify(message), clock.now(), clock.now());
    },
    of: (scope) => (db.prepare('SELECT * FROM outbox WHERE scope = ? ORDER BY seq').all(scope) as Row[]).map(deliveryOf),
    close: async () => {
      closing.abort(new ToolError('cancelled', 'claw is shutting down.', { hint: 'It is delivered with the next start.' }));
      alarm.close();
      await round;
    },
  };
}

const deliveryOf = ({ key, message, status, attempts, error }: Row): Delivery => ({
  key,
  tool: (JSON.parse(message) as Message).tool,
  status,
  attempts,
  ...(error !== null && { error: JSON.parse(error) as ErrorShape }),
});
