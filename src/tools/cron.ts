import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import { offsetAfter, offsetOf, page, pageOf, paging } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';

const id = z.string().max(60).describe('Id of a job, as in job_…');
const schedule = z.string().min(1).max(200).describe('As "30 8 * * 1-5", "@daily", "every 2h30m", "weekdays at 8:30" or an ISO time');
const timezone = z.string().max(60).default('UTC').describe('IANA name, as Europe/Berlin');
const step = z.object({
  id: z.string().min(1).max(40).optional(),
  tool: z.string().max(60),
  input: z.record(z.string(), z.unknown()).default({}).describe('A data field may be {"$from": "<id of an earlier step>"}'),
});
const job = z.object({
  id: z.string(),
  name: z.string(),
  schedule: z.string(),
  timezone: z.string(),
  nextAt: z.string().optional(),
  paused: z.boolean(),
  misfire: z.enum(['once', 'all', 'skip']),
  steps: z.array(step),
});

interface JobLike extends Omit<z.output<typeof job>, 'nextAt'> {
  nextAt?: number;
}
const told = ({ id: jobId, name, schedule: when, timezone: zone, nextAt, paused, misfire, steps }: JobLike): z.output<typeof job> => ({
  id: jobId,
  name,
  schedule: when,
  timezone: zone,
  ...(nextAt !== undefined && { nextAt: isoTime(nextAt) }),
  paused,
  misfire,
  steps,
});
const line = (one: z.output<typeof job>): string =>
  `${one.id} ${one.name}: ${one.schedule} (${one.timezone}), ${one.paused ? 'paused' : `next ${one.nextAt ?? 'never'}`}`;

export const cronAdd = defineTool({
  name: 'cron_add',
  title: 'Schedule a job',
  description: 'Make tool calls at set times: one call (tool, input) or steps. They are made as caller cron, by the same policy.',
  risk: 'write',
  effects: { persists: true },
  input: z
    .object({
      name: z.string().min(1).max(100).default('job'),
      schedule,
      timezone,
      tool: z.string().max(60).optional(),
      input: z.record(z.string(), z.unknown()).default({}).describe('With tool'),
      steps: z.array(step).min(1).max(50).optional().describe('Instead of tool'),
      misfire: z.enum(['once', 'all', 'skip']).default('once').describe('What becomes of firings that were missed'),
      lateBySeconds: z.number().int().min(1).max(31_536_000).default(3_600).describe('Later than this, a firing is missed'),
    })
    .refine(({ tool, steps }) => (tool === undefined) !== (steps === undefined), 'give either tool or steps'),
  output: job.extend({ warning: z.string().optional() }),
  slots: { schedule: 'schedule' },
  examples: [
    'schedule a job "@daily"',
    'add a cron job',
    'create a cron job "0 9 * * *"',
    'set up a scheduled job',
    'put a call on the schedule',
  ],
  run: async (ctx, { tool, input, steps, lateBySeconds, ...given }) => {
    const body = steps ?? [{ tool: tool!, input }];
    const added = await ctx.cron.add({
      ...given,
      steps: body,
      lateByMs: lateBySeconds * 1_000,
      folder: ctx.caller.folder,
      taint: ctx.taint,
    });
    return {
      ...told(added),
      ...(!ctx.cron.isAttended() && { warning: 'No process that fires jobs is running: start claw serve.' }),
    };
  },
  dryRun: async (ctx, input) => {
    const [next] = await ctx.cron.preview(input, 1);
    return [{ action: 'create', target: `job ${input.name}`, after: next === undefined ? 'never fires' : `first fires ${isoTime(next)}` }];
  },
  verify: (ctx, _input, output) => {
    const found = ctx.cron.find(output.id);
    const next = found?.nextAt === undefined ? 'no next firing' : `fires next ${isoTime(found.nextAt)}`;
    return [{ check: 'the job is there and has a next firing', ok: found?.nextAt !== undefined, found: found ? next : 'no such job' }];
  },
  undo: (_input, output) => ({ tool: 'cron_remove', input: { id: output.id } }),
  summary: ({ warning, ...added }) => [line(added), ...(warning === undefined ? [] : [warning])].join('\n'),
});

export const cronList = defineTool({
  name: 'cron_list',
  title: 'List jobs',
  description: 'Scheduled jobs, oldest first, with their next firing.',
  risk: 'read',
  input: z.object({ ...paging }),
  output: pageOf(job),
  cursorAfter: offsetAfter,
  examples: ['list cron jobs', 'scheduled jobs', 'all scheduled jobs', 'jobs on the schedule', 'cron jobs'],
  run: (ctx, { limit, cursor }) => page(ctx.cron.list({ limit: limit + 1, offset: offsetOf(cursor) }).map(told), { limit, cursor }),
  summary: ({ items }) => items.map(line).join('\n') || 'No job is scheduled.',
});

export const cronShow = defineTool({
  name: 'cron_show',
  title: 'Show a job',
  description: 'One scheduled job, by id.',
  risk: 'read',
  input: z.object({ id }),
  output: job,
  slots: { id: 'id' },
  examples: [
    'show the job job_01k9x2',
    'details of the job job_01k9x2',
    'when does job_01k9x2 run',
    'look up the job job_01k9x2',
    'schedule of job_01k9x2',
  ],
  run: (ctx, input) => told(ctx.cron.get(input.id)),
  summary: line,
});

export const cronRemove = defineTool({
  name: 'cron_remove',
  title: 'Remove a job',
  description: 'Take a job off the schedule. Runs under way go on; its history stays.',
  risk: 'write',
  input: z.object({ id }),
  output: job,
  slots: { id: 'id' },
  examples: [
    'remove job_01k9x2',
    'delete the job job_01k9x2',
    'unschedule job_01k9x2',
    'take job_01k9x2 off the schedule',
    'cancel job_01k9x2',
  ],
  run: (ctx, input) => told(ctx.cron.remove(input.id)),
  dryRun: (ctx, input) => [{ action: 'delete', target: input.id, before: line(told(ctx.cron.get(input.id))) }],
  verify: (ctx, input) => {
    const isGone = ctx.cron.find(input.id) === undefined;
    return [{ check: 'the job is gone', ok: isGone, found: isGone ? 'no such job' : 'still there' }];
  },
  summary: ({ name }) => `Off the schedule: ${name}`,
});

export const cronPause = defineTool({
  name: 'cron_pause',
  title: 'Pause a job',
  description: 'Keep a job from firing until it is resumed.',
  risk: 'write',
  input: z.object({ id }),
  output: job,
  slots: { id: 'id' },
  examples: [
    'pause job_01k9x2',
    'suspend the job job_01k9x2',
    'hold job_01k9x2',
    'do not fire job_01k9x2 for now',
    'pause the cron job job_01k9x2',
  ],
  run: (ctx, input) => told(ctx.cron.pause(input.id)),
  verify: (ctx, input) => [{ check: 'the job is paused', ok: ctx.cron.get(input.id).paused, found: line(told(ctx.cron.get(input.id))) }],
  undo: (input) => ({ tool: 'cron_resume', input: { id: input.id } }),
  summary: line,
});

export const cronResume = defineTool({
  name: 'cron_resume',
  title: 'Resume a job',
  description: 'Let a paused job fire again. What came due while it was paused is not made up for.',
  risk: 'write',
  effects: { persists: true },
  input: z.object({ id }),
  output: job,
  slots: { id: 'id' },
  examples: [
    'resume job_01k9x2',
    'unpause job_01k9x2',
    'let job_01k9x2 fire again',
    'reactivate the job job_01k9x2',
    'resume the cron job job_01k9x2',
  ],
  run: async (ctx, input) => told(await ctx.cron.resume(input.id)),
  verify: (ctx, input) => [
    { check: 'the job is not paused', ok: !ctx.cron.get(input.id).paused, found: line(told(ctx.cron.get(input.id))) },
  ],
  undo: (input) => ({ tool: 'cron_pause', input: { id: input.id } }),
  summary: line,
});

export const cronRun = defineTool({
  name: 'cron_run',
  title: 'Run a job now',
  description: 'Fire a job at once, beside its schedule.',
  risk: 'write',
  input: z.object({ id }),
  output: z.object({ id, runId: z.string() }),
  slots: { id: 'id' },
  examples: [
    'run job_01k9x2 now',
    'fire the job job_01k9x2',
    'trigger job_01k9x2',
    'start the cron job job_01k9x2 now',
    'fire job_01k9x2 at once',
  ],
  run: async (ctx, input) => ({ id: input.id, runId: await ctx.cron.run(input.id) }),
  verify: async (ctx, input, { runId }) => {
    const isOnRecord = (await ctx.cron.history({ jobId: input.id, limit: 50, offset: 0 })).some((firing) => firing.runId === runId);
    return [{ check: 'the firing is on record', ok: isOnRecord, found: isOnRecord ? runId : 'no such firing' }];
  },
  summary: ({ id: jobId, runId }) => `${jobId} fires as ${runId}`,
});

export const cronHistory = defineTool({
  name: 'cron_history',
  title: 'Firings of jobs',
  description: 'What came due, latest first: what ran, and what was missed or skipped and why.',
  risk: 'read',
  input: z.object({ id: id.optional(), ...paging }),
  output: pageOf(
    z.object({
      id: z.string(),
      jobId: z.string(),
      dueAt: z.string(),
      startedAt: z.string().optional(),
      runId: z.string().optional(),
      status: z.enum(['ok', 'failed', 'missed', 'skipped', 'unknown', 'running']),
      note: z.string().optional(),
    }),
  ),
  cursorAfter: offsetAfter,
  slots: { id: 'id' },
  examples: ['history of job_01k9x2', 'missed firings', 'when did job_01k9x2 last fire', 'cron history', 'past firings of my jobs'],
  run: async (ctx, { id: jobId, limit, cursor }) => {
    const found = await ctx.cron.history({ jobId, limit: limit + 1, offset: offsetOf(cursor) });
    const items = found.map(({ dueAt, startedAt, ...rest }) => ({
      ...rest,
      dueAt: isoTime(dueAt),
      ...(startedAt !== undefined && { startedAt: isoTime(startedAt) }),
    }));
    return page(items, { limit, cursor });
  },
  summary: ({ items }) =>
    items.map(({ jobId, dueAt, status, note }) => `${dueAt} ${jobId} ${status} ${note ?? ''}`.trim()).join('\n') || 'Nothing has come due.',
});

export const cronPreview = defineTool({
  name: 'cron_preview',
  title: 'Preview a schedule',
  description: 'The next firings of a schedule, as moments in UTC and as clock times there, across changes of daylight saving.',
  risk: 'read',
  input: z.object({ schedule, timezone, count: z.number().int().min(1).max(100).default(5) }),
  output: z.object({ items: z.array(z.object({ at: z.string(), local: z.string() })) }),
  slots: { schedule: 'quoted' },
  examples: [
    'when would "0 9 * * 1" fire',
    'preview the schedule "@daily"',
    'next firings of "every 2h30m"',
    'explain the cron expression "30 8 * * 1-5"',
    'test the cron expression "0 0 1 * *"',
  ],
  run: async (ctx, { count, ...timing }) => {
    const times = await ctx.cron.preview(timing, count);
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: timing.timezone, dateStyle: 'full', timeStyle: 'long' });
    return { items: times.map((at) => ({ at: isoTime(at), local: format.format(at) })) };
  },
  summary: ({ items }) => items.map(({ local }) => local).join('\n') || 'Never.',
});
