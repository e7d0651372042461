import { Cron } from 'croner';
import { ToolError } from '../../core/errors.ts';
import { parseSchedule, strangeSchedule } from '../../core/schedule.ts';

export interface Timing {
  schedule: string;
  /** IANA name. */
  timezone: string;
  /** Where intervals count from, in ms since 1970. */
  anchor: number;
}

/**
 * The first due time after `after`, in ms since 1970; undefined where there is none. A clock time that daylight saving
 * leaves out is due at the end of the gap, one that comes twice the first time. Throws `invalid_input`.
 */
export function nextTime({ schedule, timezone, anchor }: Timing, after: number): number | undefined {
  const parsed = parseSchedule(schedule);
  if (parsed.kind === 'every') return anchor + (Math.max(Math.floor((after - anchor) / parsed.ms), 0) + 1) * parsed.ms;
  if (parsed.kind === 'cron') return timeAfter(parsed.pattern, timezone, after);
  if (parsed.kind !== 'once') throw strangeSchedule();
  const at = momentIn(parsed.moment, timezone);
  return at > after ? at : undefined;
}

function momentIn(moment: string, timezone: string): number {
  if (/(?:Z|[+-]\d\d:\d\d)$/.test(moment)) return Date.parse(moment);
  return timeAfter(moment, timezone, 0) ?? 0;
}

/** Patterns as croner has read them: reading one takes as long as reckoning with it. */
const known = new Map<string, Cron>();
const mostKnown = 500;

function patternOf(pattern: string, timezone: string): Cron {
  const key = `${timezone} ${pattern}`;
  const found = known.get(key) ?? new Cron(pattern, { timezone, mode: '5-or-6-parts' });
  if (known.size >= mostKnown) known.clear();
  known.set(key, found);
  return found;
}

function timeAfter(pattern: string, timezone: string, after: number): number | undefined {
  try {
    return patternOf(pattern, timezone).nextRun(new Date(after))?.getTime();
  } catch (error) {
    throw new ToolError('invalid_input', `schedule: ${reasonIn(error)}`, {
      hint: 'Fields are [second] minute hour day month weekday, as in "30 8 * * 1-5"; cron_preview shows what one means.',
      cause: error,
    });
  }
}

/** croner says which field is wrong, and quotes from the pattern no more than that field. */
const reasonIn = (error: unknown): string =>
  error instanceof Error ? `${error.message.replace(/^CronPattern: /, '').slice(0, 120)}.` : 'the pattern is none.';
