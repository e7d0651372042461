const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];

/** "8 May 2023 Monday" in UTC: what a date is searched by. */
export function dateWords(moment: number): string {
  const date = new Date(moment);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** What a question says about time; parts that it does not name are undefined. */
export interface NamedTime {
  day?: number;
  /** 0 to 11. */
  month?: number;
  year?: number;
}

/** Reads "in May", "on 8 May 2023", "May 8th", "2023-05-08". "May" counts as a month only where a date can stand. */
export function namedTime(text: string): NamedTime | undefined {
  const iso = /\b((?:19|20)\d\d)-(\d\d)(?:-(\d\d))?\b/.exec(text);
  if (iso) return { year: Number(iso[1]), month: Number(iso[2]) - 1, ...(iso[3] && { day: Number(iso[3]) }) };
  const year = /\b((?:19|20)\d\d)\b/.exec(text)?.[1];
  const named = new RegExp(
    String.raw`(?:\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?)?\b(${months.join('|')})\b(?:\s+(\d{1,2})(?:st|nd|rd|th)?\b)?`,
    'i',
  ).exec(text);
  const isVerb = named?.[0] === 'may';
  if (!named || isVerb) return year ? { year: Number(year) } : undefined;
  const day = named[1] ?? named[3];
  return { month: months.indexOf(named[2]!.toLowerCase()), ...(day && { day: Number(day) }), ...(year && { year: Number(year) }) };
}

/** 0 to 1: how much of what is named the moment has. In another month nothing fits; a year alone fits little. */
export function timeFit({ day, month, year }: NamedTime, moment: number): number {
  const date = new Date(moment);
  if (month !== undefined && month !== date.getUTCMonth()) return 0;
  return (month === undefined ? 0 : 0.5) + (day === date.getUTCDate() ? 0.3 : 0) + (year === date.getUTCFullYear() ? 0.2 : 0);
}
