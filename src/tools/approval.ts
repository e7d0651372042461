import { z } from 'zod';
import { pageOf, paging, strangeCursor } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';

const statuses = ['waiting', 'approved', 'denied', 'expired', 'used'] as const;

const approval = z.object({
  id: z.string(),
  tool: z.string(),
  input: z.unknown(),
  hash: z.string().describe('SHA-256 of tool and exact arguments'),
  caller: z.string(),
  runId: z.string().optional(),
  risk: z.enum(['read', 'write', 'destructive']),
  reason: z.string(),
  status: z.enum(statuses),
  createdAt: z.string(),
  expiresAt: z.string(),
  answeredBy: z.string().optional(),
});

export const approvalList = defineTool({
  name: 'approval_list',
  title: 'List approvals',
  description: 'Calls that wait for the owner, or did; newest first.',
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
    const items = found.slice(0, limit);
    return found.length > limit ? { items, nextCursor: items.at(-1)!.id } : { items };
  },
  summary: ({ items }) =>
    items.length === 0
      ? 'No approvals.'
      : items.map((item) => `${item.id} ${item.status}: ${item.tool} ${JSON.stringify(item.input)}`).join('\n'),
});

export const approvalAnswer = defineTool({
  name: 'approval_answer',
  title: 'Answer an approval',
  description: 'Approve or deny one exact call. Only the owner may. A run that waits for it goes on by itself.',
  risk: 'write',
  only: ['owner'],
  transactional: true,
  input: z.object({ id: z.string().describe('apr_…, as shown by approval_list'), answer: z.enum(['approve', 'deny']) }),
  output: approval,
  slots: { id: 'id' },
  words: { answer: { approve: ['approve', 'allow', 'yes', 'accept', 'grant'], deny: ['deny', 'refuse', 'reject', 'no', 'decline'] } },
  examples: [
    'approve apr_01k9x2',
    'deny apr_01k9x2',
    'yes, go ahead with apr_01k9x2',
    'reject the approval apr_01k9x2',
    'allow apr_01k9x2',
    'say no to apr_01k9x2',
  ],
  run: (ctx, { id, answer }) => ctx.approvals.answer(id, answer, ctx.caller),
  verify: (ctx, { id, answer }) => {
    const status = ctx.approvals.get(id)?.status ?? 'missing';
    const expected = answer === 'approve' ? ['approved', 'used'] : ['denied'];
    return [{ check: 'the answer is on record', ok: expected.includes(status), found: status }];
  },
  summary: ({ id, status, tool }) => `${id} (${tool}) is ${status}.`,
});
