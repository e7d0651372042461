import { isoTime, type Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Caller, Taint, Tool } from '../../core/tool.ts';
import { askerOf, type Approval } from './approval-rows.ts';
import { callerText } from '../audit/audit.ts';
import type { RunScope } from '../gate-types.ts';
import { covers, patternOf, type RulePattern, type RuleWidth } from '../policy/rule-pattern.ts';

export interface ApprovalRule {
  id: string;
  /** The answer that made it. */
  approval: string;
  tool: string;
  /** The call it was made for. */
  input: unknown;
  covers: string;
  caller: string;
  scope: 'run' | 'always';
  runId?: string;
  status: 'active' | 'expired' | 'revoked';
  createdBy: string;
  createdAt: string;
  expiresAt?: string;
  uses: number;
  lastUsedAt?: string;
}

export interface RuleRequest extends RuleWidth {
  scope: 'run' | 'always';
  expiresInHours?: number | undefined;
  by: Caller;
}

/** A call that asks, as far as rules care. */
interface AskingCall {
  tool: string;
  input: unknown;
  hash: string;
  bound?: string | undefined;
  caller: Caller;
  run: RunScope | undefined;
  taint: Taint;
}

/** What the owner has allowed beyond one call: narrow, listed, revocable. A rule answers a question; it never lifts a denial. */
export interface ApprovalRules {
  /** Throws `denied` where the call is not one for a standing rule. Joins the caller's transaction. */
  make(approval: Approval, request: RuleRequest): ApprovalRule;
  isCovered(call: AskingCall): boolean;
  /** The rule that covers the call, counted as used; undefined where none does. */
  use(call: AskingCall): string | undefined;
  /** By its own id, or by the id of the approval that made it. Returns how many ended. */
  revoke(id: string): number;
  /** Newest first. */
  list(filter: { onlyActive: boolean; limit: number; before?: string }): ApprovalRule[];
}

export interface ApprovalRuleParts {
  db: Db;
  clock: Clock;
  find: (name: string) => Tool | undefined;
}

export function createApprovalRules({ db, clock, find }: ApprovalRuleParts): ApprovalRules {
  const active = '(revokedAt IS NULL AND (expiresAt IS NULL OR expiresAt > @now))';
  const match = ({ tool, input, hash, bound, caller, run, taint }: AskingCall): string | undefined => {
    const sql = `SELECT id, pattern FROM approval_rules WHERE tool = @tool AND caller = @caller AND ${active}
                 AND (runId IS NULL OR runId = @runId) AND (@untrusted = 0 OR (untrusted = 1 AND private >= @private))`;
    const values = { tool, caller: callerText(caller), now: clock.now(), runId: run?.id ?? null };
    const shown = { untrusted: Number(taint.untrusted), private: Number(taint.private) };
    const rows = db.prepare(sql).all({ ...values, ...shown }) as Pick<Row, 'id' | 'pattern'>[];
    return rows.find(({ pattern }) => covers(JSON.parse(pattern) as RulePattern, { tool, input, hash, bound }))?.id;
  };
  const rowOf = (approval: Approval, { scope, expiresInHours, by, ...width }: RuleRequest): Row => {
    const tool = find(approval.tool);
    if (!tool) throw new ToolError('not_found', `There is no ${approval.tool} any more.`, { hint: 'Deny the approval.' });
    refuseWide(approval, scope);
    const now = clock.now();
    return {
      id: newId('rule'),
      approval: approval.id,
      tool: approval.tool,
      input: JSON.stringify(approval.input),
      pattern: JSON.stringify(patternOf(approval, tool, width)),
      caller: askerOf(approval),
      runId: scope === 'run' ? approval.runId! : null,
      untrusted: Number(approval.taint.untrusted),
      private: Number(approval.taint.private),
      createdBy: callerText(by),
      createdAt: now,
      expiresAt: expiresInHours === undefined ? null : now + expiresInHours * 3_600_000,
      revokedAt: null,
      uses: 0,
      lastUsedAt: null,
    };
  };
  return {
    make: (approval, request) => {
      const row = rowOf(approval, request);
      db.prepare(
        `INSERT INTO approval_rules VALUES (@id, @approval, @tool, @input, @pattern, @caller, @runId, @untrusted, @private,
         @createdBy, @createdAt, @expiresAt, @revokedAt, @uses, @lastUsedAt)`,
      ).run(row);
      return ruleOf(row, clock.now());
    },
    isCovered: (call) => match(call) !== undefined,
    use: (call) => {
      const id = match(call);
      if (id !== undefined) db.prepare('UPDATE approval_rules SET uses = uses + 1, lastUsedAt = ? WHERE id = ?').run(clock.now(), id);
      return id;
    },
    revoke: (id) =>
      db
        .prepare(`UPDATE approval_rules SET revokedAt = @now WHERE (id = @id OR approval = @id) AND ${active}`)
        .run({ id, now: clock.now() }).changes,
    list: ({ onlyActive, limit, before }) => {
      const sql = `SELECT * FROM approval_rules WHERE (@onlyActive = 0 OR ${active}) AND (@before IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit`;
      const values = { onlyActive: Number(onlyActive), before: before ?? null, limit, now: clock.now() };
      return (db.prepare(sql).all(values) as Row[]).map((row) => ruleOf(row, clock.now()));
    },
  };
}

function refuseWide(approval: Approval, scope: 'run' | 'always'): void {
  const no = (code: 'denied' | 'invalid_input', message: string): ToolError =>
    new ToolError(code, message, { hint: 'Approve it once: leave out the scope.' });
  if (approval.quorum > 1 || approval.notSelf) throw no('denied', 'What needs several persons, or another one, needs them each time.');
  if (scope === 'run' && approval.runId === undefined) throw no('invalid_input', `${approval.id} was not asked for by a run.`);
  if (scope === 'always' && approval.taint.untrusted)
    throw no('denied', 'It was asked for by a run that has read untrusted text, so there is no rule beyond that run.');
}

interface Row {
  id: string;
  approval: string;
  tool: string;
  input: string;
  pattern: string;
  caller: string;
  runId: string | null;
  untrusted: number;
  private: number;
  createdBy: string;
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  uses: number;
  lastUsedAt: number | null;
}

function ruleOf(row: Row, now: number): ApprovalRule {
  const { id, approval, tool, caller, runId, createdBy, createdAt, expiresAt, revokedAt, uses, lastUsedAt } = row;
  const isExpired = expiresAt !== null && expiresAt <= now;
  return {
    id,
    approval,
    tool,
    input: JSON.parse(row.input) as unknown,
    covers: inWords(JSON.parse(row.pattern) as RulePattern),
    caller,
    scope: runId === null ? 'always' : 'run',
    ...(runId !== null && { runId }),
    status: revokedAt !== null ? 'revoked' : isExpired ? 'expired' : 'active',
    createdBy,
    createdAt: isoTime(createdAt),
    ...(expiresAt !== null && { expiresAt: isoTime(expiresAt) }),
    uses,
    ...(lastUsedAt !== null && { lastUsedAt: isoTime(lastUsedAt) }),
  };
}

function inWords(pattern: RulePattern): string {
  if (pattern.kind === 'call') return 'exactly this call';
  if (pattern.kind === 'fields') return `this call with any ${pattern.free.join(', ')}`;
  return `${pattern.prefix.join(' ')} and any names after it`;
}
