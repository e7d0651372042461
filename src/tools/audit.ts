import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { pageOf, paging, strangeCursor } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';

const row = z.object({
  seq: z.number(),
  at: z.string(),
  event: z.string(),
  callId: z.string(),
  caller: z.string(),
  tool: z.string(),
  runId: z.string().nullable(),
  detail: z.string().describe('JSON'),
});
type Row = z.output<typeof row>;

const lines = (items: Row[]): string =>
  items.map((item) => `${item.at} ${item.caller} ${item.tool} ${item.event}`).join('\n') || 'No rows.';
const after = (count: number, { output }: { output: { items: Row[] } }): string => String(output.items[count - 1]!.seq);

/** Rows are newest first, and the cursor is the last seq that was shown. */
function pageFrom(
  search: (query: { limit: number; before?: number }) => Row[],
  { limit, cursor }: { limit: number; cursor?: string },
): { items: Row[]; nextCursor?: string } {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw strangeCursor();
  const found = search({ limit: limit + 1, before: cursor === undefined ? undefined : Number(cursor) });
  const items = found.slice(0, limit);
  return found.length > limit ? { items, nextCursor: String(items.at(-1)!.seq) } : { items };
}

export const auditTail = defineTool({
  name: 'audit_tail',
  title: 'Latest audit rows',
  description: 'The newest entries of the audit log.',
  risk: 'read',
  input: z.object({ ...paging }),
  output: pageOf(row),
  slots: { limit: 'number' },
  examples: [
    'show the audit log',
    'the last 10 audit entries',
    'what was called most recently',
    'tail the audit log',
    'latest tool calls',
    'who did what lately',
  ],
  cursorAfter: after,
  run: (ctx, input) => pageFrom((query) => ctx.audit.search(query), input),
  summary: ({ items }) => lines(items),
});

const moment = z.iso.datetime({ offset: true }).optional().describe('ISO 8601');

export const auditSearch = defineTool({
  name: 'audit_search',
  title: 'Search the audit log',
  description: 'Audit entries by text, tool, caller, event, run or time; newest first.',
  risk: 'read',
  input: z.object({
    text: z.string().optional(),
    tool: z.string().optional(),
    caller: z.string().optional(),
    event: z.enum(['started', 'ok', 'failed', 'unknown', 'refused', 'denied', 'asked', 'verified', 'opened']).optional(),
    runId: z.string().optional(),
    since: moment,
    until: moment,
    ...paging,
  }),
  output: pageOf(row),
  slots: { text: 'topic', runId: 'id', limit: 'number' },
  words: {
    event: {
      denied: ['denied', 'forbidden'],
      failed: ['failed', 'failures'],
      unknown: ['unknown outcome'],
      asked: ['asked'],
      refused: ['refused'],
      opened: ['opened'],
    },
  },
  examples: [
    'search the audit log for nginx',
    'which calls were denied',
    'find audit entries about backup',
    'audit entries of run run_01k9x2',
    'when did someone call "shell_run"',
    'look in the audit for failed calls',
  ],
  cursorAfter: after,
  run: (ctx, { cursor, limit, since, until, ...filter }) => {
    const inUtc = (time?: string): string | undefined => (time === undefined ? undefined : new Date(time).toISOString());
    const period = { since: inUtc(since), until: inUtc(until) };
    return pageFrom((query) => ctx.audit.search({ ...filter, ...period, ...query }), { cursor, limit });
  },
  summary: ({ items }) => lines(items),
});

export const auditVerify = defineTool({
  name: 'audit_verify',
  title: 'Verify the audit log',
  description: 'Recompute the whole hash chain and compare audit.log with it. Names the first bad row.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    ok: z.boolean(),
    rows: z.number(),
    firstBad: z.number().optional().describe('seq of the first bad row'),
    where: z.enum(['claw.db', 'audit.log']).optional(),
  }),
  timeoutMs: 300_000,
  examples: [
    'verify the audit log',
    'has the audit log been tampered with',
    'check the audit chain',
    'is the audit trail intact',
    'prove that nobody changed the log',
  ],
  run: (ctx) => ctx.auditCheck(),
  summary: ({ ok, rows, firstBad, where }) => (ok ? `${rows} rows, all intact.` : `Row ${firstBad} of ${where} is not what was written.`),
});

export const auditShow = defineTool({
  name: 'audit_show',
  title: 'Show one audit row',
  description: 'One entry of the audit log, by its number.',
  risk: 'read',
  input: z.object({ seq: z.number().int().min(1).max(1_000_000_000_000) }),
  output: row,
  slots: { seq: 'number' },
  examples: [
    'show audit row 12',
    'audit entry number 40',
    'what is in audit row 7',
    'print row 3 of the audit log',
    'details of audit entry 99',
  ],
  run: (ctx, { seq }) => {
    const found = ctx.audit.row(seq);
    if (!found) throw new ToolError('not_found', `No audit row ${seq}.`, { hint: 'audit_tail shows the newest numbers.' });
    return found;
  },
  summary: (found) => lines([found]),
});
