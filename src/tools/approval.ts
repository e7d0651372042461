import { z } from 'zod';
import { approvalText } from '../core/approval-text.ts';
import { ToolError } from '../core/errors.ts';
import { pageOf, paging, strangeCursor } from '../core/paging.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';
import type { Approval } from '../gate/approvals/approvals.ts';

const statuses = ['waiting', 'approved', 'denied', 'expired', 'used'] as const;

const change = z.object({
  action: z.enum(['create', 'update', 'delete', 'run', 'send']),
  target: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});

const approval = z.object({
  id: z.string(),
  tool: z.string(),
  input: z.unknown(),
  hash: z.string().describe('SHA-256 of tool and exact arguments'),
  caller: z.string(),
  callerName: z.string().optional(),
  runId: z.string().optional(),
  request: z.string().optional().describe('What the run was asked to do'),
  risk: z.enum(['read', 'write', 'destructive']),
  reason: z.string().describe('Why it asks'),
  changes: z.array(change).describe('What it would change, as its tool says without doing it'),
  files: z
    .array(z.object({ path: z.string(), content: z.string() }))
    .describe('Programs and scripts it would run, with SHA-256, and where links lead; bound to it'),
  taint: z.object({ untrusted: z.boolean(), private: z.boolean() }).describe('What the run had read when it asked'),
  quorum: z.number().describe('Persons who must say yes'),
  notSelf: z.boolean(),
  votes: z.array(z.object({ voter: z.string(), answer: z.enum(['approve', 'deny']), at: z.string() })),
  status: z.enum(statuses),
  createdAt: z.string(),
  expiresAt: z.string(),
  answeredBy: z.string().optional(),
});

const rule = z.object({
  id: z.string(),
  approval: z.string().describe('The answer that made it'),
  tool: z.string(),
  input: z.unknown().describe('The call it was made for'),
  covers: z.string(),
  caller: z.string(),
  scope: z.enum(['run', 'always']),
  runId: z.string().optional(),
  status: z.enum(['active', 'expired', 'revoked']),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  uses: z.number(),
  lastUsedAt: z.string().optional(),
});

/** What a server that nobody has approved says of itself would be orders to a model. */
const ofStrangers = new Set(['source_approve']);

/** What files hold is for the owner only: nobody reads them by asking to change them. */
function shownTo({ caller, runId }: ToolContext, found: Approval): Approval {
  if (caller.kind === 'owner' && runId === undefined) return found;
  const isStrange = ofStrangers.has(found.tool);
  const files = found.files.map((file) => ({ ...file, content: 'shown to the owner' }));
  return {
    ...found,
    files,
    changes: found.changes.map(({ before: _before, after, ...rest }) => ({ ...rest, ...(!isStrange && { after }) })),
  };
}

/** What the run was asked to do, in the words of whoever asked. */
async function requestOf(ctx: ToolContext, { runId }: Approval): Promise<{ request?: string }> {
  const run = runId === undefined ? undefined : await ctx.runs.show(runId).catch(() => undefined);
  const request = (run?.input as { request?: unknown } | undefined)?.request;
  return typeof request === 'string' ? { request } : {};
}

export const approvalList = defineTool({
  name: 'approval_list',
  title: 'List approvals',
  description: 'Calls that wait for the owner, or did; newest first.',
  answers: true,
  risk: 'read',
  input: z.object({ status: z.enum([...statuses, 'any']).default('waiting'), ...paging }),
  output: pageOf(approval),
  examples: [
    'what needs my approval',
    'list pending approvals',
    'which calls are waiting for me',
    'show approvals',
    'anything to approve?',
    'which approvals were denied',
    'show every approval so far',
  ],
  words: {
    status: {
      any: ['all', 'every', 'any'],
      denied: ['denied', 'refused'],
      expired: ['expired'],
      used: ['used'],
      approved: ['approved', 'granted'],
    },
  },
  cursorAfter: (count, { output }) => output.items[count - 1]!.id,
  run: (ctx, { status, limit, cursor }) => {
    if (cursor !== undefined && !/^apr_\w+$/.test(cursor)) throw strangeCursor();
    const found = ctx.approvals.list({ status: status === 'any' ? undefined : status, limit: limit + 1, before: cursor });
    const items = found.slice(0, limit).map((one) => shownTo(ctx, one));
    for (const { runId } of items) if (runId !== undefined && ctx.caller.kind !== 'owner') ctx.heard(runId);
    return found.length > limit ? { items, nextCursor: items.at(-1)!.id } : { items };
  },
  summary: ({ items }) => (items.length === 0 ? 'No approvals.' : items.map(approvalText).join('\n\n')),
});

export const approvalShow = defineTool({
  name: 'approval_show',
  title: 'Show one approval',
  description: 'One question to the owner: the exact call, what it would change, risk, taint, who asked, votes.',
  answers: true,
  risk: 'read',
  input: z.object({ id: z.string().describe('apr_…, as shown by approval_list') }),
  output: approval,
  slots: { id: 'id' },
  examples: [
    'look at apr_01k9x2',
    'what would apr_01k9x2 change',
    'why does apr_01k9x2 ask',
    'details of the approval apr_01k9x2',
    'who asked for apr_01k9x2',
  ],
  run: async (ctx, { id }) => {
    const found = ctx.approvals.get(id);
    if (!found) throw new ToolError('not_found', `No approval "${id}".`, { hint: 'Call approval_list to see the ids.' });
    return { ...shownTo(ctx, found), ...(await requestOf(ctx, found)) };
  },
  summary: approvalText,
});

export const approvalAnswer = defineTool({
  name: 'approval_answer',
  title: 'Answer an approval',
  description: 'Approve or deny one exact call. Only the owner may. A run that waits for it goes on by itself.',
  answers: true,
  risk: 'write',
  only: ['owner'],
  ownersWord: true,
  transactional: true,
  input: z.object({
    id: z.string().describe('apr_…, as shown by approval_list'),
    answer: z.enum(['approve', 'deny']),
    scope: z.enum(['once', 'run', 'always']).default('once').describe('A yes for this call, for this run, or from now on'),
    words: z.number().int().min(1).max(1_000).optional().describe('Leading words of the command that the rule fixes; all by default'),
    free: z.array(z.string()).max(20).optional().describe('Data fields that the rule leaves free; none by default'),
    expiresInHours: z.number().min(0.01).max(87_600).optional().describe('When the rule ends by itself'),
  }),
  output: approval.extend({ rule: rule.optional() }),
  slots: { id: 'id' },
  words: {
    answer: { approve: ['approve', 'allow', 'yes', 'accept', 'grant'], deny: ['deny', 'refuse', 'reject', 'no', 'decline'] },
    scope: { run: ['for this run'], always: ['always', 'from now on'] },
  },
  examples: [
    'approve apr_01k9x2',
    'deny apr_01k9x2',
    'yes, go ahead with apr_01k9x2',
    'reject the approval apr_01k9x2',
    'allow apr_01k9x2',
    'allow apr_01k9x2 always',
    'approve apr_01k9x2 for this run',
    'say no to apr_01k9x2',
  ],
  run: (ctx, { id, ...answer }) => ctx.approvalDesk.answer(id, { ...answer, by: ctx.caller, runId: ctx.runId }),
  verify: (ctx, { id, answer }) => {
    const found = ctx.approvals.get(id);
    const isOnRecord = found?.votes.some((vote) => vote.answer === answer) ?? false;
    return [{ check: 'the answer is on record', ok: isOnRecord, found: found?.status ?? 'missing' }];
  },
  undo: ({ id, answer }, { status }) =>
    answer === 'approve' && status === 'approved' ? { tool: 'approval_revoke', input: { id } } : undefined,
  summary: ({ id, status, tool, quorum, votes, rule: made }) =>
    `${id} (${tool}) is ${status}${status === 'waiting' ? `: ${votes.length} of ${quorum} have said yes` : ''}.${
      made ? ` ${made.id} allows ${made.scope === 'run' ? 'this run' : made.caller} ${made.covers}.` : ''
    }`,
});

export const approvalRules = defineTool({
  name: 'approval_rules',
  title: 'List standing approvals',
  description: 'What the owner has allowed for a run or for always, with what each rule covers and how often it was used.',
  risk: 'read',
  input: z.object({ onlyActive: z.boolean().default(true), ...paging }),
  output: pageOf(rule),
  examples: [
    'what have I allowed for always',
    'list the standing approvals',
    'which approval rules are active',
    'rules made from approvals',
    'what may run without asking me',
  ],
  cursorAfter: (count, { output }) => output.items[count - 1]!.id,
  run: (ctx, { onlyActive, limit, cursor }) => {
    if (cursor !== undefined && !/^rule_\w+$/.test(cursor)) throw strangeCursor();
    const found = ctx.approvalRules.list({ onlyActive, limit: limit + 1, before: cursor });
    const items = found.slice(0, limit);
    return found.length > limit ? { items, nextCursor: items.at(-1)!.id } : { items };
  },
  summary: ({ items }) =>
    items.map(({ id, tool, covers, caller, scope }) => `${id} ${scope}: ${caller} may call ${tool}, ${covers}`).join('\n') ||
    'No standing approvals.',
});

export const approvalRevoke = defineTool({
  name: 'approval_revoke',
  title: 'Revoke an approval',
  description: 'End a standing rule, or take back a yes that no call has used yet.',
  risk: 'write',
  only: ['owner'],
  transactional: true,
  input: z.object({ id: z.string().describe('rule_… as in approval_rules, or apr_…') }),
  output: z.object({ id: z.string(), revoked: z.number() }),
  slots: { id: 'id' },
  examples: [
    'revoke rule_01k9x2',
    'end the standing approval rule_01k9x2',
    'take back my approval apr_01k9x2',
    'no longer allow rule_01k9x2',
    'withdraw apr_01k9x2',
  ],
  run: (ctx, { id }) => ({ id, ...ctx.approvalDesk.revoke(id) }),
  verify: (ctx, { id }) => {
    const isLeft = ctx.approvals.get(id)?.status === 'approved';
    const rules = ctx.approvalRules.list({ onlyActive: true, limit: 200 }).filter((one) => one.id === id || one.approval === id);
    return [{ check: 'nothing of it is in force', ok: !isLeft && rules.length === 0, found: `${rules.length} rules` }];
  },
  summary: ({ id, revoked }) => `${id} is revoked${revoked > 1 ? `, with ${revoked - 1} more of the same answer` : ''}.`,
});
