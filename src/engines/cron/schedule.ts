import { ToolError } from '../../core/errors.ts';

/** `cron`: a pattern of 5 or 6 fields, or a nickname. `every`: an interval. `once`: a moment in ms since 1970. */
export type Schedule = { kind: 'cron'; pattern: string } | { kind: 'every'; ms: number } | { kind: 'once'; at: number };

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const isoMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;

/** Reads a schedule as a person writes it. Whether a pattern is sound is found out by whoever asks for its next time. Throws `invalid_input`. */
export function parseSchedule(text: string): Schedule {
  const phrase = text.trim();
  if (isoMoment.test(phrase) && !Number.isNaN(Date.parse(phrase))) return { kind: 'once', at: Date.parse(phrase) };
  const schedule = intervalIn(phrase.toLowerCase()) ?? clockTimeIn(phrase.toLowerCase());
  if (schedule) return schedule;
  if (/^@[a-z]+$/i.test(phrase) || [5, 6].includes(phrase.split(/\s+/).length)) return { kind: 'cron', pattern: phrase };
  throw strangeSchedule();
}

export const strangeSchedule = (): ToolError =>
  new ToolError('invalid_input', 'schedule: it is none that is known.', {
    hint: 'As in "30 8 * * 1-5", "@daily", "every 2h30m", "daily at 09:00", "mondays at 9" or "2030-01-31T08:00:00Z".',
  });

function intervalIn(phrase: string): Schedule | undefined {
  const parts = /^every ((?:\d{1,6}[smhd])+)$/.exec(phrase)?.[1]?.match(/\d+[smhd]/g);
  const ms = (parts ?? []).reduce((sum, part) => sum + Number(part.slice(0, -1)) * units[part.at(-1)!]!, 0);
  return ms >= 1_000 ? { kind: 'every', ms } : undefined;
}

/** "daily at 9", "every weekday at 8:30", "mondays at 17:05". */
function clockTimeIn(phrase: string): Schedule | undefined {
  const found = /^(?:every )?([a-z]+) at (\d{1,2})(?::(\d\d))?$/.exec(phrase);
  if (!found) return undefined;
  const [, name = '', hour = '', minute = '0'] = found;
  const when = fieldOf(name.replace(/s$/, ''));
  if (when === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined;
  return { kind: 'cron', pattern: `${Number(minute)} ${Number(hour)} * * ${when}` };
}

function fieldOf(name: string): string | undefined {
  if (name === 'daily' || name === 'day') return '*';
  if (name === 'weekday') return '1-5';
  return days.includes(name) ? String(days.indexOf(name)) : undefined;
}

/** Throws `invalid_input` for a name that is no IANA timezone. */
export function mustBeTimezone(timezone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    throw new ToolError('invalid_input', 'timezone: no such timezone.', { hint: 'Give an IANA name, as in Europe/Berlin.' });
  }
}
