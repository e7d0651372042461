import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Db, Schema } from '../../core/database.ts';
import type { Redactor } from '../../core/redact.ts';

export const unfinishedSchema: Schema = {
  part: 'unfinished_files',
  migrations: ['CREATE TABLE unfinished_files (path TEXT PRIMARY KEY, worker TEXT NOT NULL) STRICT, WITHOUT ROWID;'],
};

/** The temporary files that writes have under way, so that those of a process that was killed do not stay. */
export interface Unfinished {
  /** Before the file is there. */
  begin(temporary: string): void;
  /** Once it has its name, or is gone. */
  end(temporary: string): void;
  /** Takes away what that process has left. Never throws: a file that cannot be removed stays, and stays on record. */
  clear(worker: string): void;
}

export interface UnfinishedParts {
  db: Db;
  worker: string;
  /** A path may hold a secret, and claw.db must not; such a file is not found again. */
  redactor: Pick<Redactor, 'text'>;
}

export function createUnfinished({ db, worker, redactor }: UnfinishedParts): Unfinished {
  const forget = (file: string): void => void db.prepare('DELETE FROM unfinished_files WHERE path = ?').run(redactor.text(file));
  return {
    begin: (temporary) => void db.prepare('INSERT OR REPLACE INTO unfinished_files VALUES (?, ?)').run(redactor.text(temporary), worker),
    end: (temporary) => {
      try {
        forget(temporary);
      } catch {
        // The write itself is done, and a row too many does no harm.
      }
    },
    clear: (lost) => {
      const rows = db.prepare('SELECT path FROM unfinished_files WHERE worker = ?').all(lost) as { path: string }[];
      for (const { path: file } of rows) if (removed(file)) forget(file);
    },
  };
}

function removed(file: string): boolean {
  try {
    if (/^\..*\.tmp$/.test(path.basename(file))) rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}
