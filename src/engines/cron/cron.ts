import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { settledSchedule } from '../../core/schedule.ts';
import { timezoneFor } from '../../core/schedule-timezone.ts';
import type { Tool } from '../../core/tool.ts';
import { isOpen, type DurableBackend } from '../../durable/backend.ts';
import type { DeliveryStatus, Outbox } from '../../durable/outbox.ts';
import type { Clockwork } from './clockwork.ts';
import type { FiringRows } from './firing-rows.ts';
import { firingStatusOf } from './firing-status.ts';
import type { JobRows } from './job-rows.ts';
import type { JobChange, JobRequest } from './job-request.ts';
import { specIn, type Firing, type Job, type JobSpec } from './job.ts';

export interface FiringShown extends Firing {
  /** How what was to be sent about it has fared: the worst of several. */
  delivery?: DeliveryStatus;
}

/** Jobs as tools see them. What is said of an id that is none is `not_found`. */
export interface Cron {
  /** Throws `invalid_input`, naming the field, for what makes no job; nothing is stored then. */
  add(request: JobRequest): Promise<Job>;
  /** What is not named stays. Returns the job before and after. */
  update(id: string, change: JobChange): Promise<{ before: Job; after: Job }>;
  get(id: string): Job;
  find(id: string): Job | undefined;
  /** By id, or by words of its name. Throws `not_found`, or `conflict` where several jobs have them. */
  named(text: string): Job;
  list(page: { limit: number; offset: number }): Job[];
  remove(id: string): Job;
  /** Brings a removed one back. What came due meanwhile is not made up for. */
  restore(id: string): Promise<Job>;
  pause(id: string): Job;
  /** What came due while it was paused is not made up for. */
  resume(id: string): Promise<Job>;
  /** Fires it now; another call with the same key returns the first firing. */
  run(id: string, key: string): { firingId: string; runId: string };
  history(page: { jobId?: string; limit: number; offset: number }): Promise<FiringShown[]>;
  /** The due times after `from`, now by default, in ms since 1970, and the timezone they are reckoned in. */
  preview(
    timing: { schedule: string; timezone?: string | undefined },
    span: { count: number; from?: number | undefined },
  ): Promise<{ times: number[]; timezone: string }>;
  /** What jobs need that is not there: a process that fires them. */
  note(): string | undefined;
  warnings(): string[];
}

export interface CronParts {
  db: Db;
  clock: Clock;
  jobs: JobRows;
  firings: FiringRows;
  outbox: Pick<Outbox, 'of'>;
  backend: DurableBackend;
  clockwork: Clockwork;
  find: (tool: string) => Tool | undefined;
}

export function createCron({ db, clock, jobs, firings, outbox, backend, clockwork, find }: CronParts): Cron {
  const get = (id: string): Job => {
    const job = jobs.find(id);
    if (!job) throw noJob(id);
    return job;
  };
  const changed = (id: string): Job => {
    clockwork.notice();
    return get(id);
  };
  const mustComeNext = async (spec: JobSpec): Promise<number> => {
    const next = (await import('./next-time.ts')).nextTime(spec, clock.now());
    if (next !== undefined) return next;
    throw new ToolError('invalid_input', 'schedule: it never comes.', {
      hint: 'Give a time to come; cron_preview shows when a schedule fires.',
    });
  };

  const add: Cron['add'] = async (request) => {
    const { specOf } = await import('./job-request.ts');
    const spec = specOf(request, { now: clock.now(), find });
    const nextAt = await mustComeNext(spec);
    const job: Job = { ...spec, id: newId('job'), createdAt: clock.now(), nextAt, paused: false, pausedBecause: undefined, failures: 0 };
    jobs.insert(job);
    return changed(job.id);
  };

  const update: Cron['update'] = async (id, change) => {
    const { changedSpec, isRetimed } = await import('./job-request.ts');
    const before = get(id);
    const spec = changedSpec(specIn(before), change, { now: clock.now(), find });
    const due = isRetimed(change) ? await mustComeNext(spec) : before.nextAt;
    db.transaction(() => {
      jobs.replace(get(id).id, spec);
      if (isRetimed(change)) jobs.setNext(id, due);
    });
    return { before, after: changed(id) };
  };

  /** Fires again from now on. */
  const revive = async (id: string, change: () => void): Promise<Job> => {
    const { nextTime } = await import('./next-time.ts');
    db.transaction(() => {
      change();
      jobs.setNext(id, nextTime(get(id), clock.now()));
    });
    return changed(id);
  };

  const shown = async (firing: Firing): Promise<FiringShown> => {
    const run = firing.status === 'running' ? await backend.get(firing.runId!) : undefined;
    const isOver = run !== undefined && !isOpen(run.status);
    const delivery = worst(outbox.of(firing.id).map(({ status }) => status));
    return { ...firing, ...(isOver && { status: firingStatusOf(run.status) }), ...(delivery && { delivery }) };
  };

  const note: Cron['note'] = () =>
    backend.isAttended() ? undefined : 'Nothing fires it yet: it needs a process that stays, claw serve or claw mcp.';

  return {
    get,
    add,
    update,
    note,
    find: jobs.find,
    named: (text) => jobs.find(text) ?? onlyOne(text, jobs),
    list: jobs.list,
    remove: (id) => {
      const job = get(id);
      jobs.remove(id);
      clockwork.notice();
      return job;
    },
    restore: (id) =>
      revive(id, () => {
        if (!jobs.restore(id)) throw noJob(id);
      }),
    pause: (id) => {
      jobs.pause(get(id).id);
      return changed(id);
    },
    resume: (id) => revive(id, () => jobs.resume(get(id).id)),
    run: (id, key) =>
      db.transaction(() => {
        const fired = clockwork.fire(get(id), { at: clock.now(), key: `${id}/now/${key}` });
        if (fired) return fired;
        throw new ToolError('conflict', 'This call has fired the job already.', { hint: 'cron_history shows the firing.' });
      }),
    history: (page) => Promise.all(firings.list(page).map(shown)),
    preview: async ({ schedule, timezone: given }, { count, from }) => {
      const timezone = timezoneFor({ schedule, timezone: given });
      const { nextTime } = await import('./next-time.ts');
      const anchor = clock.now();
      const timing = { schedule: settledSchedule(schedule, { now: anchor, timezone }), timezone, anchor };
      const times: number[] = [];
      for (let at = nextTime(timing, from ?? anchor); at !== undefined && times.length < count; at = nextTime(timing, at)) times.push(at);
      return { times, timezone };
    },
    warnings: () => {
      const { active, pausedByClaw } = jobs.count();
      const paused = `${pausedByClaw} scheduled jobs are paused because they failed again and again: cron_list shows them.`;
      const unattended = `${active} scheduled jobs wait for a process that fires them: claw serve or claw mcp.`;
      return [...(active > 0 && !backend.isAttended() ? [unattended] : []), ...(pausedByClaw > 0 ? [paused] : [])];
    },
  };
}

const noJob = (id: string): ToolError =>
  new ToolError('not_found', `No job "${id.slice(0, 60)}".`, { hint: 'Call cron_list to see the ids.' });

function onlyOne(text: string, jobs: JobRows): Job {
  const words = text.split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? [] : jobs.named(words);
  const exact = found.filter(({ name }) => name?.toLowerCase() === text.trim().toLowerCase());
  const [job, ...others] = exact.length > 0 ? exact : found;
  if (!job) throw noJob(text);
  if (others.length === 0) return job;
  throw new ToolError('conflict', 'Several jobs have that in their name.', {
    hint: `Give one of ${[job, ...others]
      .slice(0, 5)
      .map(({ id }) => id)
      .join(', ')}; cron_list shows them.`,
  });
}

const worst = (found: DeliveryStatus[]): DeliveryStatus | undefined =>
  (['failed', 'waiting', 'delivered'] as const).find((status) => found.includes(status));
