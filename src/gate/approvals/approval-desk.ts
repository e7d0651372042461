import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import type { Caller, Taint } from '../../core/tool.ts';
import type { ApprovalRule, ApprovalRules } from './approval-rules.ts';
import type { Approval, ApprovalRequest } from './approval-rows.ts';
import type { Approvals } from './approvals.ts';
import type { RuleWidth } from '../policy/rule-pattern.ts';

/** A call that asks, with its exact input as well as the redacted one that is shown. */
export interface AskingCall extends ApprovalRequest {
  exactInput: unknown;
  taint: Taint;
}

export interface AnswerRequest extends RuleWidth {
  answer: 'approve' | 'deny';
  /** How far a yes reaches: this one call, calls of this run, or calls of this caller from now on. */
  scope: 'once' | 'run' | 'always';
  expiresInHours?: number | undefined;
  by: Caller;
  /** The run in which the answer is given. */
  runId: string | undefined;
}

/** Where questions are asked, looked up and answered: approvals of one call, and the rules made from answers. */
export interface ApprovalDesk {
  /** Inserts the question, or finds the one that waits already. */
  request(call: AskingCall): string;
  isSettled(call: AskingCall): boolean;
  /** Throws `conflict` where the call was approved, and what it would run has changed since. */
  refuseChanged(call: AskingCall): void;
  /** Consumes an approval of exactly this call, or counts the use of a rule that covers it. */
  use(call: AskingCall): { approvalId: string } | { ruleId: string } | undefined;
  answer(id: string, request: AnswerRequest): Approval & { rule?: ApprovalRule };
  /** Ends a rule, or what the answer to an approval still gives. Throws `not_found` where nothing is left to end. */
  revoke(id: string): { revoked: number };
}

export interface DeskParts {
  db: Db;
  approvals: Approvals;
  rules: ApprovalRules;
}

export function createApprovalDesk({ db, approvals, rules }: DeskParts): ApprovalDesk {
  return {
    request: (call) => approvals.request(call),
    isSettled: (call) => approvals.isApproved(call) || (allowsRules(call) && rules.isCovered(exact(call))),
    refuseChanged: (call) => approvals.refuseChanged(call),
    use: (call) => {
      const approvalId = approvals.use(call);
      if (approvalId !== undefined) return { approvalId };
      const ruleId = allowsRules(call) ? rules.use(exact(call)) : undefined;
      return ruleId === undefined ? undefined : { ruleId };
    },
    answer: (id, { answer, scope, by, runId, ...rule }) =>
      db.transaction(() => {
        if (scope === 'once' || answer === 'deny') refuseExtras({ ...rule, ...(answer === 'deny' && { scope }) });
        refuseOwnRun(approvals.get(id), runId);
        const answered = approvals.answer(id, answer, by);
        return scope === 'once' ? answered : { ...answered, rule: rules.make(answered, { ...rule, scope, by }) };
      }),
    revoke: (id) =>
      db.transaction(() => {
        const revoked = rules.revoke(id) + Number(approvals.withdraw(id));
        if (revoked > 0) return { revoked };
        throw new ToolError('not_found', `Nothing of "${id}" is left to revoke.`, {
          hint: 'approval_rules lists the rules that are active.',
        });
      }),
  };
}

// Where the policy wants several persons, or another one, it wants them each time.
const allowsRules = ({ quorum = 1, notSelf = false }: AskingCall): boolean => quorum === 1 && !notSelf;

const exact = ({ exactInput, ...call }: AskingCall) => ({ ...call, input: exactInput });

function refuseExtras({ scope, ...extras }: Partial<AnswerRequest>): void {
  const given = Object.entries({ ...extras, ...(scope !== 'once' && { scope }) }).find(([, value]) => value !== undefined);
  if (given)
    throw new ToolError('invalid_input', `${given[0]} has no meaning here.`, {
      hint: 'words, free and expiresInHours go with a yes of scope run or always.',
    });
}

function refuseOwnRun(approval: Approval | undefined, runId: string | undefined): void {
  if (runId !== undefined && approval?.runId === runId)
    throw new ToolError('denied', 'A run does not answer its own question.', { hint: 'The owner answers it from outside of the run.' });
}
