export const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** 0 is Sunday; -1 where it is no day. At least three letters of its name will do. */
export const dayOf = (name: string): number =>
  dayNames.findIndex((day) => name.length >= 3 && day.startsWith(name.replace(/s$/, '').slice(0, 9)));

export interface Days {
  /** The weekday field of a cron pattern; undefined where the words name no days that come again. */
  field: string | undefined;
  /** The part of the day that was said with them. */
  part: string | undefined;
}

/** "every weekday", "mondays and thursdays", "weekly on friday", "every monday morning", "nightly". */
export function dayField(words: string): Days {
  const said = words.replace(/^(?:on |once )(?=every |each |daily|weekly|a )/, '').replace(/^a (?=day|week)/, 'every ');
  const [, each = '', named = ''] =
    /^(every single |every |each |on )?(.+)$/.exec(said.replace(/^(?:weekly|(?:every|each) week) on /, 'every ')) ?? [];
  const [, before = '', part] = /^(.*?) ?\b(morning|afternoon|evening|night)s?$/.exec(named === 'nightly' ? 'every night' : named) ?? [];
  const repeats = each.startsWith('e') || named === 'nightly' || (part !== undefined && named.endsWith('s'));
  if (part !== undefined && (before === '' || before === 'every')) return { field: repeats ? '*' : undefined, part };
  return { field: weekdays(part === undefined ? named : before, repeats), part };
}

/** A single day without "every" is that one day, not each. */
function weekdays(days: string, repeats: boolean): string | undefined {
  if (days === 'daily' || (repeats && days === 'day')) return '*';
  if (days === 'weekdays' || days === 'workdays' || days === 'working days' || days === 'business days') return '1-5';
  if (repeats && /^(?:week|work|working |business )day$/.test(days)) return '1-5';
  if (days === 'weekends' || (repeats && days === 'weekend')) return '6,0';
  const [from = -1, to = -1] = (/^(\w+)(?: to | through | until |-)(\w+)$/.exec(days)?.slice(1) ?? []).map(dayOf);
  if (from !== -1 && to !== -1) return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7).join(',');
  const names = days.split(/,? and |, ?| & /);
  const isMany = repeats || names.length > 1 || names.every((name) => name.endsWith('days'));
  const found = names.map(dayOf);
  return isMany && !found.includes(-1) ? found.join(',') : undefined;
}
