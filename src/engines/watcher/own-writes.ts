import { lstat } from 'node:fs/promises';
import type { Db, Schema } from '../../core/database.ts';
import type { Clock } from '../../core/clock.ts';
import type { Redactor } from '../../core/redact.ts';
import type { FileChange, Files } from '../files/files.ts';

export const ownWriteSchema: Schema = {
  part: 'own_writes',
  migrations: [
    `CREATE TABLE own_writes (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, mtime REAL NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  ],
};

/** What claw's own tools have done to files, so that no rule takes it for someone else's doing. Paths are real ones. */
export interface OwnWrites {
  /** Whether this very state of the file is claw's work. */
  wrote(file: { path: string; sha256: string; mtimeMs: number }): boolean;
  /** Whether claw took it away, having last been seen at `seenAt` (ms since 1970). */
  removed(file: string, seenAt: number): boolean;
  /** Called once the change is there. */
  record(file: string, sha256: string | undefined): Promise<void>;
  /** The same files, whose changes are recorded. */
  watch(files: Files): Files;
  /** Forgets what is older than a week. */
  prune(): void;
}

const keptMs = 7 * 86_400_000;

interface Row {
  sha256: string;
  mtime: number;
  at: number;
}

export function createOwnWrites({ db, clock, redactor }: { db: Db; clock: Clock; redactor: Pick<Redactor, 'text'> }): OwnWrites {
  const rowOf = (file: string): Row | undefined =>
    db.prepare('SELECT sha256, mtime, at FROM own_writes WHERE path = ?').get(redactor.text(file)) as Row | undefined;
  const put = (file: string, sha256: string, mtime: number): void =>
    void db.prepare('INSERT OR REPLACE INTO own_writes VALUES (?, ?, ?, ?)').run(redactor.text(file), sha256, mtime, clock.now());
  const record: OwnWrites['record'] = async (file, sha256) => {
    const found = sha256 === undefined ? undefined : await lstat(file).catch(() => undefined);
    put(file, found ? sha256! : '', found?.mtimeMs ?? 0);
  };
  const noted = async <Change extends FileChange>(change: Promise<Change>): Promise<Change> => {
    const { path, sha256 } = await change;
    await record(path, sha256);
    return change;
  };
  return {
    wrote: ({ path, sha256, mtimeMs }) => {
      const row = rowOf(path);
      return row !== undefined && row.sha256 === sha256 && row.mtime === mtimeMs;
    },
    removed: (file, seenAt) => {
      const row = rowOf(file);
      return row !== undefined && row.sha256 === '' && row.at >= seenAt;
    },
    record,
    prune: () => void db.prepare('DELETE FROM own_writes WHERE at < ?').run(clock.now() - keptMs),
    watch: (files) => ({
      ...files,
      write: (...call) => noted(files.write(...call)),
      edit: (...call) => noted(files.edit(...call)),
      copy: (...call) => noted(files.copy(...call)),
      restore: (...call) => noted(files.restore(...call)),
      delete: async (...call) => {
        const deleted = await files.delete(...call);
        await record(deleted.path, undefined);
        return deleted;
      },
      move: async (...call) => {
        const moved = await noted(files.move(...call));
        await record(moved.from, undefined);
        return moved;
      },
    }),
  };
}
