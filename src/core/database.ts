import { closeSync, existsSync, fsync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { systemCode, ToolError } from './errors.ts';

/** One part's tables: `migrations[n]` takes its schema from version n to n + 1. */
export interface Schema {
  part: string;
  migrations: string[];
}

/**
 * One SQLite file in WAL mode. `synchronous=NORMAL`: a commit survives the death of the process at
 * once, and the loss of power after the next `flushed()`.
 */
export interface Db {
  readonly file: string;
  /** Prepared once per text: preparing costs more than running for short statements. */
  prepare(sql: string): Database.Statement;
  /** Runs `work` in one IMMEDIATE transaction; nested calls join the outer one. */
  transaction<T>(work: () => T): T;
  /** Resolves when everything committed so far is on disk. Callers that wait together share one fsync. */
  flushed(): Promise<void>;
  close(): void;
}

export function openDatabase(file: string, schemas: Schema[]): Db {
  const sqlite = open(file);
  try {
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = NORMAL');
    sqlite.pragma('busy_timeout = 5000');
    sqlite.pragma('foreign_keys = ON');
    const db: Db = {
      file,
      prepare: preparedOnce(sqlite),
      transaction: (work) => (sqlite.inTransaction ? work() : sqlite.transaction(work).immediate()),
      flushed: groupedFsync(`${file}-wal`),
      close: () => sqlite.close(),
    };
    migrate(sqlite, db, schemas);
    checkIntegrity(sqlite, file);
    return db;
  } catch (error) {
    sqlite.close();
    throw explained(error, file);
  }
}

function open(file: string): Database.Database {
  try {
    return new Database(file);
  } catch (error) {
    throw explained(error, file);
  }
}

function preparedOnce(sqlite: Database.Database): Db['prepare'] {
  const prepared = new Map<string, Database.Statement>();
  return (sql) => {
    let statement = prepared.get(sql);
    if (!statement) prepared.set(sql, (statement = sqlite.prepare(sql)));
    return statement;
  };
}

function migrate(sqlite: Database.Database, db: Db, schemas: Schema[]): void {
  if (schemas.every(({ part, migrations }) => versionOf(sqlite, part) === migrations.length)) return;
  db.transaction(() => {
    sqlite.exec('CREATE TABLE IF NOT EXISTS schema_version (part TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT');
    for (const { part, migrations } of schemas) {
      const version = versionOf(sqlite, part);
      if (version > migrations.length) throw newer(db.file, part, version, migrations.length);
      for (const step of migrations.slice(version)) sqlite.exec(step);
      sqlite.prepare('INSERT OR REPLACE INTO schema_version VALUES (?, ?)').run(part, migrations.length);
    }
  });
}

function versionOf(sqlite: Database.Database, part: string): number {
  const exists = sqlite.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").get();
  if (!exists) return 0;
  const row = sqlite.prepare('SELECT version FROM schema_version WHERE part = ?').get(part);
  return (row as { version: number } | undefined)?.version ?? 0;
}

const newer = (file: string, part: string, found: number, known: number): ToolError =>
  new ToolError('bad_config', `${file} was written by a newer claw (${part} ${found}, this one knows ${known}).`, {
    hint: 'Install the newer version again, or start with another CLAW_HOME.',
  });

function checkIntegrity(sqlite: Database.Database, file: string): void {
  const [row] = sqlite.pragma('quick_check(1)') as { quick_check: string }[];
  if (row?.quick_check !== 'ok') throw corrupt(file);
}

const corrupt = (file: string, cause?: unknown): ToolError =>
  new ToolError('bad_config', `${file} is damaged.`, {
    hint: `Stop claw, keep a copy of ${file}, and restore a backup; or rescue what is left with: sqlite3 ${file} .recover`,
    cause,
  });

function explained(error: unknown, file: string): unknown {
  const code = systemCode(error);
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return corrupt(file, error);
  if (code.startsWith('SQLITE_FULL')) return full(file, error);
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code === 'EACCES') {
    return new ToolError('bad_config', `${file} cannot be opened for writing.`, {
      hint: 'Check the owner and permissions of the data folder (CLAW_HOME).',
      cause: error,
    });
  }
  return error;
}

const full = (file: string, cause: unknown): ToolError =>
  new ToolError('unavailable', `No space left to write ${file}.`, { hint: 'Free some disk space and try again.', cause });

/**
 * A commit under synchronous=NORMAL is in the WAL file but not yet forced to disk; forcing that file
 * makes every earlier commit durable (https://sqlite.org/wal.html, "Performance Considerations").
 * Closing the descriptor is safe: SQLite's POSIX locks are on the database and -shm files, not here.
 */
function groupedFsync(walFile: string): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = forceToDisk(walFile).finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (!running) return start();
    // The fsync under way may have begun before our commit, so we share the one after it.
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}

function forceToDisk(file: string): Promise<void> {
  if (!existsSync(file)) return Promise.resolve();
  const descriptor = openSync(file, 'r+');
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => {
      closeSync(descriptor);
      if (error) reject(error);
      else resolve();
    });
  });
}
