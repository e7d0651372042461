import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { pageOf, paging, strangeCursor } from '../core/paging.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';

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
/** Details repeat what runs have read. */
function heard(ctx: ToolContext, items: Row[]): Row[] {
  for (const runId of new Set(items.map((item) => item.runId))) if (runId !== null) ctx.heard(runId);
  return items;
}

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
  run: (ctx, input) => pageFrom((query) => heard(ctx, ctx.audit.search(query)), input),
  summary: ({ items }) => lines(items),
});

const moment = z.iso.datetime({ offset: true }).optional().describe('ISO 8601');

const found = row.extend({
  score: z.number().optional().describe('With query'),
  why: z.string().optional(),
  times: z.number().optional().describe('Rows that say the same, of which this is the newest'),
});
const looked = z.object({
  rows: z.number(),
  since: z.string().optional(),
  texts: z.number().describe('Different texts in these rows'),
  compared: z.number().describe('Of these by meaning, too; the others by words'),
  isAll: z.boolean().describe('Whether no older row passes the filters'),
  upTo: z.number(),
});

const inUtc = (time?: string): string | undefined => (time === undefined ? undefined : new Date(time).toISOString());

/** The cursor of a search by meaning: the newest row that counts, and how many came before. */
function placeIn(cursor: string | undefined): { upTo?: number; offset: number } {
  if (cursor === undefined) return { offset: 0 };
  const [, upTo, offset] = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor) ?? [];
  if (offset === undefined) throw strangeCursor();
  return { upTo: Number(upTo), offset: Number(offset) };
}

export const auditSearch = defineTool({
  name: 'audit_search',
  title: 'Search the audit log',
  description: 'Audit entries by text, tool, caller, event, run or time, newest first; or by what they mean (query), best first.',
  risk: 'read',
  input: z.object({
    text: z.string().optional(),
    query: z.string().min(1).max(1_000).optional().describe('In your words: what the calls did'),
    tool: z.string().optional(),
    caller: z.string().optional(),
    event: z.enum(['started', 'ok', 'failed', 'unknown', 'refused', 'denied', 'asked', 'verified', 'opened']).optional(),
    runId: z.string().optional(),
    since: moment,
    until: moment,
    ...paging,
  }),
  output: pageOf(found).extend({ looked: looked.optional(), notice: z.string().optional() }),
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
  cursorAfter: (count, call) =>
    call.output.looked ? `${call.output.looked.upTo}.${placeIn(call.input.cursor).offset + count}` : after(count, call),
  run: async (ctx, { query, cursor, limit, since, until, ...filter }) => {
    const period = { since: inUtc(since), until: inUtc(until) };
    if (query === undefined) return pageFrom((page) => heard(ctx, ctx.audit.search({ ...filter, ...period, ...page })), { cursor, limit });
    const { upTo = ctx.audit.search({ limit: 1 })[0]?.seq ?? 0, offset } = placeIn(cursor);
    const { findings, looked: far } = await ctx.auditMeaning.find(query, { ...filter, ...period }, { upTo, signal: ctx.signal });
    const items = findings.slice(offset, offset + limit).map(({ row: found, ...why }) => ({ ...found, ...why }));
    heard(ctx, items);
    const isMore = findings.length > offset + limit;
    return { items, looked: { ...far, upTo }, notice: farText(far), ...(isMore && { nextCursor: `${upTo}.${offset + limit}` }) };
  },
  summary: ({ items, notice }) => [lines(items), notice].filter(Boolean).join('\n'),
});

function farText({ rows, since, texts, compared, isAll }: Omit<z.output<typeof looked>, 'upTo'>): string {
  const far = isAll ? `all ${rows} rows` : `the latest ${rows} rows, back to ${since ?? 'the beginning'}`;
  const meaning =
    compared === texts ? '' : `; ${compared} of ${texts} texts by meaning, the others by words: ask again in a moment for all`;
  return `Looked at ${far}${compared === 0 && texts > 0 ? ', by words only' : meaning}.`;
}

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
    heard(ctx, [found]);
    return found;
  },
  summary: (found) => lines([found]),
});
