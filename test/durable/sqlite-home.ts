import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/core/database.ts';
import { silentLog } from '../../src/core/log.ts';
import { createSqliteBackend, durableSchema, type SqliteBackend } from '../../src/durable/sqlite-backend.ts';
import type { Home } from './backend-home.ts';

interface SqliteConnection {
  backend: SqliteBackend;
  disconnect: () => void;
}

/** The journal in `where`, as one more process would open it. */
export function connect(
  where: string,
  { clock = systemClock, onWorkerLost }: { clock?: Clock; onWorkerLost?: (id: string) => void } = {},
): SqliteConnection {
  const db = openDatabase(path.join(where, 'claw.db'), [durableSchema]);
  const backend = createSqliteBackend({ db, clock, log: silentLog, ...(onWorkerLost && { onWorkerLost }) });
  return { backend, disconnect: () => db.close() };
}

export function sqliteHome(): Home {
  const where = mkdtempSync(path.join(tmpdir(), 'claw-durable-'));
  return {
    where,
    module: import.meta.filename,
    connect: connect,
    remove: () => rmSync(where, { recursive: true, force: true }),
  };
}
