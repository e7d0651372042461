import { ToolError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';
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
  redactor: Pick<Redactor, 'value'>;
}

/** Throws `invalid_input`, naming the field. */
export function specOf(request: JobRequest, { now, find, redactor }: Place): JobSpec {
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
  const exposed = firstDifference(spec, redactor.value(spec));
  if (exposed.length > 0) throw holdsSecret(exposed.join('.'));
  return spec;
}

/** The way to the first value that redaction changes; empty where it changes nothing. */
function firstDifference(value: unknown, redacted: unknown): string[] {
  if (value === redacted || typeof value !== 'object' || value === null) return [];
  const others = Object.values(redacted as object);
  const [field, inner] = Object.entries(value).find(([, own], index) => own !== others[index]) ?? [''];
  return field === '' ? ['input'] : [field, ...firstDifference(inner, others[Object.keys(value).indexOf(field)])];
}

const holdsSecret = (field: string): ToolError =>
  new ToolError('invalid_input', `${field}: a secret stands in it, and jobs are kept in clear.`, {
    hint: 'Keep it with claw vault set NAME, and put {"$secret":"NAME"} in its place.',
  });

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
