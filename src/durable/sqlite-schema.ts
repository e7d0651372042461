import type { Schema } from '../core/database.ts';

/**
 * The journal's tables. Times are ms since 1970, the rest is JSON text.
 *
 * `runs.worker` is set while a process has the run in its hands, `runs.epoch` counts the claims: whoever
 * writes for a run names the epoch of its claim, and changes nothing where that has passed.
 * `steps.result` is what a replay returns (a value, an error, or that nobody knows); `steps.status` is
 * what people see, and a check may change it without changing the past.
 */
export const durableSchema: Schema = {
  part: 'durable',
  migrations: [
    `CREATE TABLE runs (
       seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, status TEXT NOT NULL, input TEXT NOT NULL,
       output TEXT, error TEXT, question TEXT, waiting_for TEXT, state TEXT, caller TEXT NOT NULL, queue TEXT, key TEXT,
       created_at INTEGER NOT NULL, ended_at INTEGER, worker TEXT, epoch INTEGER NOT NULL) STRICT;
     CREATE UNIQUE INDEX runs_key ON runs (kind, key) WHERE key IS NOT NULL;
     CREATE INDEX runs_open ON runs (status, worker) WHERE ended_at IS NULL;
     CREATE INDEX runs_claimed ON runs (worker, ended_at) WHERE worker IS NOT NULL;
     CREATE INDEX runs_queue ON runs (queue, status) WHERE queue IS NOT NULL AND ended_at IS NULL;
     CREATE TABLE steps (
       seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, id TEXT NOT NULL, tool TEXT NOT NULL, input TEXT NOT NULL,
       status TEXT NOT NULL, result TEXT CHECK (result IN ('value', 'error', 'unknown')), output TEXT, error TEXT,
       evidence TEXT NOT NULL DEFAULT '[]', idempotent INTEGER NOT NULL, attempts INTEGER NOT NULL,
       started_at INTEGER, ended_at INTEGER, UNIQUE (run, id)) STRICT;
     CREATE TABLE signals (
       seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (run, name)) STRICT;
     CREATE TABLE timers (
       run INTEGER NOT NULL, id TEXT NOT NULL, due_at INTEGER NOT NULL, fired INTEGER NOT NULL DEFAULT 0,
       PRIMARY KEY (run, id)) STRICT, WITHOUT ROWID;
     CREATE TABLE workers (
       id TEXT PRIMARY KEY, pid INTEGER NOT NULL, started TEXT NOT NULL, boot_id TEXT NOT NULL, pid_namespace TEXT NOT NULL,
       hostname TEXT NOT NULL, beat INTEGER NOT NULL, beat_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, taken_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
    `ALTER TABLE runs ADD COLUMN parent TEXT;
     CREATE INDEX runs_parent ON runs (parent) WHERE parent IS NOT NULL AND ended_at IS NULL;`,
  ],
};
