import { damaged } from '../../core/database-errors.ts';
import type { Db, Schema } from '../../core/database.ts';
import { isoTime, type Clock } from '../../core/clock.ts';
import { canonicalJson, sha256 } from '../../core/json.ts';
import type { Redactor } from '../../core/redact.ts';
import type { Caller } from '../../core/tool.ts';

export const auditEvents = [
  'started',
  'ok',
  'failed',
  'unknown',
  'refused',
  'denied',
  'asked',
  'verified',
  'approved',
  'declined',
  'opened', // a secret was, for this call
] as const;
export type AuditEvent = (typeof auditEvents)[number];

export interface AuditEntry {
  event: AuditEvent;
  callId: string;
  caller: Caller;
  tool: string;
  runId?: string;
  stepId?: string;
  /** Input, error, evidence: whatever explains the event. Cut at 4,000 characters. */
  detail?: unknown;
}

/** As stored and as mirrored: one JSON line each. `hash` covers every other field and the row before. */
export interface AuditRow {
  seq: number;
  at: string;
  event: AuditEvent;
  callId: string;
  caller: string;
  tool: string;
  runId: string | null;
  stepId: string | null;
  detail: string;
  prev: string;
  hash: string;
}

export const auditSchema: Schema = {
  part: 'audit',
  migrations: [
    `CREATE TABLE audit (
       seq INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, callId TEXT NOT NULL, caller TEXT NOT NULL,
       tool TEXT NOT NULL, runId TEXT, stepId TEXT, detail TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
     CREATE INDEX audit_run ON audit (runId) WHERE runId IS NOT NULL;
     CREATE TABLE open_calls (callId TEXT PRIMARY KEY, worker TEXT NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
    `CREATE TABLE audit_archives (
       toSeq INTEGER PRIMARY KEY, fromSeq INTEGER NOT NULL, hash TEXT NOT NULL, newest TEXT NOT NULL, file TEXT NOT NULL,
       droppedAt INTEGER) STRICT;`,
  ],
};

export interface AuditQuery {
  text?: string;
  tool?: string;
  caller?: string;
  event?: AuditEvent;
  runId?: string;
  callId?: string;
  /** ISO 8601. */
  since?: string;
  until?: string;
  limit: number;
  /** Rows before this seq. */
  before?: number;
}

/** Append-only and hash-chained. A call that cannot be recorded does not run. */
export interface Audit {
  /** Joins the caller's transaction, so that the row and the state it tells of are there or neither. */
  record(entry: AuditEntry): void;
  /** Newest first. */
  search(query: AuditQuery): AuditRow[];
  row(seq: number): AuditRow | undefined;
  /** Whether the call has started and has no outcome yet. */
  isOpen(callId: string): boolean;
  /** The first row of each call that has no outcome yet, oldest first. */
  openCalls(): AuditRow[];
  count(): number;
  /** Calls that a dead worker left without an outcome become `unknown`. */
  closeOrphans(worker: string): void;
  /** Before a call's first row: what throws here keeps the call from starting. */
  beforeStart(check: () => void): void;
  /** After each row, outside of any promise about durability. */
  onRecord(listener: (seq: number) => void): void;
}

export const firstPrev = '0'.repeat(64);
const longestDetail = 4_000;
const opens = new Set<AuditEvent>(['started']);
const closes = new Set<AuditEvent>(['ok', 'failed', 'unknown']);

export interface AuditParts {
  db: Db;
  clock: Clock;
  redactor: Redactor;
  worker: string;
}

export function createAudit({ db, clock, redactor, worker }: AuditParts): Audit {
  const listeners: ((seq: number) => void)[] = [];
  const checks: (() => void)[] = [];
  const record: Audit['record'] = (entry) => {
    if (opens.has(entry.event)) for (const check of checks) check();
    const seq = db.transaction(() => {
      const last = db.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get() as Pick<AuditRow, 'seq' | 'hash'> | undefined;
      const row = chained(entry, { at: isoTime(clock.now()), last, redactor });
      db.prepare('INSERT INTO audit VALUES (@seq, @at, @event, @callId, @caller, @tool, @runId, @stepId, @detail, @prev, @hash)').run(row);
      if (opens.has(entry.event)) db.prepare('INSERT INTO open_calls VALUES (?, ?, ?)').run(entry.callId, worker, row.seq);
      if (closes.has(entry.event)) db.prepare('DELETE FROM open_calls WHERE callId = ?').run(entry.callId);
      return row.seq;
    });
    for (const listener of listeners) listener(seq);
  };
  return {
    record,
    search: (query) => search(db, query),
    row: (seq) => db.prepare('SELECT * FROM audit WHERE seq = ?').get(seq) as AuditRow | undefined,
    isOpen: (callId) => db.prepare('SELECT 1 FROM open_calls WHERE callId = ?').get(callId) !== undefined,
    openCalls: () => db.prepare('SELECT audit.* FROM open_calls JOIN audit USING (seq) ORDER BY seq').all() as AuditRow[],
    // Rows have no gaps, and counting a million takes 60 ms.
    count: () => ((db.prepare('SELECT max(seq) AS n FROM audit').get() as { n: number | null }).n ?? 0) - archivedTo(db).seq,
    closeOrphans: (lost) => {
      const orphans = db.prepare('SELECT audit.* FROM open_calls JOIN audit USING (seq) WHERE worker = ?').all(lost) as AuditRow[];
      for (const orphan of orphans) record({ ...entryOf(orphan), event: 'unknown', detail: 'The process ended during the call.' });
    },
    beforeStart: (check) => void checks.push(check),
    onRecord: (listener) => void listeners.push(listener),
  };
}

interface ChainParts {
  at: string;
  last: Pick<AuditRow, 'seq' | 'hash'> | undefined;
  redactor: Redactor;
}

function chained(entry: AuditEntry, { at, last, redactor }: ChainParts): AuditRow {
  const row = {
    seq: (last?.seq ?? 0) + 1,
    at,
    event: entry.event,
    callId: entry.callId,
    // Half a character has no place in the file, and what is read back must be what was hashed.
    caller: callerText(redactor.value(entry.caller)).toWellFormed(),
    tool: entry.tool.toWellFormed(),
    runId: entry.runId ?? null,
    stepId: entry.stepId ?? null,
    detail: detailText(redactor.value(entry.detail ?? null)),
    prev: last?.hash ?? firstPrev,
  };
  return { ...row, hash: hashOf(row) };
}

export const hashOf = ({ hash: _own, ...row }: Omit<AuditRow, 'hash'> & { hash?: string }): string => sha256(canonicalJson(row));

function detailText(detail: unknown): string {
  const text = JSON.stringify(detail) ?? 'null';
  if (text.length <= longestDetail) return text;
  return JSON.stringify({ cut: text.slice(0, longestDetail - 200), characters: text.length, sha256: sha256(text) });
}

export const callerText = (caller: Caller): string => (caller.name === undefined ? caller.kind : `${caller.kind}:${caller.name}`);

function entryOf(row: AuditRow): AuditEntry {
  const [kind, ...name] = row.caller.split(':');
  const caller = { kind, name: name.length > 0 ? name.join(':') : undefined } as Caller;
  return { event: row.event, callId: row.callId, caller, tool: row.tool, runId: row.runId ?? undefined, stepId: row.stepId ?? undefined };
}

const conditions: Partial<Record<keyof AuditQuery, string>> = {
  text: "(tool LIKE @text ESCAPE '\\' OR detail LIKE @text ESCAPE '\\')",
  tool: 'tool = @tool',
  caller: "(caller = @caller OR caller LIKE @caller || ':%')",
  event: 'event = @event',
  runId: 'runId = @runId',
  callId: 'callId = @callId',
  since: 'at >= @since',
  until: 'at < @until',
  before: 'seq < @before',
};

function search(db: Db, query: AuditQuery): AuditRow[] {
  const asked = Object.entries(query).filter(([key, value]) => value !== undefined && key in conditions);
  const where = asked.map(([key]) => conditions[key as keyof AuditQuery]).join(' AND ');
  const text = query.text === undefined ? undefined : `%${query.text.replace(/[\\%_]/g, '\\$&')}%`;
  const sql = `SELECT * FROM audit ${where && `WHERE ${where}`} ORDER BY seq DESC LIMIT @limit`;
  const rows = db.prepare(sql).all({ ...Object.fromEntries(asked), ...(text !== undefined && { text }), limit: query.limit }) as AuditRow[];
  if (!rows.every(isWhole)) throw damaged(db.file);
  return rows;
}

/** STRICT tables hold what their columns say; a damaged page may hold anything. */
const isWhole = ({ seq, at, event, callId, caller, tool, runId, detail }: AuditRow): boolean =>
  Number.isSafeInteger(seq) && [at, event, callId, caller, tool, runId ?? '', detail].every((text) => typeof text === 'string');

const chunk = 5_000;

/** Rows in order of seq, a chunk at a time. */
export function* auditRows(db: Db, after = 0): Generator<AuditRow> {
  for (let seq = after; ;) {
    const rows = db.prepare('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?').all(seq, chunk) as AuditRow[];
    yield* rows;
    if (rows.length < chunk) return;
    seq = rows.at(-1)!.seq;
  }
}

/** The last row that has left claw.db for an archive: the chain goes on from its hash. */
export function archivedTo(db: Db): Pick<AuditRow, 'seq' | 'hash'> {
  const sql = 'SELECT toSeq AS seq, hash FROM audit_archives ORDER BY toSeq DESC LIMIT 1';
  return (db.prepare(sql).get() as Pick<AuditRow, 'seq' | 'hash'> | undefined) ?? { seq: 0, hash: firstPrev };
}

/** One JSON line, as in audit.log and in archives. */
export const auditLine = (row: AuditRow): string => `${JSON.stringify(row)}\n`;
