import { createRequire } from 'node:module';

/** Of the PostgreSQL client that the DBOS SDK brings. */
interface Pool {
  query(query: { name?: string; text: string; values?: unknown[] }): Promise<{ rows: unknown[] }>;
  end(): Promise<void>;
}

interface AuditRow {
  event: 'started' | 'ok';
  callId: string;
  stepId: string;
  detail: string;
}

/** Writes a row, and resolves when it is there: `started` on disk, `ok` with the next commit that is forced. */
type Write = (row: AuditRow) => Promise<unknown>;

export interface PeerAudit {
  /** Rows without a chain, each an insert of its own, as any connection comes free. */
  rows: Write;
  /** Rows that each cover the one before by a hash, as ours do. */
  chained: Write;
  close(): Promise<void>;
}

/**
 * The chain allows one writer at a time, among all processes: the lock is held until the commit, and what the database can do
 * in one statement it does in one.
 */
const schema = `
  CREATE SCHEMA IF NOT EXISTS claw_bench;
  CREATE TABLE IF NOT EXISTS claw_bench.audit (
    seq BIGSERIAL PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now(), event TEXT NOT NULL, call_id TEXT NOT NULL,
    caller TEXT NOT NULL, tool TEXT NOT NULL, step_id TEXT NOT NULL, detail TEXT NOT NULL, prev TEXT, hash TEXT);
  TRUNCATE claw_bench.audit;
  CREATE OR REPLACE FUNCTION claw_bench.append(events TEXT[], calls TEXT[], steps TEXT[], details TEXT[]) RETURNS VOID AS $$
  DECLARE last TEXT; own TEXT;
  BEGIN
    PERFORM pg_advisory_xact_lock(4711);
    SELECT hash INTO last FROM claw_bench.audit ORDER BY seq DESC LIMIT 1;
    FOR i IN 1 .. array_length(events, 1) LOOP
      own := encode(sha256(convert_to(concat_ws('|', last, now(), events[i], calls[i], steps[i], details[i]), 'UTF8')), 'hex');
      INSERT INTO claw_bench.audit (event, call_id, caller, tool, step_id, detail, prev, hash)
        VALUES (events[i], calls[i], 'workflow:note', 'bench_note', steps[i], details[i], last, own);
      last := own;
    END LOOP;
  END $$ LANGUAGE plpgsql`;

const insert = `INSERT INTO claw_bench.audit (event, call_id, caller, tool, step_id, detail) VALUES ($1, $2, 'workflow:note', 'bench_note', $3, $4)`;
const connections = 10;

/**
 * What a step writes beside its effect, written the fastest way we know. An outcome need not wait for the disk: DBOS records
 * the step's result right after it, and that commit takes the row along.
 */
export async function peerAudit(sdkUrl: string, connectionString: string): Promise<PeerAudit> {
  const { Pool: NewPool } = createRequire(sdkUrl)('pg') as { Pool: new (options: object) => Pool };
  const firm = new NewPool({ connectionString, max: connections });
  const loose = new NewPool({ connectionString, max: connections, options: '-c synchronous_commit=off' });
  await firm.query({ text: schema });
  const poolFor = (rows: AuditRow[]): Pool => (rows.some(({ event }) => event === 'started') ? firm : loose);
  const rows: Write = (row) => poolFor([row]).query({ name: 'row', text: insert, values: [row.event, row.callId, row.stepId, row.detail] });
  const append = (batch: AuditRow[]): Promise<unknown> => {
    const columns = (['event', 'callId', 'stepId', 'detail'] as const).map((name) => batch.map((row) => row[name]));
    return poolFor(batch).query({ name: 'append', text: 'SELECT claw_bench.append($1, $2, $3, $4)', values: columns });
  };
  return { rows, chained: inBatches(append), close: async () => void (await Promise.all([firm.end(), loose.end()])) };
}

/** What comes while a batch is being written is the next batch. */
function inBatches(append: (batch: AuditRow[]) => Promise<unknown>): Write {
  let gathered: AuditRow[] = [];
  let writing: Promise<unknown> = Promise.resolve();
  let next: Promise<unknown> | undefined;
  return (row) => {
    gathered.push(row);
    next ??= writing.then(() => {
      const batch = gathered;
      gathered = [];
      next = undefined;
      return (writing = append(batch));
    });
    return next;
  };
}
