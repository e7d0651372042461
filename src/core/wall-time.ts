import { ToolError } from './errors.ts';

export interface TimeOfDay {
  /** 0 to 23. */
  hour: number;
  minute: number;
}

/** "9", "8:30", "17h05", "9 pm", "7 in the evening", "noon". Undefined where it is no time of day. */
export function timeOfDayIn(text: string): TimeOfDay | undefined {
  if (text === 'noon' || text === 'midday') return { hour: 12, minute: 0 };
  if (text === 'midnight') return { hour: 0, minute: 0 };
  const [, hours, minutes = '0', half, part] =
    /^(\d{1,2})(?:[:.h](\d\d))?(?: ?(a\.?m\.?|p\.?m\.?)| o['’]?clock| h)?(?: (?:in the |at )(morning|afternoon|evening|night))?$/.exec(
      text,
    ) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const hour = hourOf(Number(hours), half?.[0] ?? part);
  return hour === undefined ? undefined : { hour, minute: Number(minutes) };
}

function hourOf(said: number, half: string | undefined): number | undefined {
  if (half === undefined) return said;
  if (half === 'a' || half === 'p') return said === 0 || said > 12 ? undefined : (said % 12) + (half === 'p' ? 12 : 0);
  const isLate = half === 'afternoon' || half === 'evening' || (half === 'night' && said >= 6);
  return isLate && said < 12 ? said + 12 : said % (half === 'night' && said === 12 ? 12 : 24);
}

export interface WallTime extends TimeOfDay {
  year: number;
  /** 1 to 12. */
  month: number;
  date: number;
  /** 0 is Sunday. */
  weekday: number;
}

/** What clocks show in a timezone. */
export function wallTimeIn(now: number, timezone: string): WallTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const { year, month, day, hour, minute } = Object.fromEntries(
    format.formatToParts(now).map(({ type, value }) => [type, Number(value)]),
  ) as Record<string, number>;
  const weekday = new Date(Date.UTC(year!, month! - 1, day)).getUTCDay();
  return { year: year!, month: month!, date: day!, weekday, hour: hour!, minute: minute! };
}

/** The IANA name of this machine's timezone. */
export const localTimezone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Throws `invalid_input` for a name that is no IANA timezone. */
export function mustBeTimezone(timezone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    throw new ToolError('invalid_input', 'timezone: no such timezone.', { hint: 'Give an IANA name, as in Europe/Berlin.' });
  }
}
