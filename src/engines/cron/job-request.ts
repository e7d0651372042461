import { settledSchedule } from '../../core/schedule.ts';
import { timezoneFor, timezoneIn } from '../../core/schedule-timezone.ts';
import type { Tool } from '../../core/tool.ts';
import { bodyIn, checkSteps, nameOf, stepsOf, type Body } from './body.ts';
import type { JobSpec } from './job.ts';

/** A job as it is asked for: what it does in one of several ways, and the timezone of this machine unless another is named. */
export type JobRequest = Omit<JobSpec, 'anchor' | 'steps' | 'timezone' | 'name'> &
  Body & { timezone?: string | undefined; name?: string | undefined };
export type JobChange = Partial<JobRequest>;

interface Place {
  now: number;
  find: (tool: string) => Tool | undefined;
}

/** Throws `invalid_input`, naming the field. */
export function specOf(request: JobRequest, { now, find }: Place): JobSpec {
  const { schedule, timezone: _, tool, input, steps: given, shell, script, claude, webhook, skill, ...rest } = request;
  const timezone = timezoneFor(request);
  const steps = stepsOf({ tool, input, steps: given, shell, script, claude, webhook, skill });
  const spec = {
    ...rest,
    name: request.name ?? nameOf(steps),
    timezone,
    anchor: now,
    schedule: settledSchedule(schedule, { now, timezone }),
    steps,
  };
  checkSteps(spec, find);
  return spec;
}

export const isRetimed = ({ schedule, timezone }: JobChange): boolean => schedule !== undefined || timezone !== undefined;

/** What is not named stays: intervals go on from where they were unless the schedule is. What made it suspect still does. */
export function changedSpec(before: JobSpec, change: JobChange, place: Place): JobSpec {
  const { anchor, ...kept } = before;
  const taint = {
    untrusted: before.taint.untrusted || change.taint?.untrusted === true,
    private: before.taint.private || change.taint?.private === true,
  };
  const isElsewhere = change.timezone === undefined && change.schedule !== undefined && timezoneIn(change.schedule) !== undefined;
  const timing = { ...kept, ...(isElsewhere && { timezone: undefined }) };
  const spec = specOf({ ...timing, ...(bodyIn(change).length > 0 && { steps: undefined }), ...change, taint }, place);
  return isRetimed(change) ? spec : { ...spec, anchor };
}
