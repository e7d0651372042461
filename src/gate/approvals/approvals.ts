import { isoTime, type Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Caller } from '../../core/tool.ts';
import { approvalOf, askerOf, boundTo, insertApproval } from './approval-rows.ts';
import type { Approval, ApprovalRequest, ApprovalRow, ApprovalStatus, Vote } from './approval-rows.ts';
import { changedFiles } from './changed-files.ts';
import { onePerson, personOf } from './persons.ts';
import { callerText } from '../audit/audit.ts';

export { approvalSchema, type Approval } from './approval-rows.ts';

type Bound = Omit<ApprovalRequest, 'tool' | 'input' | 'risk' | 'reason' | 'changes' | 'files'>;

/** Questions to the owner, as rows: any surface may show them, any may answer, restarts do not matter. */
export interface Approvals {
  /** The id of the row that waits for this call; asking twice is one question. */
  request(request: ApprovalRequest): string;
  /** Whether `use` would find one. */
  isApproved(request: Bound): boolean;
  /** Consumes an approval of exactly this call by this caller in this run, and gives its id. */
  use(request: Bound): string | undefined;
  /**
   * One person's vote. A no decides at once, a yes when the quorum is reached. Throws `not_found`, `denied` to
   * whoever may not answer, `conflict` where it was answered, has expired, or this person has voted.
   */
  answer(id: string, answer: 'approve' | 'deny', by: Caller): Approval;
  /** Throws `conflict`, and voids the approval, where this call was approved and its programs or scripts have changed since. */
  refuseChanged(request: Bound & Pick<ApprovalRequest, 'files'>): void;
  /** Takes back a yes that no call has used. False where there is none. */
  withdraw(id: string): boolean;
  get(id: string): Approval | undefined;
  /** Ends what nobody answered or used in time. Every look at approvals does so first. */
  expire(): void;
  /** Newest first. */
  list(filter: { status?: ApprovalStatus; runId?: string; limit: number; before?: string }): Approval[];
}

const lifetimeMs = 24 * 3_600_000;
const open = "status IN ('waiting', 'approved')";

export interface ApprovalParts {
  db: Db;
  clock: Clock;
  /** Told of each answer, and of each question whose time is over, within the transaction that records it. */
  onAnswer: (approval: Approval) => void;
}

export function createApprovals({ db, clock, onAnswer }: ApprovalParts): Approvals {
  const votesOf = (id: string): Vote[] =>
    (db.prepare('SELECT voter, answer, at FROM approval_votes WHERE approval = ? ORDER BY at').all(id) as (Vote & { at: number })[]).map(
      ({ voter, answer, at }) => ({ voter, answer, at: isoTime(at) }),
    );
  const whole = (row: ApprovalRow): Approval => approvalOf(row, votesOf(row.id));

  // An approval lapses when its time is over; a run that waits for it hears so as soon as anybody looks.
  const expire = (): void => {
    const now = clock.now();
    const due = `${open} AND expiresAt <= ?`;
    // Where the clock was set back nobody knows how long ago it was asked: it has its lifetime from now on.
    const early = `${open} AND createdAt > ?`;
    if (db.prepare(`SELECT 1 FROM approvals WHERE ${early} LIMIT 1`).get(now))
      db.prepare(`UPDATE approvals SET expiresAt = expiresAt - createdAt + ?, createdAt = ? WHERE ${early}`).run(now, now, now);
    if (!db.prepare(`SELECT 1 FROM approvals WHERE ${due} LIMIT 1`).get(now)) return;
    db.transaction(() => {
      const rows = db.prepare(`UPDATE approvals SET status = 'expired' WHERE ${due} RETURNING *`).all(now) as ApprovalRow[];
      for (const row of rows) onAnswer(whole(row));
    });
  };
  const get: Approvals['get'] = (id) => {
    expire();
    const row = db.prepare('SELECT * FROM approvals WHERE id = ?').get(id) as ApprovalRow | undefined;
    return row && whole(row);
  };
  // A run is one caller however it is named; outside of runs the name is part of who asks.
  const find = (request: Bound, status: ApprovalStatus, isChanged = false): string | undefined => {
    expire();
    const sql = `SELECT id FROM approvals WHERE hash = @hash AND status = @status AND caller = @caller AND runId IS @runId
                 AND (runId IS NOT NULL OR callerName IS @callerName) AND untrusted >= @untrusted AND private >= @private
                 AND quorum >= @quorum AND notSelf >= @notSelf AND ${isChanged ? 'bound <> @bound' : 'bound = @bound'} ORDER BY id LIMIT 1`;
    return (db.prepare(sql).get({ ...boundTo(request), status }) as { id: string } | undefined)?.id;
  };
  const mark = (id: string, status: ApprovalStatus, by: Caller): void => {
    const sql = 'UPDATE approvals SET status = ?, answeredBy = ?, answeredAt = ? WHERE id = ?';
    db.prepare(sql).run(status, callerText(by), clock.now(), id);
  };
  const vote = (approval: Approval, answer: 'approve' | 'deny', by: Caller): Approval => {
    const { id, quorum, votes } = approval;
    db.prepare('INSERT INTO approval_votes VALUES (?, ?, ?, ?)').run(id, callerText(by), answer, clock.now());
    const isDecided = answer === 'deny' || votes.length + 1 >= quorum;
    if (isDecided) mark(id, answer === 'approve' ? 'approved' : 'denied', by);
    const answered = get(id)!;
    if (isDecided) onAnswer(answered);
    return answered;
  };
  return {
    get,
    expire,
    isApproved: (request) => find(request, 'approved') !== undefined,
    request: (request) => {
      const waiting = find(request, 'waiting');
      if (waiting !== undefined) return waiting;
      const id = newId('apr');
      const { tool, risk, reason, input, changes = [], files = [] } = request;
      const texts = {
        id,
        tool,
        risk,
        reason,
        input: JSON.stringify(input),
        changes: JSON.stringify(changes),
        files: JSON.stringify(files),
      };
      const now = clock.now();
      db.prepare(insertApproval).run({
        ...boundTo(request),
        ...texts,
        createdAt: now,
        expiresAt: now + (request.lifetimeMs ?? lifetimeMs),
      });
      return id;
    },
    use: (request) => {
      const id = find(request, 'approved');
      if (id !== undefined) db.prepare("UPDATE approvals SET status = 'used' WHERE id = ?").run(id);
      return id;
    },
    answer: (id, answer, by) =>
      db.transaction(() => {
        const approval = get(id);
        if (!approval) throw new ToolError('not_found', `No approval "${id}".`, { hint: 'Call approval_list to see the ids.' });
        refuseStranger(approval, by);
        refuseAnswered(approval, by);
        return vote(approval, answer, by);
      }),
    refuseChanged: (request) => {
      const id = find(request, 'approved', true);
      if (id === undefined || find(request, 'approved') !== undefined) return;
      const { files } = get(id)!;
      db.prepare("UPDATE approvals SET status = 'expired' WHERE id = ?").run(id);
      throw changedFiles(id, { approved: files, now: request.files ?? [] });
    },
    withdraw: (id) => db.prepare("UPDATE approvals SET status = 'denied' WHERE id = ? AND status = 'approved'").run(id).changes > 0,
    list: ({ status, runId, limit, before }) => {
      expire();
      const sql = `SELECT * FROM approvals WHERE (@status IS NULL OR status = @status) AND (@runId IS NULL OR runId = @runId)
                   AND (@before IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit`;
      const values = { status: status ?? null, runId: runId ?? null, before: before ?? null, limit };
      return (db.prepare(sql).all(values) as ApprovalRow[]).map(whole);
    },
  };
}

function refuseStranger(approval: Approval, by: Caller): void {
  if (by.kind !== 'owner') throw new ToolError('denied', 'Only the owner answers approvals.', { hint: 'Ask the owner.' });
  if (approval.notSelf && isSelf(approval, by))
    throw new ToolError('denied', `Whoever asked for ${approval.id} may not answer it.`, { hint: 'Another person must answer.' });
}

// The person at an MCP client is whoever that client speaks for.
const isSelf = (approval: Approval, by: Caller): boolean =>
  personOf(askerOf(approval)) === personOf(callerText(by)) || (approval.caller === 'mcp' && by.name === 'mcp-elicitation');

function refuseAnswered({ id, status, votes }: Approval, by: Caller): void {
  if (status !== 'waiting')
    throw new ToolError('conflict', `Approval ${id} is ${status} already.`, { hint: 'Make the call again to get a new one.' });
  if (votes.some(({ voter }) => personOf(voter) === personOf(callerText(by))))
    throw new ToolError('conflict', `${callerText(by)} has voted on ${id} already.`, { hint: `Another person must vote; ${onePerson}.` });
}
