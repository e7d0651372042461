import { Cron } from 'croner';
import { parseSchedule, strangeSchedule } from './schedule.ts';

export interface Timing {
  schedule: string;
  /** IANA name. */
  timezone: string;
  /** Where intervals count from, in ms since 1970. */
  anchor: number;
}

/** The first due time after `after`, in ms since 1970; undefined where there is none. Throws `invalid_input`. */
export function nextTime({ schedule, timezone, anchor }: Timing, after: number): number | undefined {
  const parsed = parseSchedule(schedule);
  if (parsed.kind === 'once') return parsed.at > after ? parsed.at : undefined;
  if (parsed.kind === 'every') return anchor + (Math.max(Math.floor((after - anchor) / parsed.ms), 0) + 1) * parsed.ms;
  return patternOf(parsed.pattern, timezone).nextRun(new Date(after))?.getTime();
}

/** The last due time at or before `until`, in ms since 1970. */
export function lastTime({ schedule, timezone, anchor }: Timing, until: number): number | undefined {
  const parsed = parseSchedule(schedule);
  if (parsed.kind === 'once') return parsed.at <= until ? parsed.at : undefined;
  if (parsed.kind === 'every') return anchor + Math.floor((until - anchor) / parsed.ms) * parsed.ms;
  return patternOf(parsed.pattern, timezone)
    .previousRuns(1, new Date(until + 1))[0]
    ?.getTime();
}

function patternOf(pattern: string, timezone: string): Cron {
  try {
    return new Cron(pattern, { timezone, mode: '5-or-6-parts' });
  } catch {
    throw strangeSchedule();
  }
}
