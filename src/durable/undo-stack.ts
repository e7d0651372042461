import { storedJson } from '../core/database-errors.ts';
import type { Clock } from '../core/clock.ts';
import type { Db, Schema } from '../core/database.ts';
import { newId } from '../core/ids.ts';
import type { ToolCall } from '../core/tool.ts';

export const undoSchema: Schema = {
  part: 'undo',
  migrations: [
    `CREATE TABLE undo_entries (
       seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, call TEXT NOT NULL,
       state TEXT NOT NULL CHECK (state IN ('ready', 'undone', 'failed')), created_at INTEGER NOT NULL) STRICT;
     CREATE INDEX undo_ready ON undo_entries (scope) WHERE state = 'ready';`,
    'ALTER TABLE undo_entries ADD COLUMN step TEXT',
  ],
};

/** With the folder its first caller stood in. */
export type Reversal = ToolCall & { folder?: string };

interface UndoEntry {
  id: string;
  /** The call that reverses. */
  call: Reversal;
  /** The step of the run that made the call. */
  step: string | null;
  /** Ms since 1970. */
  createdAt: number;
}

/** What could still be reversed, per run or single call. It knows the calls, not how to make them. */
export interface UndoStack {
  /** Joins the caller's transaction, so that an effect and its reversal are on record together. */
  push(scope: string, call: Reversal, step?: string): void;
  /** Newest first. */
  ready(scope: string): UndoEntry[];
  markUndone(id: string): void;
  /** The scopes of the newest entries that are ready, newest first: among them is what "undo that" means. */
  recent(count: number): string[];
}

type Row = Omit<UndoEntry, 'call'> & { call: string };

export function createUndoStack({ db, clock }: { db: Db; clock: Clock }): UndoStack {
  return {
    push: (scope, call, step) => {
      const insert = "INSERT INTO undo_entries (id, scope, call, step, state, created_at) VALUES (?, ?, ?, ?, 'ready', ?)";
      db.prepare(insert).run(newId('und'), scope, JSON.stringify(call), step ?? null, clock.now());
    },
    ready: (scope) => {
      const sql = "SELECT id, call, step, created_at AS createdAt FROM undo_entries WHERE scope = ? AND state = 'ready' ORDER BY seq DESC";
      return (db.prepare(sql).all(scope) as Row[]).map((row) => ({ ...row, call: storedJson<Reversal>(row.call, 'claw.db') }));
    },
    recent: (count) => {
      const sql = "SELECT scope FROM undo_entries WHERE state = 'ready' GROUP BY scope ORDER BY MAX(seq) DESC LIMIT ?";
      return (db.prepare(sql).all(count) as { scope: string }[]).map(({ scope }) => scope);
    },
    markUndone: (id) => void db.prepare("UPDATE undo_entries SET state = 'undone' WHERE id = ?").run(id),
  };
}
