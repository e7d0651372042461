import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Tool } from '../../core/tool.ts';
import type { DurableBackend, RunStatus } from '../../durable/backend.ts';
import type { Clockwork } from './clockwork.ts';
import { sourceOf } from './firing.ts';
import type { Firing, Job, JobRows, JobSpec, Step } from './job-rows.ts';
import { mustBeTimezone } from './schedule.ts';

export interface FiringShown extends Omit<Firing, 'outcome'> {
  status: 'ok' | 'failed' | 'missed' | 'skipped' | 'unknown' | 'running';
}

/** Jobs as tools see them. */
export interface Cron {
  /** Throws `invalid_input` for a schedule, timezone or tool that does not exist. */
  add(spec: Omit<JobSpec, 'anchor'>): Promise<Job>;
  get(id: string): Job;
  find(id: string): Job | undefined;
  list(page: { limit: number; offset: number }): Job[];
  remove(id: string): Job;
  pause(id: string): Job;
  /** What came due while it was paused is not made up for. */
  resume(id: string): Promise<Job>;
  run(id: string): Promise<string>;
  history(page: { jobId?: string; limit: number; offset: number }): Promise<FiringShown[]>;
  /** The next due times, in ms since 1970. */
  preview(timing: { schedule: string; timezone: string }, count: number): Promise<number[]>;
  /** Whether a process is alive that fires. */
  isAttended(): boolean;
}

export interface CronParts {
  db: Db;
  clock: Clock;
  rows: JobRows;
  backend: DurableBackend;
  clockwork: Clockwork;
  find: (tool: string) => Tool | undefined;
}

export function createCron({ db, clock, rows, backend, clockwork, find }: CronParts): Cron {
  const get = (id: string): Job => {
    const job = rows.find(id);
    if (!job) throw new ToolError('not_found', `No job "${id}".`, { hint: 'Call cron_list to see the ids.' });
    return job;
  };
  const changed = (id: string): Job => {
    clockwork.notice();
    return get(id);
  };
  return {
    get,
    find: rows.find,
    list: rows.list,
    add: async (spec) => {
      mustBeTimezone(spec.timezone);
      checkSteps(spec.steps, find);
      const { nextTime } = await import('./next-time.ts');
      const now = clock.now();
      const nextAt = nextTime({ ...spec, anchor: now }, now);
      if (nextAt === undefined) throw new ToolError('invalid_input', 'schedule: it never comes.', { hint: 'Give a time to come.' });
      const job: Job = { ...spec, anchor: now, id: newId('job'), createdAt: now, nextAt, paused: false };
      rows.insert(job);
      return changed(job.id);
    },
    remove: (id) => {
      const job = get(id);
      rows.remove(id);
      clockwork.notice();
      return job;
    },
    pause: (id) => {
      rows.setPaused(get(id).id, true);
      return changed(id);
    },
    resume: async (id) => {
      const { nextTime } = await import('./next-time.ts');
      db.transaction(() => {
        rows.setNext(id, nextTime(get(id), clock.now()));
        rows.setPaused(id, false);
      });
      return changed(id);
    },
    run: (id) => db.transaction(() => clockwork.fire(get(id), clock.now())),
    history: (page) => Promise.all(rows.firings(page).map((firing) => shown(firing, backend))),
    preview: async ({ schedule, timezone }, count) => {
      mustBeTimezone(timezone);
      const { nextTime } = await import('./next-time.ts');
      const anchor = clock.now();
      const times: number[] = [];
      for (let at = nextTime({ schedule, timezone, anchor }, anchor); at !== undefined && times.length < count;) {
        times.push(at);
        at = nextTime({ schedule, timezone, anchor }, at);
      }
      return times;
    },
    isAttended: backend.isAttended,
  };
}

function checkSteps(steps: Step[], find: CronParts['find']): void {
  const earlier = new Set<string>();
  for (const [index, { id = `step-${index + 1}`, tool, input }] of steps.entries()) {
    const known = find(tool);
    if (!known) throw wrong(index, `no tool "${tool}".`, 'Call tool_search to find its name.');
    if (earlier.has(id)) throw wrong(index, `the id "${id}" is taken.`, 'Give each step its own.');
    const references = Object.entries(input).filter(([, value]) => sourceOf(value) !== undefined);
    for (const [field, value] of references) {
      if (!earlier.has(sourceOf(value)!)) throw wrong(index, `${field} refers to no earlier step.`, 'Name the id of a step above it.');
      if (!(known.dataFields as string[] | undefined)?.includes(field))
        throw wrong(index, `${field} of ${tool} takes no text of another step.`, 'Only fields that carry data do.');
    }
    const filled = { ...input, ...Object.fromEntries(references.map(([field]) => [field, 'text'])) };
    const problem = known.input.safeParse(filled).error?.issues[0];
    if (problem) throw wrong(index, `${problem.path.join('.')} of ${tool}: ${problem.message}`, `See tool_show for ${tool}.`);
    earlier.add(id);
  }
}

const wrong = (index: number, message: string, hint: string): ToolError =>
  new ToolError('invalid_input', `steps.${index}: ${message}`, { hint });

async function shown({ outcome, ...firing }: Firing, backend: DurableBackend): Promise<FiringShown> {
  if (outcome !== 'started') return { ...firing, status: outcome };
  const run = await backend.get(firing.runId!);
  return { ...firing, status: run ? statuses[run.status] : 'unknown' };
}

const statuses: Record<RunStatus, FiringShown['status']> = {
  queued: 'running',
  running: 'running',
  waiting: 'running',
  done: 'ok',
  unverified: 'ok',
  failed: 'failed',
  declined: 'failed',
  unknown: 'unknown',
  stopped: 'unknown',
};
