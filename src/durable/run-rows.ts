import { storedJson } from '../core/database-errors.ts';
import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { ToolError, type ErrorShape } from '../core/errors.ts';
import { strangeCursor } from '../core/paging.ts';
import { newId } from '../core/ids.ts';
import { isOpen, type Question, type RunFilter, type RunRecord, type RunSpec, type RunStatus } from './backend.ts';

/** One run in the hands of one process. Whoever writes for the run shows it; a passed epoch writes nothing. */
export interface Claim {
  seq: number;
  id: string;
  epoch: number;
}

export interface ClaimedRun {
  claim: Claim;
  run: RunRecord;
}

/** What a run waits for, as shown. */
export interface Shown {
  status: RunStatus;
  question?: Question;
  /** The signal that ends the waiting. */
  waitingFor?: string;
}

export interface RunRow {
  seq: number;
  id: string;
  kind: string;
  status: RunStatus;
  input: string;
  output: string | null;
  error: string | null;
  question: string | null;
  state: string | null;
  caller: string;
  queue: string | null;
  created_at: number;
  ended_at: number | null;
  worker: string | null;
  epoch: number;
}

/** The table `runs`. Every write for a claimed run returns whether the claim still held. */
export interface RunRows {
  /** A run without a queue is claimed at once. `isNew` is false where the key was known. */
  insert(spec: RunSpec): { id: string; claim?: Claim; isNew: boolean };
  find(id: string): RunRow | undefined;
  list(filter: RunFilter): { items: RunRecord[]; nextCursor?: string };
  /** Undefined where someone else was faster. */
  claim(row: Pick<RunRow, 'seq' | 'epoch'>): ClaimedRun | undefined;
  /** The run as it is now, or undefined where the claim has passed. */
  held(claim: Claim): RunRow | undefined;
  show(claim: Claim, shown: Shown): boolean;
  setState(claim: Claim, state: unknown): boolean;
  finish(claim: Claim, end: { status: RunStatus; output?: unknown; error?: ErrorShape }): boolean;
  /** The run stays as it is, for whoever takes it next. */
  release(claim: Claim): void;
  /** Lets go of every open run of this worker. */
  releaseAll(): void;
  /** Open runs that this one has started. */
  openChildren(id: string): string[];
  /** Every run that has not ended, in anyone's hands or in none. */
  open(): RunRecord[];
  /** Runs in this worker's hands that someone has stopped. */
  stopped(): Pick<RunRow, 'seq' | 'id'>[];
  /** Ends an open run; its claim stays until its worker lets go. Returns the row before, if it was open. */
  stop(id: string): RunRow | undefined;
}

export interface RowParts {
  db: Db;
  clock: Clock;
  workerId: string;
}

export function createRunRows({ db, clock, workerId }: RowParts): RunRows {
  const find: RunRows['find'] = (id) => db.prepare('SELECT * FROM runs WHERE id = ?').get(id) as RunRow | undefined;
  const changed = (sql: string, ...values: unknown[]): boolean => db.prepare(sql).run(...values).changes > 0;

  const insert: RunRows['insert'] = (spec) => {
    const { kind, caller, queue = null, key = null, parent = null } = spec;
    const id = spec.id ?? newId('run');
    const isClaimed = queue === null;
    const sql = `INSERT INTO runs (id, kind, status, input, caller, queue, key, parent, created_at, worker, epoch)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    const start = isClaimed ? (['running', workerId, 1] as const) : (['queued', null, 0] as const);
    const { changes, lastInsertRowid } = db
      .prepare(sql)
      .run(id, kind, start[0], jsonOf(spec.input) ?? 'null', caller, queue, key, parent, clock.now(), start[1], start[2]);
    if (changes === 0) return { id: existing(spec), isNew: false };
    return { id, isNew: true, ...(isClaimed && { claim: { seq: Number(lastInsertRowid), id, epoch: 1 } }) };
  };
  const existing = ({ id, kind, key }: RunSpec): string => {
    const row = db.prepare('SELECT id FROM runs WHERE kind = ? AND key = ?').get(kind, key ?? null) as { id: string } | undefined;
    if (row) return row.id;
    throw new ToolError('conflict', `There is a run "${id}" already.`, { hint: 'Start it without an id, or with another.' });
  };

  return {
    insert,
    find,
    list: (filter) => list(db, filter),
    claim: ({ seq, epoch }) => {
      const sql = `UPDATE runs SET worker = ?, epoch = epoch + 1, status = iif(status = 'queued', 'running', status)
                   WHERE seq = ? AND epoch = ? AND ended_at IS NULL RETURNING *`;
      const row = db.prepare(sql).get(workerId, seq, epoch) as RunRow | undefined;
      return row && { claim: { seq, id: row.id, epoch: row.epoch }, run: runOf(row) };
    },
    held: ({ seq, epoch }) => db.prepare('SELECT * FROM runs WHERE seq = ? AND epoch = ?').get(seq, epoch) as RunRow | undefined,
    show: ({ seq, epoch }, { status, question, waitingFor }) =>
      changed(
        'UPDATE runs SET status = ?, question = ?, waiting_for = ? WHERE seq = ? AND epoch = ? AND ended_at IS NULL',
        status,
        jsonOf(question),
        waitingFor ?? null,
        seq,
        epoch,
      ),
    setState: ({ seq, epoch }, state) => changed('UPDATE runs SET state = ? WHERE seq = ? AND epoch = ?', jsonOf(state), seq, epoch),
    finish: ({ seq, epoch }, { status, output, error }) =>
      changed(
        `UPDATE runs SET status = ?, output = ?, error = ?, ended_at = ?, question = NULL, waiting_for = NULL, worker = NULL
         WHERE seq = ? AND epoch = ? AND ended_at IS NULL`,
        status,
        jsonOf(output),
        jsonOf(error),
        clock.now(),
        seq,
        epoch,
      ),
    release: ({ seq, epoch }) => {
      db.prepare('UPDATE runs SET worker = NULL, epoch = epoch + 1 WHERE seq = ? AND epoch = ?').run(seq, epoch);
    },
    releaseAll: () => {
      db.prepare('UPDATE runs SET worker = NULL, epoch = epoch + 1 WHERE worker = ? AND ended_at IS NULL').run(workerId);
    },
    openChildren: (id) =>
      (db.prepare('SELECT id FROM runs WHERE parent = ? AND ended_at IS NULL').all(id) as { id: string }[]).map((row) => row.id),
    open: () => (db.prepare('SELECT * FROM runs WHERE ended_at IS NULL ORDER BY seq').all() as RunRow[]).map(runOf),
    stopped: () =>
      db.prepare('SELECT seq, id FROM runs WHERE worker = ? AND ended_at IS NOT NULL').all(workerId) as Pick<RunRow, 'seq' | 'id'>[],
    stop: (id) => {
      const row = find(id);
      if (!row || row.ended_at !== null) return undefined;
      db.prepare("UPDATE runs SET status = 'stopped', ended_at = ?, question = NULL, waiting_for = NULL WHERE seq = ?").run(
        clock.now(),
        row.seq,
      );
      return row;
    },
  };
}

function list(db: Db, { status, kind, limit, cursor }: RunFilter): { items: RunRecord[]; nextCursor?: string } {
  const conditions: string[] = [];
  if (status !== undefined) conditions.push(isOpen(status) ? 'status = @status AND ended_at IS NULL' : 'status = @status');
  if (kind !== undefined) conditions.push('kind = @kind');
  if (cursor !== undefined) conditions.push('seq < @before');
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const values = { status, kind, before: cursor === undefined ? undefined : seqOf(db, cursor), most: limit + 1 };
  const rows = db.prepare(`SELECT * FROM runs ${where} ORDER BY seq DESC LIMIT @most`).all(values) as RunRow[];
  const items = rows.slice(0, limit);
  return { items: items.map(runOf), ...(rows.length > limit && { nextCursor: items.at(-1)!.id }) };
}

/** The cursor is the last run of the page before. */
function seqOf(db: Db, cursor: string): number {
  const row = db.prepare('SELECT seq FROM runs WHERE id = ?').get(cursor) as { seq: number } | undefined;
  if (!row) throw strangeCursor();
  return row.seq;
}

export function runOf(row: RunRow): RunRecord {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    input: storedJson<unknown>(row.input, 'claw.db'),
    createdAt: row.created_at,
    caller: row.caller,
    ...(row.output !== null && { output: storedJson<unknown>(row.output, 'claw.db') }),
    ...(row.error !== null && { error: storedJson<ErrorShape>(row.error, 'claw.db') }),
    ...(row.question !== null && { question: storedJson<Question>(row.question, 'claw.db') }),
    ...(row.state !== null && { state: storedJson<unknown>(row.state, 'claw.db') }),
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  };
}

/** JSON text, or null for what JSON has no word for. */
export const jsonOf = (value: unknown): string | null => JSON.stringify(value) ?? null;
