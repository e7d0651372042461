import { Cron } from 'croner';
import { ToolError } from '../../core/errors.ts';
import { parseSchedule, strangeSchedule, type Schedule } from '../../core/schedule.ts';
import { wallTimeIn } from '../../core/wall-time.ts';

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
  if (parsed.kind === 'days') return dayAfter(parsed, { timezone, anchor }, after);
  if (parsed.kind === 'cron') return timeAfter(parsed.pattern, timezone, after);
  if (parsed.kind !== 'once') throw strangeSchedule();
  const at = momentIn(parsed.moment, timezone);
  return at > after ? at : undefined;
}

const dayMs = 86_400_000;

/** Days are counted as the calendar of the place does, from the first such clock time after the anchor. */
function dayAfter(
  { days, time }: Extract<Schedule, { kind: 'days' }>,
  { timezone, anchor }: Pick<Timing, 'timezone' | 'anchor'>,
  after: number,
): number {
  const midnightOf = (day: number): number => momentIn(`${new Date(day * dayMs).toISOString().slice(0, 10)}T00:00:00`, timezone);
  // By its pattern, so that daylight saving does to it what it does to "daily at".
  const timeOn = (day: number): number => timeAfter(`${time.minute} ${time.hour} * * *`, timezone, midnightOf(day) - 1)!;
  const today = dayIn(anchor, timezone);
  const first = timeOn(today) > anchor ? today : today + 1;
  const passed = Math.max(Math.floor((dayIn(after, timezone) - first) / days), 0);
  const day = first + passed * days;
  return timeOn(day) > after ? timeOn(day) : timeOn(day + days);
}

/** Of the calendar there, counted from 1970. */
function dayIn(moment: number, timezone: string): number {
  const { year, month, date } = wallTimeIn(moment, timezone);
  return Date.UTC(year, month - 1, date) / dayMs;
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
