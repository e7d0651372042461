import { z } from 'zod';
import { isoTime } from '../core/clock.ts';
import {
  callsOf,
  earlierOf,
  inMs,
  jobChange,
  jobId,
  jobIdOrName,
  jobView,
  lastingOf,
  lineOf,
  newJob,
  resultFile,
  viewOf,
} from '../core/cron-job.ts';
import { offsetAfter, offsetOf, page, pageOf, paging } from '../core/paging.ts';
import { defineTool } from '../core/tool.ts';

export const cronAdd = defineTool({
  name: 'cron_add',
  title: 'Schedule a job',
  description:
    'Make calls at set times: give one of tool, steps, shell, claude (prompt), webhook (URL), skill. They are made as caller cron, by the same policy.',
  risk: 'write',
  effects: { persists: true },
  writes: resultFile,
  later: callsOf,
  input: newJob,
  output: jobView.extend({ note: z.string().optional() }),
  slots: { schedule: 'schedule' },
  examples: [
    'schedule a job "@daily"',
    'add a cron job',
    'create a cron job "0 9 * * *"',
    'set up a scheduled job',
    'put a call on the schedule',
    'run something on a schedule',
  ],
  run: async (ctx, request) => {
    const added = await ctx.cron.add({
      ...request,
      lateByMs: request.lateBySeconds * 1_000,
      retryMs: request.retrySeconds * 1_000,
      ...inMs({ deadlineSeconds: request.deadlineSeconds }),
      folder: ctx.caller.folder,
      taint: ctx.taint,
    });
    const note = ctx.cron.note();
    return { ...viewOf(added), ...(note !== undefined && { note }) };
  },
  dryRun: async (ctx, request) => {
    const { times } = await ctx.cron.preview(request, { count: 3 });
    const after = times.length === 0 ? 'never fires' : `fires ${times.map(isoTime).join(', ')}${times.length === 3 ? ' …' : ''}`;
    return [{ action: 'create', target: request.name === undefined ? 'a job' : `job ${request.name}`, after }];
  },
  verify: (ctx, _input, { id }) => {
    const found = ctx.cron.find(id);
    const next = found?.nextAt === undefined ? 'no next firing' : `${id} fires next ${isoTime(found.nextAt)}`;
    return [{ check: 'the job is there and has a next firing', ok: found?.nextAt !== undefined, found: found ? next : 'no such job' }];
  },
  undo: (_input, added) => ({ tool: 'cron_remove', input: { id: added.id } }),
  summary: ({ note, ...added }) => [lineOf(added), ...(note === undefined ? [] : [note])].join('\n'),
});

export const cronList = defineTool({
  name: 'cron_list',
  title: 'List jobs',
  description: 'Scheduled jobs, oldest first, with their next firing.',
  risk: 'read',
  input: z.object({ ...paging }),
  output: pageOf(jobView),
  cursorAfter: offsetAfter,
  examples: [
    'list cron jobs',
    'scheduled jobs',
    'all scheduled jobs',
    'jobs on the schedule',
    'cron jobs',
    'which jobs are scheduled',
    'what is scheduled',
    'what is on tomorrow',
    'what is due today',
  ],
  run: (ctx, { limit, cursor }) => page(ctx.cron.list({ limit: limit + 1, offset: offsetOf(cursor) }).map(viewOf), { limit, cursor }),
  summary: ({ items }) => items.map(lineOf).join('\n') || 'No job is scheduled.',
});

export const cronShow = defineTool({
  name: 'cron_show',
  title: 'Show a job',
  description: 'One scheduled job, by id or name, and when it fires next.',
  risk: 'read',
  input: z.object({ id: jobIdOrName }),
  output: jobView,
  slots: { id: 'job' },
  examples: [
    'show the job job_01k9x2',
    'details of the job job_01k9x2',
    'when does job_01k9x2 run',
    'look up the job job_01k9x2',
    'schedule of job_01k9x2',
    'when does the backup job run next',
    'when is the backup job due',
  ],
  run: (ctx, input) => viewOf(ctx.cron.named(input.id)),
  summary: lineOf,
});

export const cronUpdate = defineTool({
  name: 'cron_update',
  title: 'Change a job',
  description: 'Change a job in place, fields as in cron_add; what is not named stays. Firings under way are not touched.',
  risk: 'write',
  effects: { persists: true },
  writes: resultFile,
  later: callsOf,
  input: jobChange,
  output: jobView.extend({ previous: jobChange.omit({ id: true }).describe('The change that takes it back') }),
  slots: { id: 'job', schedule: 'schedule' },
  examples: [
    'change job_01k9x2 to "@hourly"',
    'update the job job_01k9x2',
    'move job_01k9x2 to another time',
    'reschedule job_01k9x2',
    'edit the cron job job_01k9x2',
  ],
  run: async (ctx, { id, clear = [], ...given }) => {
    const named = Object.entries(inMs(given)).filter(([, value]) => value !== undefined);
    const cleared = clear.map((field) => [field === 'deadlineSeconds' ? 'deadlineMs' : field, undefined]);
    const { before, after } = await ctx.cron.update(id, { ...Object.fromEntries([...named, ...cleared]), taint: ctx.taint });
    return { ...viewOf(after), previous: earlierOf(viewOf(before), [...Object.keys(given), ...clear]) };
  },
  dryRun: (ctx, { id, ...given }) => [
    { action: 'update', target: id, before: lineOf(viewOf(ctx.cron.get(id))), after: JSON.stringify(given) },
  ],
  verify: (ctx, given, { previous: _, ...wanted }) => {
    const found = ctx.cron.find(given.id);
    const ok = found !== undefined && lastingOf(viewOf(found)) === lastingOf(wanted);
    return [{ check: 'the job has the new fields', ok, found: found ? lineOf(viewOf(found)) : 'no such job' }];
  },
  undo: ({ id }, { previous }) => ({ tool: 'cron_update', input: { id, ...previous } }),
  summary: ({ previous: _, ...after }) => lineOf(after),
});

export const cronRemove = defineTool({
  name: 'cron_remove',
  title: 'Remove a job',
  description: 'Take a job off the schedule. Runs under way go on; its history stays, and undo brings it back.',
  risk: 'write',
  input: z.object({ id: jobIdOrName }),
  output: jobView,
  slots: { id: 'job' },
  examples: [
    'remove job_01k9x2',
    'delete the job job_01k9x2',
    'unschedule job_01k9x2',
    'take job_01k9x2 off the schedule',
    'cancel job_01k9x2',
    'remove the backup job',
    'cancel the oven reminder',
  ],
  run: (ctx, input) => viewOf(ctx.cron.remove(ctx.cron.named(input.id).id)),
  dryRun: (ctx, input) => {
    const job = ctx.cron.named(input.id);
    return [{ action: 'delete', target: job.id, before: lineOf(viewOf(job)) }];
  },
  verify: (ctx, _input, { id }) => {
    const isGone = ctx.cron.find(id) === undefined;
    return [{ check: 'the job is gone', ok: isGone, found: isGone ? 'no such job' : 'still there' }];
  },
  undo: (_input, { id }) => ({ tool: 'cron_restore', input: { id } }),
  summary: ({ name }) => `Off the schedule: ${name}`,
});

export const cronRestore = defineTool({
  name: 'cron_restore',
  title: 'Restore a job',
  description: 'Put a removed job back on the schedule. What came due meanwhile is not made up for.',
  risk: 'write',
  effects: { persists: true },
  input: z.object({ id: jobId }),
  output: jobView,
  slots: { id: 'job' },
  examples: [
    'restore the job job_01k9x2',
    'bring back the job job_01k9x2',
    'put job_01k9x2 back on the schedule',
    'recover the removed job job_01k9x2',
    'schedule job_01k9x2 again',
  ],
  run: async (ctx, input) => viewOf(await ctx.cron.restore(input.id)),
  verify: (ctx, input) => {
    const found = ctx.cron.find(input.id);
    return [{ check: 'the job is there', ok: found !== undefined, found: found ? lineOf(viewOf(found)) : 'no such job' }];
  },
  undo: (input) => ({ tool: 'cron_remove', input: { id: input.id } }),
  summary: lineOf,
});
