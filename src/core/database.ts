import { closeSync, existsSync, fsync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { damaged, explainedDatabase, gone } from './database-errors.ts';
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
  /** Runs `work` in one IMMEDIATE transaction; nested calls join the outer one. Throws `unavailable` where the file is gone. */
  transaction<T>(work: () => T): T;
  /** Loads a SQLite extension from a file. */
  loadExtension(file: string): void;
  /** Resolves when everything committed so far is on disk. Callers that wait together share one fsync. */
  flushed(): Promise<void>;
  /** Brings the tables of more parts up to date. Throws `bad_config` where a newer claw has written them. */
  migrate(schemas: Schema[]): void;
  close(): void;
}

/** Of 4 KiB. Each checkpoint waits for the disk twice, and writes pages that every call changes; the WAL file grows to 16 MiB. */
const pagesPerCheckpoint = 4_000;

export function openDatabase(file: string, schemas: Schema[]): Db {
  const sqlite = open(file);
  try {
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = NORMAL');
    sqlite.pragma(`wal_autocheckpoint = ${pagesPerCheckpoint}`);
    sqlite.pragma('busy_timeout = 5000');
    sqlite.pragma('foreign_keys = ON');
    const mustBeThere = watched(file);
    const transaction = sqlite.transaction((work: () => unknown) => work());
    const db: Db = {
      file,
      prepare: preparedOnce(sqlite, file),
      transaction: (work) => {
        if (sqlite.inTransaction) return work();
        mustBeThere();
        return explaining(file, () => transaction.immediate(work) as ReturnType<typeof work>);
      },
      loadExtension: (extension) => void sqlite.loadExtension(extension),
      flushed: groupedFsync(`${file}-wal`),
      migrate: (more) => migrate(sqlite, db, more),
      close: () => sqlite.close(),
    };
    migrate(sqlite, db, schemas);
    checkIntegrity(sqlite, file);
    return db;
  } catch (error) {
    sqlite.close();
    throw explainedDatabase(error, file);
  }
}

const inMemory = ':memory:';

function open(file: string): Database.Database {
  try {
    // SQLite would make it with the process's umask, and a start that is cut off would leave it open to others.
    if (file !== inMemory) closeSync(openSync(file, 'a', 0o600));
    return new Database(file);
  } catch (error) {
    throw explainedDatabase(error, file);
  }
}

/** Whether the path still leads to the file that was opened; a database in memory has none. */
function watched(file: string): () => void {
  const opened = statSync(file, { throwIfNoEntry: false })?.ino;
  return () => {
    if (statSync(file, { throwIfNoEntry: false })?.ino !== opened) throw gone(file);
  };
}

function explaining<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainedDatabase(error, file);
  }
}

function preparedOnce(sqlite: Database.Database, file: string): Db['prepare'] {
  const prepared = new Map<string, Database.Statement>();
  return (sql) => {
    let statement = prepared.get(sql);
    if (!statement) prepared.set(sql, (statement = explaining(file, () => explained(sqlite.prepare(sql), file))));
    return statement;
  };
}

/** The same statement, failing in words that name the file. */
function explained(statement: Database.Statement, file: string): Database.Statement {
  const { run, get, all } = statement;
  statement.run = (...values) => explaining(file, () => run.apply(statement, values));
  statement.get = (...values) => explaining(file, () => get.apply(statement, values));
  statement.all = (...values) => explaining(file, () => all.apply(statement, values));
  return statement;
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

/** Whatever keeps a file from being checked is damage: nothing of it has been asked for yet. */
function checkIntegrity(sqlite: Database.Database, file: string): void {
  let rows: { quick_check: string }[];
  try {
    rows = sqlite.pragma('quick_check(1)') as { quick_check: string }[];
  } catch (error) {
    throw systemCode(error) === 'SQLITE_ERROR' ? damaged(file, error) : error;
  }
  if (rows[0]?.quick_check !== 'ok') throw damaged(file);
}

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
      if (error) reject(explainedDatabase(error, file));
      else resolve();
    });
  });
}
