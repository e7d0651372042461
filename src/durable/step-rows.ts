import { storedJson } from '../core/database-errors.ts';
import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import type { ErrorShape } from '../core/errors.ts';
import type { Evidence } from '../core/tool.ts';
import type { StepRecord, StepSpec, StepStatus } from './backend.ts';
import { jsonOf, type Claim } from './run-rows.ts';

/** What a replay returns: a value, an error, or that nobody knows. Null while there is no result. */
type StepResult = 'value' | 'error' | 'unknown' | null;

export interface StepRow {
  id: string;
  tool: string;
  input: string;
  status: StepStatus;
  result: StepResult;
  output: string | null;
  error: string | null;
  evidence: string;
  idempotent: 0 | 1;
  attempts: number;
  started_at: number | null;
  ended_at: number | null;
}

export interface StepChange {
  status: StepStatus;
  result: StepResult;
  /** JSON. */
  output?: string | null;
  error?: ErrorShape;
}

/** The table `steps`. Every write is one statement that also proves the claim, and says whether it held. */
export interface StepRows {
  ids(run: number): string[];
  find(run: number, id: string): StepRow | undefined;
  all(runId: string): StepRecord[];
  /** The first attempt. */
  insert(claim: Claim, spec: StepSpec): boolean;
  /** A further attempt. */
  repeat(claim: Claim, id: string): boolean;
  /** Records how an attempt went. A result that is known is never replaced. */
  record(claim: Claim, id: string, change: StepChange): boolean;
  settle(claim: Claim, id: string, change: StepChange & { evidence: Evidence[] | undefined }): boolean;
  /** Steps that were running when their run was stopped or let go, and of which nothing came back. */
  cutOff(run: number, idempotentStatus: 'stopped' | 'queued', error: ErrorShape): void;
  /** What had not begun when its run was stopped. */
  stopWaiting(run: number): void;
}

const held = 'EXISTS (SELECT 1 FROM runs WHERE seq = @run AND epoch = @epoch)';
const heldAndOpen = 'EXISTS (SELECT 1 FROM runs WHERE seq = @run AND epoch = @epoch AND ended_at IS NULL)';

export function createStepRows({ db, clock }: { db: Db; clock: Clock }): StepRows {
  const changed = (sql: string, values: Record<string, unknown>): boolean => db.prepare(sql).run(values).changes > 0;
  const scope = ({ seq, epoch }: Claim): { run: number; epoch: number } => ({ run: seq, epoch });
  const textsOf = ({ status, result, output, error }: StepChange): Record<string, unknown> => ({
    status,
    result,
    output: output ?? null,
    error: jsonOf(error),
    endedAt: result === null ? null : clock.now(),
  });
  return {
    ids: (run) => (db.prepare('SELECT id FROM steps WHERE run = ?').all(run) as { id: string }[]).map((row) => row.id),
    find: (run, id) => db.prepare('SELECT * FROM steps WHERE run = ? AND id = ?').get(run, id) as StepRow | undefined,
    all: (runId) => {
      const sql = 'SELECT * FROM steps WHERE run = (SELECT seq FROM runs WHERE id = ?) ORDER BY seq';
      return (db.prepare(sql).all(runId) as StepRow[]).map((row) => stepOf(runId, row));
    },
    insert: (claim, { id, tool, input, idempotent }) =>
      changed(
        `INSERT INTO steps (run, id, tool, input, status, idempotent, attempts, started_at)
         SELECT @run, @id, @tool, @input, 'running', @idempotent, 1, @now WHERE ${heldAndOpen}`,
        { ...scope(claim), id, tool, input: jsonOf(input) ?? 'null', idempotent: Number(idempotent), now: clock.now() },
      ),
    repeat: (claim, id) =>
      changed(
        `UPDATE steps SET status = 'running', attempts = attempts + 1, error = NULL, started_at = @now, ended_at = NULL
         WHERE run = @run AND id = @id AND result IS NULL AND ${heldAndOpen}`,
        { ...scope(claim), id, now: clock.now() },
      ),
    record: (claim, id, change) =>
      changed(
        `UPDATE steps SET status = @status, result = @result, output = @output, error = @error, ended_at = @endedAt
         WHERE run = @run AND id = @id AND (result IS NULL OR result = 'unknown') AND ${held}`,
        { ...scope(claim), id, ...textsOf(change) },
      ),
    settle: (claim, id, { evidence, ...change }) =>
      changed(
        `UPDATE steps SET status = @status, result = @result, output = @output, error = @error, evidence = coalesce(@evidence, evidence)
         WHERE run = @run AND id = @id AND ${held}`,
        { ...scope(claim), id, ...textsOf(change), endedAt: null, evidence: jsonOf(evidence) },
      ),
    cutOff: (run, idempotentStatus, error) => {
      db.prepare(
        `UPDATE steps SET status = iif(idempotent, @idempotentStatus, 'unknown'), result = iif(idempotent, NULL, 'unknown'),
           error = iif(idempotent, NULL, @error), ended_at = iif(idempotent, NULL, @now) WHERE run = @run AND status = 'running'`,
      ).run({ run, idempotentStatus, error: jsonOf(error), now: clock.now() });
    },
    stopWaiting: (run) => {
      db.prepare("UPDATE steps SET status = 'stopped', ended_at = ? WHERE run = ? AND status IN ('queued', 'waiting')").run(
        clock.now(),
        run,
      );
    },
  };
}

const stepOf = (runId: string, row: StepRow): StepRecord => ({
  runId,
  id: row.id,
  tool: row.tool,
  input: storedJson<unknown>(row.input, 'claw.db'),
  status: row.status,
  evidence: storedJson<Evidence[]>(row.evidence, 'claw.db'),
  attempts: row.attempts,
  ...(row.output !== null && { output: storedJson<unknown>(row.output, 'claw.db') }),
  ...(row.error !== null && { error: storedJson<ErrorShape>(row.error, 'claw.db') }),
  ...(row.started_at !== null && { startedAt: row.started_at }),
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});
