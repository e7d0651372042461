import { storedJson } from '../core/database-errors.ts';
import type { Db, Schema } from '../core/database.ts';
import { isoTime, type Clock } from '../core/clock.ts';
import { ToolError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Caller, Risk } from '../core/tool.ts';
import type { RunScope } from './gate-types.ts';

export const approvalStatuses = ['waiting', 'approved', 'denied', 'expired', 'used'] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

export const approvalSchema: Schema = {
  part: 'approvals',
  migrations: [
    `CREATE TABLE approvals (
       id TEXT PRIMARY KEY, tool TEXT NOT NULL, input TEXT NOT NULL, hash TEXT NOT NULL, caller TEXT NOT NULL, runId TEXT,
       risk TEXT NOT NULL, reason TEXT NOT NULL, status TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL,
       answeredBy TEXT, answeredAt INTEGER) STRICT;
     CREATE INDEX approvals_hash ON approvals (hash, status);`,
  ],
};

export interface ApprovalRequest {
  tool: string;
  input: unknown;
  /** Of tool and exact arguments: one changed byte needs a new approval. */
  hash: string;
  caller: Caller;
  run: RunScope | undefined;
  risk: Risk;
  reason: string;
}

export interface Approval {
  id: string;
  tool: string;
  input: unknown;
  hash: string;
  caller: string;
  runId?: string;
  risk: Risk;
  reason: string;
  status: ApprovalStatus;
  createdAt: string;
  expiresAt: string;
  answeredBy?: string;
}

/** Questions to the owner, as rows: any surface may show them, any may answer, restarts do not matter. */
export interface Approvals {
  /** The id of the row that waits for this call; asking twice is one question. */
  request(request: ApprovalRequest): string;
  /** Consumes an approval of exactly this call by this caller in this run. False where there is none. */
  use(request: Pick<ApprovalRequest, 'hash' | 'caller' | 'run'>): boolean;
  /** Throws `not_found`, or `conflict` where it was answered or has expired. */
  answer(id: string, answer: 'approve' | 'deny', by: Caller): Approval;
  get(id: string): Approval | undefined;
  /** Newest first. */
  list(filter: { status?: ApprovalStatus; runId?: string; limit: number; before?: string }): Approval[];
}

const lifetimeMs = 24 * 3_600_000;

type Row = Omit<Approval, 'input' | 'createdAt' | 'expiresAt' | 'runId' | 'answeredBy'> & {
  input: string;
  createdAt: number;
  expiresAt: number;
  runId: string | null;
  answeredBy: string | null;
};

export interface ApprovalParts {
  db: Db;
  clock: Clock;
  /** Told of each answer within the transaction that records it. */
  onAnswer: (approval: Approval) => void;
}

export function createApprovals({ db, clock, onAnswer }: ApprovalParts): Approvals {
  // An approval lapses when its time is over, whether or not anybody looks.
  const expire = (): void => {
    db.prepare("UPDATE approvals SET status = 'expired' WHERE status IN ('waiting', 'approved') AND expiresAt <= ?").run(clock.now());
  };
  const get: Approvals['get'] = (id) => {
    expire();
    const row = db.prepare('SELECT * FROM approvals WHERE id = ?').get(id) as Row | undefined;
    return row && approvalOf(row);
  };
  const find = (request: Pick<ApprovalRequest, 'hash' | 'caller' | 'run'>, status: ApprovalStatus): string | undefined => {
    expire();
    const sql = 'SELECT id FROM approvals WHERE hash = ? AND status = ? AND caller = ? AND runId IS ? ORDER BY id LIMIT 1';
    const row = db.prepare(sql).get(request.hash, status, request.caller.kind, request.run?.id ?? null) as { id: string } | undefined;
    return row?.id;
  };
  return {
    get,
    request: (request) => {
      const waiting = find(request, 'waiting');
      if (waiting !== undefined) return waiting;
      const id = newId('apr');
      const { tool, hash, risk, reason, caller, run } = request;
      db.prepare("INSERT INTO approvals VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, NULL, NULL)").run(
        id,
        tool,
        JSON.stringify(request.input),
        hash,
        caller.kind,
        run?.id ?? null,
        risk,
        reason,
        clock.now(),
        clock.now() + lifetimeMs,
      );
      return id;
    },
    use: (request) => {
      const id = find(request, 'approved');
      if (id === undefined) return false;
      db.prepare("UPDATE approvals SET status = 'used' WHERE id = ?").run(id);
      return true;
    },
    answer: (id, answer, by) => {
      const approval = get(id);
      if (!approval) throw new ToolError('not_found', `No approval "${id}".`, { hint: 'Call approval_list to see the ids.' });
      if (approval.status !== 'waiting') {
        throw new ToolError('conflict', `Approval ${id} is ${approval.status} already.`, { hint: 'Make the call again to get a new one.' });
      }
      const answered: Approval = { ...approval, status: answer === 'approve' ? 'approved' : 'denied', answeredBy: by.kind };
      db.transaction(() => {
        db.prepare('UPDATE approvals SET status = ?, answeredBy = ?, answeredAt = ? WHERE id = ?').run(
          answered.status,
          by.kind,
          clock.now(),
          id,
        );
        onAnswer(answered);
      });
      return answered;
    },
    list: ({ status, runId, limit, before }) => {
      expire();
      const sql = `SELECT * FROM approvals WHERE (@status IS NULL OR status = @status) AND (@runId IS NULL OR runId = @runId)
                   AND (@before IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit`;
      const rows = db.prepare(sql).all({ status: status ?? null, runId: runId ?? null, before: before ?? null, limit }) as Row[];
      return rows.map(approvalOf);
    },
  };
}

function approvalOf({ answeredBy, runId, ...row }: Row): Approval {
  const { id, tool, hash, caller, risk, reason, status } = row;
  return {
    id,
    tool,
    input: storedJson<unknown>(row.input, 'claw.db'),
    hash,
    caller,
    risk,
    reason,
    status,
    createdAt: isoTime(row.createdAt),
    expiresAt: isoTime(row.expiresAt),
    ...(runId !== null && { runId }),
    ...(answeredBy !== null && { answeredBy }),
  };
}
