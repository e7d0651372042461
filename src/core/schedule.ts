import { ToolError } from './errors.ts';
import { dayOfDate, dayOfMonth } from './schedule-dates.ts';
import { dayField, dayNames } from './schedule-days.ts';
import { withoutTimezone } from './schedule-timezone.ts';
import { timeOfDayIn, wallTimeIn, type TimeOfDay } from './wall-time.ts';

/**
 * When something is due. `cron`: a pattern of 5 or 6 fields, or a nickname as @daily; whether it is sound is found out by
 * whoever asks for its next time. `every`: an interval in ms. `days`: a clock time each so many days. `once`: an ISO 8601 moment, without an offset a wall time.
 * `in`, `day`, `date`: once too, but counted from the moment they are said, so they are settled before they are stored.
 */
export type Schedule =
  | { kind: 'cron'; pattern: string }
  | { kind: 'every'; ms: number }
  | { kind: 'days'; days: number; time: TimeOfDay }
  | { kind: 'once'; moment: string }
  | { kind: 'in'; ms: number }
  | { kind: 'day'; day: number | 'today' | 'tomorrow' | 'next'; time: TimeOfDay }
  | { kind: 'date'; month: number; date: number; time: TimeOfDay };

type Reader = (phrase: string) => Schedule | undefined;

const phraseOf = (text: string): string => withoutTimezone(text).replace(/\s+/g, ' ');

/** Reads a schedule as a person writes it, whatever timezone it names. Undefined where it is none that is known. */
export function readSchedule(text: string): Schedule | undefined {
  const phrase = phraseOf(text);
  if (isPattern(phrase)) return { kind: 'cron', pattern: phrase };
  const small = phrase.toLowerCase();
  for (const read of [moment, interval, everyFewDays, onDays, onDayOfMonth, onceOnDay, onceOnDate]) {
    const schedule = read(small);
    if (schedule) return schedule;
  }
  return undefined;
}

/** As `readSchedule`. Throws `invalid_input`. */
export function parseSchedule(text: string): Schedule {
  const schedule = readSchedule(text);
  if (schedule) return schedule;
  throw lacksTime(text) ? withoutTime() : strangeSchedule();
}

/** "every weekday": the days are said, and the time of day is not. */
export const lacksTime = (text: string): boolean =>
  text.trim() !== '' && readSchedule(text) === undefined && readSchedule(`${withoutTimezone(text)} at 9:00`) !== undefined;

/** The same schedule in words that mean the same tomorrow: "in 20 minutes" becomes a moment. Throws `invalid_input`. */
export function settledSchedule(text: string, { now, timezone }: { now: number; timezone: string }): string {
  const schedule = parseSchedule(text);
  if (schedule.kind === 'once') return schedule.moment;
  if (schedule.kind === 'in') return new Date(now + schedule.ms).toISOString();
  if (schedule.kind === 'day') return dayFrom(schedule, wallTimeIn(now, timezone));
  if (schedule.kind === 'date') return dateFrom(schedule, wallTimeIn(now, timezone));
  return phraseOf(text);
}

function dayFrom({ day, time }: Extract<Schedule, { kind: 'day' }>, now: ReturnType<typeof wallTimeIn>): string {
  const isPast = time.hour * 60 + time.minute <= now.hour * 60 + now.minute;
  const ahead =
    typeof day === 'number' ? (day - now.weekday + 7) % 7 || (isPast ? 7 : 0) : { today: 0, tomorrow: 1, next: isPast ? 1 : 0 }[day];
  const date = new Date(Date.UTC(now.year, now.month - 1, now.date + ahead)).toISOString().slice(0, 10);
  return `${date}T${twoDigits(time.hour)}:${twoDigits(time.minute)}:00`;
}

function dateFrom({ month, date, time }: Extract<Schedule, { kind: 'date' }>, now: ReturnType<typeof wallTimeIn>): string {
  const order = (parts: number[]): number => parts.reduce((sum, part) => sum * 100 + part, 0);
  const isPast = order([month, date, time.hour, time.minute]) <= order([now.month, now.date, now.hour, now.minute]);
  const year = now.year + (isPast ? 1 : 0);
  return `${year}-${twoDigits(month)}-${twoDigits(date)}T${twoDigits(time.hour)}:${twoDigits(time.minute)}:00`;
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');

export const strangeSchedule = (): ToolError =>
  new ToolError('invalid_input', 'schedule: it is none that is known.', {
    hint: 'As in "30 8 * * 1-5", "@daily", "every 2h30m", "daily at 09:00", "mondays at 9", "tomorrow at 7:00" or "2030-01-31T08:00:00Z".',
  });

const withoutTime = (): ToolError =>
  new ToolError('invalid_input', 'schedule: it says on which days, not at what time.', { hint: 'As in "weekdays at 8:30".' });

const isPattern = (phrase: string): boolean => /^@[a-z]+$/i.test(phrase) || /^[\d*?][\d*?,/#LW-]*( [\dA-Z*?,/#-]+){4,5}$/i.test(phrase);

const moment: Reader = (phrase) => {
  const found = /^(?:(?:once )?(?:on|at) )?(\d{4}-\d\d-\d\d)(?:t| (?:at )?)(\d\d?):(\d\d)(:\d\d(?:\.\d+)?)?(z|[+-]\d\d:\d\d)?$/.exec(
    phrase,
  );
  if (!found) return undefined;
  const [, date, hour = '', minute, second = ':00', offset = ''] = found;
  const text = `${date}T${hour.padStart(2, '0')}:${minute}${second}${offset.toUpperCase()}`;
  return isMoment(text) ? { kind: 'once', moment: text } : undefined;
};

/** Date.parse takes February 30 for March 2. */
const isMoment = (text: string): boolean => {
  const ms = Date.parse(`${text.slice(0, 19)}Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 19)) && !Number.isNaN(Date.parse(text));
};

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const numbers = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
const amount = new RegExp(
  `(\\d{1,6}|(?:half )?an?(?= )|(?:${numbers.join('|')})(?= )) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])`,
);
const amounts = new RegExp(`${amount.source}(?:(?: and |, | )?${amount.source})*`);
const longestMs = 10 * 366 * unitMs.d!;

const interval: Reader = (phrase) => {
  if (phrase === 'hourly') return { kind: 'cron', pattern: '0 * * * *' };
  const [, lead, said = ''] = /^(every|each|once every|in) (.+)$/.exec(phrase) ?? [];
  if (lead === undefined) return undefined;
  const rest = said.replace(/^other (?=minute$|hour$)/, '2 ').replace(/^quarter (?:of an )?hour$/, '15 minutes');
  const single = lead !== 'in' && /^(?:half )?(?:second|minute|hour)$/.test(rest);
  const text = single ? (rest.startsWith('half') ? rest.replace('half', 'half an') : `1 ${rest}`) : rest;
  if (!new RegExp(`^${amounts.source}$`).test(text)) return undefined;
  const ms = [...text.matchAll(new RegExp(amount, 'g'))].reduce(
    (sum, [, count = '', unit = '']) => sum + countOf(count) * unitMs[unit[0]!]!,
    0,
  );
  if (ms < 1_000 || ms > longestMs) return undefined;
  return lead === 'in' ? { kind: 'in', ms } : { kind: 'every', ms };
};

const countOf = (count: string): number =>
  count.startsWith('half') ? 0.5 : count.startsWith('a') ? 1 : numbers.indexOf(count) + 1 || Number(count);

const ordinals = ['first', 'other', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];
const mostDays = 366;

/** "every other day at 9", "at 9 every second day", "every 3 days at 18:00", "every other morning at 7". */
const everyFewDays: Reader = (phrase) => {
  const turned = phrase.replace(/^(at .+?) ((?:once )?(?:every|each) .*)$/, '$2 $1');
  const [, count = '', part, said = ''] =
    /^(?:once )?(?:every|each) (\w+) (?:days?|(morning|afternoon|evening|night)s?) at (.+)$/.exec(turned) ?? [];
  const time = timeOfDayIn(part === undefined ? said : `${said} in the ${part}`);
  const days = Number(count) || Math.max(numbers.indexOf(count), ordinals.indexOf(count.replace('second', 'other'))) + 1;
  return time && days >= 1 && days <= mostDays && Number.isInteger(days) ? { kind: 'days', days, time } : undefined;
};

/** "daily at 9", "every weekday at 8:30", "mondays and thursdays at 17:05", "at 9 every day", "every monday morning at 7". */
const onDays: Reader = (phrase) => {
  const turned = phrase.replace(/^(at .+?) ((?:every|each|on|daily|nightly|weekly) ?.*)$/, '$2 $1');
  const [, days = '', time = ''] = /^(.+?) at (.+)$/.exec(turned) ?? [];
  const { field, part } = dayField(days);
  const times = time.split(/ and | & |, ?/).map((one) => timeOfDayIn(part === undefined ? one : `${one} in the ${part}`));
  const [first] = times;
  if (field === undefined || !first || times.some((one) => one?.minute !== first.minute)) return undefined;
  return { kind: 'cron', pattern: `${first.minute} ${times.map((one) => one!.hour).join(',')} * * ${field}` };
};

/** "monthly on the 1st at 9", "on the first of each month at 9", "every last friday of the month at 18:00". */
const onDayOfMonth: Reader = (phrase) => {
  const [, days = '', said = ''] = /^(.+?) at (.+)$/.exec(phrase) ?? [];
  const time = timeOfDayIn(said);
  const fields = dayOfMonth(days);
  return fields === undefined || !time ? undefined : { kind: 'cron', pattern: `${time.minute} ${time.hour} ${fields}` };
};

/** "on 24 December at 18:00", "December 24th at 6pm". */
const onceOnDate: Reader = (phrase) => {
  const [, day = '', said = ''] = /^(?:once )?(?:on )?(.+?),? at (.+)$/.exec(phrase) ?? [];
  const time = timeOfDayIn(said);
  const date = time && dayOfDate(day);
  return date && { kind: 'date', ...date, time };
};

/** "tomorrow at 7:00", "next monday at 9", "tonight at 10", "at 18:30". */
const onceOnDay: Reader = (phrase) => {
  const [, day = '', said = ''] = /^(?:(?:once )?(?:(?:on|next|this) )?(today|tonight|tomorrow|[a-z]+day|) ?)at (.+)$/.exec(phrase) ?? [];
  const time = timeOfDayIn(day === 'tonight' ? `${said} in the evening` : said);
  if (!time) return undefined;
  if (day === '') return { kind: 'day', day: 'next', time };
  if (day === 'tomorrow') return { kind: 'day', day, time };
  if (day === 'today' || day === 'tonight') return { kind: 'day', day: 'today', time };
  const number = dayNames.indexOf(day);
  return number === -1 ? undefined : { kind: 'day', day: number, time };
};
