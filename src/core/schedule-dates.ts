import { dayOf } from './schedule-days.ts';

const ordinals = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];
const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];

/** Day, month and weekday of a cron pattern: "the 1st of each month", "monthly on the 1st and 15th", "every last friday of the month". */
export function dayOfMonth(words: string): string | undefined {
  const said = words.replace(/^(?:monthly|(?:every|each|once a) month),? (.+)$/, '$1 of each month');
  const [, which] = /^(?:on )?(?:the |every |each )?(.+) of (?:every|each|the|a) month$/.exec(said) ?? [];
  if (which === undefined) return undefined;
  const [, nth = '', weekday = ''] = /^(\w+) (\w+day)$/.exec(which) ?? [];
  const count = nth === 'last' ? 'L' : numberIn(nth);
  if (dayOf(weekday) !== -1 && (count === 'L' || (count !== undefined && count <= 5))) return `* * ${dayOf(weekday)}#${count}`;
  const days = which.split(/,? and (?:the )?|, ?(?:the )?/).map((one) => (/^last(?: day)?$/.test(one) ? 'L' : numberIn(one)));
  return days.includes(undefined) ? undefined : `${days.join(',')} * *`;
}

/** "first", "1st", "1", "15th". */
function numberIn(word: string): number | undefined {
  const plain = /^([1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)?$/.exec(word.replace(/ day$/, ''))?.[1];
  const number = plain === undefined ? ordinals.indexOf(word.replace(/ day$/, '')) + 1 : Number(plain);
  return number === 0 ? undefined : number;
}

/** "24 december", "the 24th of december", "december 24th". A day that the month never has is none. */
export function dayOfDate(words: string): { month: number; date: number } | undefined {
  const [, before, name = '', after] = /^(?:the )?(?:(\d\S*) (?:of )?)?([a-z]{3,9})(?: (?:the )?(\d\S*))?$/.exec(words) ?? [];
  const date = (before === undefined) === (after === undefined) ? undefined : numberIn(before ?? after!);
  const month = months.findIndex((one) => one === name || (name.length <= 4 && one.startsWith(name))) + 1;
  if (date === undefined || month === 0 || date > new Date(Date.UTC(2028, month, 0)).getUTCDate()) return undefined;
  return { month, date };
}
