import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import { jobId, jobIdOrName, jobView, lineOf, schedule, timezone, viewOf } from '../core/cron-job.ts';
import { offsetAfter, offsetOf, page, pageOf, paging } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';

export const cronPause = defineTool({
  name: 'cron_pause',
  title: 'Pause a job',
  description: 'Keep a job from firing until it is resumed.',
  risk: 'write',
  input: z.object({ id: jobIdOrName }),
  output: jobView,
  slots: { id: 'job' },
  examples: [
    'pause job_01k9x2',
    'suspend the job job_01k9x2',
    'hold job_01k9x2',
    'do not fire job_01k9x2 for now',
    'pause the cron job job_01k9x2',
    'pause the backup job',
  ],
  run: (ctx, input) => viewOf(ctx.cron.pause(ctx.cron.named(input.id).id)),
  verify: (ctx, _input, { id }) => [{ check: 'the job is paused', ok: ctx.cron.get(id).paused, found: lineOf(viewOf(ctx.cron.get(id))) }],
  undo: (_input, { id }) => ({ tool: 'cron_resume', input: { id } }),
  summary: lineOf,
});

export const cronResume = defineTool({
  name: 'cron_resume',
  title: 'Resume a job',
  description: 'Let a paused job fire again. What came due while it was paused is not made up for.',
  risk: 'write',
  effects: { persists: true },
  input: z.object({ id: jobIdOrName }),
  output: jobView,
  slots: { id: 'job' },
  examples: [
    'resume job_01k9x2',
    'unpause job_01k9x2',
    'let job_01k9x2 fire again',
    'reactivate the job job_01k9x2',
    'resume the cron job job_01k9x2',
    'resume the backup job',
  ],
  run: async (ctx, input) => viewOf(await ctx.cron.resume(ctx.cron.named(input.id).id)),
  verify: (ctx, _input, { id }) => [
    { check: 'the job is not paused', ok: !ctx.cron.get(id).paused, found: lineOf(viewOf(ctx.cron.get(id))) },
  ],
  undo: (_input, { id }) => ({ tool: 'cron_pause', input: { id } }),
  summary: lineOf,
});

export const cronRun = defineTool({
  name: 'cron_run',
  title: 'Run a job now',
  description: 'Fire a job at once, beside its schedule.',
  risk: 'write',
  input: z.object({ id: jobIdOrName }),
  output: z.object({ id: z.string(), firingId: z.string(), runId: z.string() }),
  slots: { id: 'job' },
  examples: [
    'run job_01k9x2 now',
    'fire the job job_01k9x2',
    'trigger job_01k9x2',
    'start the cron job job_01k9x2 now',
    'fire job_01k9x2 at once',
    'run the backup job now',
  ],
  run: (ctx, input) => {
    const { id } = ctx.cron.named(input.id);
    return { id, ...ctx.cron.run(id, ctx.key) };
  },
  verify: async (ctx, _input, { id, firingId }) => {
    const isOnRecord = (await ctx.cron.history({ jobId: id, limit: 50, offset: 0 })).some((firing) => firing.id === firingId);
    return [{ check: 'the firing is on record', ok: isOnRecord, found: isOnRecord ? firingId : 'no such firing' }];
  },
  summary: ({ id, runId }) => `${id} fires as ${runId}`,
});

const firing = z.object({
  id: z.string(),
  jobId: z.string(),
  dueAt: z.string(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  runId: z.string().optional(),
  status: z.enum(['ok', 'failed', 'missed', 'skipped', 'unknown', 'running', 'queued']),
  delivery: z.enum(['waiting', 'delivered', 'failed']).optional(),
  note: z.string().optional(),
  count: z.number().optional().describe('How many firings the row stands for'),
});

export const cronHistory = defineTool({
  name: 'cron_history',
  title: 'Firings of jobs',
  description: 'What came due, latest first: what ran, and what was missed or skipped and why.',
  risk: 'read',
  input: z.object({ id: jobId.optional(), ...paging }),
  output: pageOf(firing),
  cursorAfter: offsetAfter,
  slots: { id: 'job' },
  examples: ['history of job_01k9x2', 'missed firings', 'when did job_01k9x2 last fire', 'cron history', 'past firings of my jobs'],
  run: async (ctx, { id, limit, cursor }) => {
    const found = await ctx.cron.history({ jobId: id, limit: limit + 1, offset: offsetOf(cursor) });
    const items = found.map(({ dueAt, startedAt, endedAt, count, ...rest }) => ({
      ...rest,
      dueAt: isoTime(dueAt),
      ...(startedAt !== undefined && { startedAt: isoTime(startedAt) }),
      ...(endedAt !== undefined && { endedAt: isoTime(endedAt) }),
      ...(count > 1 && { count }),
    }));
    return page(items, { limit, cursor });
  },
  summary: ({ items }) =>
    items.map(({ jobId, dueAt, status, note }) => `${dueAt} ${jobId} ${status} ${note ?? ''}`.trim()).join('\n') || 'Nothing has come due.',
});

const moment = z
  .string()
  .max(40)
  .refine((text) => /^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text)), 'is a date or an ISO time, as 2030-03-30')
  .describe('Firings after this date or time, in place of now');

export const cronPreview = defineTool({
  name: 'cron_preview',
  title: 'Preview a schedule',
  description: 'The next firings of a schedule, as moments in UTC and as clock times there, across changes of daylight saving.',
  risk: 'read',
  input: z.object({ schedule, timezone, count: z.number().int().min(1).max(100).default(5), from: moment.optional() }),
  output: z.object({ timezone: z.string(), items: z.array(z.object({ at: z.string(), local: z.string() })) }),
  slots: { schedule: 'schedule' },
  examples: [
    'when would "0 9 * * 1" fire',
    'preview the schedule "@daily"',
    'next firings of "every 2h30m"',
    'explain the cron expression "30 8 * * 1-5"',
    'test the cron expression "0 0 1 * *"',
  ],
  run: async (ctx, { count, from, ...timing }) => {
    const { times, timezone: zone } = await ctx.cron.preview(timing, { count, ...(from !== undefined && { from: Date.parse(from) }) });
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'full', timeStyle: 'long' });
    return { timezone: zone, items: times.map((at) => ({ at: isoTime(at), local: format.format(at) })) };
  },
  summary: ({ items }) => items.map(({ local }) => local).join('\n') || 'Never.',
});
