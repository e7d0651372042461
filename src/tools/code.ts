import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { offsetOf, pageOf, paging } from '../core/paging.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';

const finding = z.object({
  file: z.string(),
  line: z.number(),
  category: z.enum(['security', 'correctness', 'tests', 'upkeep']),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  rule: z.string().describe('The check, or model'),
  message: z.string(),
  hint: z.string(),
});

type Finding = z.output<typeof finding>;

export const codeReview = defineTool({
  name: 'code_review',
  title: 'Review a change of code',
  description:
    'Look at a git range, what is staged or not committed, a diff, or a folder: 12 checks in 4 categories on changed lines, and the model where one is set. Findings with file and line.',
  risk: 'read',
  effects: { readsPrivate: true },
  openWorld: true,
  input: z.object({
    path: z.string().min(1).max(4_096).default('.').describe('Folder, file, or *.diff; without git all of it counts as new'),
    range: z.string().min(1).max(200).optional().describe('As main..HEAD, or a commit'),
    staged: z.boolean().default(false),
    diff: z.string().max(2_000_000).optional().describe('The diff itself, in place of a path'),
    model: z.boolean().default(true).describe('Ask the model too, where one is set'),
    ...paging,
  }),
  output: pageOf(finding).extend({
    from: z.string().describe('What was looked at'),
    files: z.number(),
    addedLines: z.number(),
    checks: z.number(),
    total: z.number().describe('Findings'),
    bySeverity: z.record(z.string(), z.number()),
    model: z
      .object({
        model: z.string(),
        dropped: z.number().describe('Its findings that point at no line of the diff'),
        leftOut: z.number().describe('Files that it has not seen whole'),
      })
      .optional(),
    notice: z.string().optional(),
    usage: z.object({ tokens: z.number() }),
  }),
  paths: ['path'],
  slots: { path: 'folder', diff: 'quoted' },
  words: {
    staged: { true: ['staged', 'index', 'about to commit'] },
    model: { false: ['without the model', 'without a model', 'without model', 'only the checks', 'deterministic'] },
  },
  examples: [
    'review my changes',
    'review the code in ~/projects/shop',
    'do a code review of /srv/app',
    'check what I have staged for mistakes',
    'look over the uncommitted changes in this repository',
    'is there anything wrong with my last changes',
    'find code smells in ~/src/tool',
    'scan the repository for committed secrets',
    'review the diff before I merge it',
    'run the code quality checks on this folder',
    'code review without the model',
  ],
  timeoutMs: 300_000,
  cursorAfter: (count, { input }) => String(offsetOf(input.cursor) + count),
  run: async (ctx, { path, range, staged, diff, model: wantsModel, limit, cursor }) => {
    const offset = offsetOf(cursor);
    const at = diff === undefined ? await ctx.files.resolve(path) : path;
    const asked = { at, range, staged, diff, signal: ctx.signal, resolve: (file: string) => ctx.files.resolve(file) };
    // What a model said is on the first page; asking again would cost again, and say something else.
    const maySpend = ctx.caller.readOnly !== true || ctx.caller.kind === 'agent';
    const isAsking = wantsModel && offset === 0 && maySpend;
    const notices: string[] = [];
    const ask = isAsking ? asking(ctx, (notice) => notices.push(notice)) : undefined;
    const review = await ctx.code.review({ ...asked, ask });
    const { findings, model, ...told } = review;
    if (model && model.findings.length > 0) ctx.touched({ readsUntrusted: true });
    const items = findings.slice(offset, offset + limit);
    return {
      items,
      ...(findings.length > offset + limit && { nextCursor: String(offset + limit) }),
      ...told,
      total: findings.length,
      bySeverity: counted(findings),
      ...(model && { model: { model: model.model, dropped: model.dropped, leftOut: model.leftOut } }),
      ...(notices.length > 0 && { notice: notices.join(' ') }),
      usage: { tokens: model?.tokens ?? 0 },
    };
  },
  summary: ({ items, total, files, from, checks, notice }) =>
    [
      total === 0 ? `Nothing found in ${files} files (${from}, ${checks} checks).` : `${total} findings in ${files} files (${from}).`,
      ...items.map(({ severity, file, line, rule, message, hint }) => `${severity} ${file}:${line} ${rule}: ${message} ${hint}`),
      ...(notice === undefined ? [] : [notice]),
    ].join('\n'),
});

type Ask = NonNullable<Parameters<ToolContext['code']['review']>[0]['ask']>;

/** A model that cannot be asked takes nothing from what the checks have found. */
function asking(ctx: ToolContext, note: (notice: string) => void): Ask {
  return async (question) => {
    try {
      ctx.progress({ message: 'Asking the model' });
      const { data, model, usage } = await ctx.models.prompt({ ...question, role: 'verifier', maxTokens: 4_000 }, ctx);
      return { data, model, tokens: usage.tokens };
    } catch (error) {
      if (!(error instanceof ToolError) || !['unavailable', 'denied', 'failed', 'bad_config'].includes(error.code)) throw error;
      note(`Only the checks were made. ${error.message} ${error.hint}`.trim());
      return undefined;
    }
  };
}

function counted(findings: Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { severity } of findings) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}
