import { storedJson } from '../../core/database-errors.ts';
import { isoTime } from '../../core/clock.ts';
import type { Schema } from '../../core/database.ts';
import type { Caller, Change, Risk, Taint } from '../../core/tool.ts';
import { callerText } from '../audit/audit.ts';
import type { RunScope } from '../gate-types.ts';
import type { BoundFile } from './changed-files.ts';

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
    `ALTER TABLE approvals ADD COLUMN callerName TEXT;
     ALTER TABLE approvals ADD COLUMN changes TEXT NOT NULL DEFAULT '[]';
     ALTER TABLE approvals ADD COLUMN untrusted INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE approvals ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE approvals ADD COLUMN quorum INTEGER NOT NULL DEFAULT 1;
     ALTER TABLE approvals ADD COLUMN notSelf INTEGER NOT NULL DEFAULT 0;
     CREATE INDEX approvals_open ON approvals (expiresAt) WHERE status IN ('waiting', 'approved');
     CREATE TABLE approval_votes (
       approval TEXT NOT NULL REFERENCES approvals (id), voter TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL,
       PRIMARY KEY (approval, voter)) STRICT, WITHOUT ROWID;`,
    `ALTER TABLE approvals ADD COLUMN files TEXT NOT NULL DEFAULT '[]';
     ALTER TABLE approvals ADD COLUMN bound TEXT NOT NULL DEFAULT '';`,
  ],
};

/** A call that needs a person, as the gate sees it. */
export interface ApprovalRequest {
  tool: string;
  /** Redacted: for eyes. What counts is the hash. */
  input: unknown;
  /** Of tool and exact arguments: one changed byte needs a new approval. */
  hash: string;
  caller: Caller;
  run: RunScope | undefined;
  risk: Risk;
  reason: string;
  /** What the tool's dry run says it would do; redacted. */
  changes?: Change[];
  /** The programs and scripts that would run; redacted. */
  files?: BoundFile[];
  /** The hash of these files as they are, empty where there are none: one changed byte needs a new approval. */
  bound?: string;
  /** What the run has read when it asks. An approval covers no more than it showed. */
  taint?: Taint;
  /** How many persons must say yes: 1 by default. */
  quorum?: number;
  /** Whoever asks may not answer. */
  notSelf?: boolean;
  /** Ms until it expires: a day by default. */
  lifetimeMs?: number;
}

export interface Vote {
  /** Kind and name: `owner`, `owner:anna`. */
  voter: string;
  answer: 'approve' | 'deny';
  at: string;
}

export interface Approval {
  id: string;
  tool: string;
  input: unknown;
  hash: string;
  caller: string;
  /** Which one of its kind: a client's name, a job's id. */
  callerName?: string;
  runId?: string;
  risk: Risk;
  reason: string;
  changes: Change[];
  files: BoundFile[];
  bound: string;
  taint: Taint;
  quorum: number;
  notSelf: boolean;
  votes: Vote[];
  status: ApprovalStatus;
  createdAt: string;
  expiresAt: string;
  answeredBy?: string;
}

export interface ApprovalRow {
  id: string;
  tool: string;
  input: string;
  hash: string;
  caller: string;
  callerName: string | null;
  runId: string | null;
  risk: Risk;
  reason: string;
  changes: string;
  files: string;
  bound: string;
  untrusted: number;
  private: number;
  quorum: number;
  notSelf: number;
  status: ApprovalStatus;
  createdAt: number;
  expiresAt: number;
  answeredBy: string | null;
}

export const insertApproval = `INSERT INTO approvals
  (id, tool, input, hash, caller, callerName, runId, risk, reason, changes, files, bound, untrusted, private, quorum, notSelf, status, createdAt, expiresAt)
  VALUES (@id, @tool, @input, @hash, @caller, @callerName, @runId, @risk, @reason, @changes, @files, @bound, @untrusted, @private, @quorum, @notSelf,
  'waiting', @createdAt, @expiresAt)`;

/** The columns that say whose call it is and what it must show: also what a later call is compared with. */
export function boundTo({
  hash,
  bound = '',
  caller,
  run,
  taint,
  quorum = 1,
  notSelf = false,
}: Omit<ApprovalRequest, 'tool' | 'input' | 'risk' | 'reason'>) {
  return {
    hash,
    bound,
    caller: caller.kind,
    callerName: caller.name ?? null,
    runId: run?.id ?? null,
    untrusted: Number(taint?.untrusted ?? false),
    private: Number(taint?.private ?? false),
    quorum,
    notSelf: Number(notSelf),
  };
}

export function approvalOf(row: ApprovalRow, votes: Vote[]): Approval {
  const { id, tool, hash, caller, callerName, runId, risk, reason, bound, quorum, status, answeredBy } = row;
  return {
    id,
    tool,
    input: storedJson<unknown>(row.input, 'claw.db'),
    hash,
    caller,
    ...(callerName !== null && { callerName }),
    ...(runId !== null && { runId }),
    risk,
    reason,
    changes: storedJson<Change[]>(row.changes, 'claw.db'),
    files: storedJson<BoundFile[]>(row.files, 'claw.db'),
    bound,
    taint: { untrusted: row.untrusted === 1, private: row.private === 1 },
    quorum,
    notSelf: row.notSelf === 1,
    votes,
    status,
    createdAt: isoTime(row.createdAt),
    expiresAt: isoTime(row.expiresAt),
    ...(answeredBy !== null && { answeredBy }),
  };
}

/** Who asked, as votes name their voters. */
export const askerOf = ({ caller, callerName }: Pick<Approval, 'caller' | 'callerName'>): string =>
  callerText({ kind: caller as Caller['kind'], ...(callerName !== undefined && { name: callerName }) });
