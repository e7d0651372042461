import { lacksTime, readSchedule } from '../../core/schedule.ts';
import { blanked } from './protect.ts';

/** A stretch of a request: what is wanted, and when, where it is to be done at set times. */
export interface Segment {
  text: string;
  /** In the person's words; without a time of day where none was said. */
  schedule?: string;
}

/**
 * Parts a request where what is to be done at set times begins. The time stands first or last in its sentence; what follows in
 * further sentences, without a time of its own, belongs to it.
 */
export function segmentsOf(request: string): Segment[] {
  const segments: Segment[] = [];
  for (const sentence of sentencesOf(request)) {
    const found = reminder(sentence.trim()) ?? atBeginning(sentence.trim()) ?? atEnd(sentence.trim()) ?? strange(sentence.trim());
    const last = segments.at(-1);
    if (found) segments.push({ ...found, text: found.text.replace(/[.!?;\s]+$/, '') + (/[.!?;\n]\s*$/.exec(sentence)?.[0] ?? ' ') });
    else if (last) last.text += sentence;
    else segments.push({ text: sentence });
  }
  return segments;
}

/** Also where what is to be done at set times follows after something else. */
const sentenceEnd =
  /(?<=[.!?])\s+|\s*[\n;]\s*|(?<=\S+ \S+ \S+)(?:,\s*(?:and\s+)?(?:then\s+)?|\s+and\s+(?:then\s+)?|\s+then\s+)(?=(?:every|each|daily|nightly|tomorrow|tonight|schedule|set\s+up\s+an?\s+(?:\w+\s+)?(?:job|task)|do\s+the\s+same|repeat\s+(?:it|that|this))\b)/gi;

/** With what parts them. */
function sentencesOf(request: string): string[] {
  const ends = [...blanked(request).matchAll(sentenceEnd)].map((match) => match.index + match[0].length);
  return [...ends, request.length].map((end, index, all) => request.slice(all[index - 1] ?? 0, end)).filter((text) => text.trim() !== '');
}

/** The schedule that a sentence is about: quoted, or at its end. */
export function scheduleOf(sentence: string, quoted: string[]): string | undefined {
  const plain = sentence.replace(/[.!?]+$/, '');
  const ends = [...blanked(plain).matchAll(/\S+/g)].map((word) => plain.slice(word.index));
  return quoted.find((text) => readSchedule(text)) ?? ends.slice(1).find((phrase) => readSchedule(phrase) !== undefined);
}

const mostWords = 14;
/** A schedule is asked about or changed, not asked for. */
const isAboutSchedules = /\bjob_\w+|\b(?:schedules?|reschedule|cron|crontab)\b/i;

function atBeginning(sentence: string): Segment | undefined {
  const words = [...blanked(sentence).matchAll(/\S+/g)];
  const ends = words.slice(0, Math.min(mostWords, words.length - 1)).map((word) => word.index + word[0].length);
  const phrases = ends.toReversed().map((end) => ({ phrase: sentence.slice(0, end).replace(/[,:]$/, ''), rest: sentence.slice(end) }));
  const found = phrases.find(({ phrase }) => isTiming(phrase)) ?? phrases.find(({ phrase }) => lacksClock(phrase));
  return found && (withClock(found) ?? segment(found.phrase, found.rest));
}

/** "every monday check the disk at 9": the days first and the time of day last. */
function withClock({ phrase, rest }: { phrase: string; rest: string }): Segment | undefined {
  const [, wanted = '', clock = ''] = /^(.+?),? (at \S+(?: [ap]\.?m\.?| in the \w+)?)[.!?]*$/i.exec(rest) ?? [];
  return lacksTime(phrase) && readSchedule(`${phrase} ${clock}`) ? segment(`${phrase} ${clock}`, wanted) : undefined;
}

/** "remind me tomorrow at 7 to call the bank": the time in between. */
function reminder(sentence: string): Segment | undefined {
  const [, lead = '', when = '', rest = ''] = /^(remind (?:me|us)) (.+?) ((?:to|that|of|about) .+)$/i.exec(sentence) ?? [];
  return isTiming(when) || lacksClock(when) ? segment(when, `${lead} ${rest}`) : undefined;
}

/** A time that comes again, in words that are no schedule: to be asked about, never to be taken for now. */
function strange(sentence: string): Segment | undefined {
  const plain = sentence.replace(/[.!?]+$/, '');
  const [first] = new RegExp(`^${again}(?=,? )`, 'i').exec(plain) ?? [];
  if (first !== undefined) return segment(first, plain.slice(first.length));
  const last = new RegExp(` (${again})$`, 'i').exec(plain);
  const rest = plain.slice(0, last?.index);
  return last && !keepsText.test(rest) && !isMeasure.test(rest) ? segment(last[1]!, rest) : undefined;
}

const unit = '(?:(?:second|minute|hour|day|week|weekday|weekend|month|quarter|year|morning|afternoon|evening|night)s?|\\w+days?)';
const again = `(?:on )?(?:in the (?:morning|afternoon|evening)|(?:every|each) (?:[\\w-]+ ){0,3}?${unit}|(?:once|twice|(?:\\w+ )times) (?:a|an|per|each|every) ${unit})(?: (?:of|in) (?:the|each|every|a) \\w+)?(?:,? at \\S+(?: [ap]m)?)?`;

function atEnd(sentence: string): Segment | undefined {
  const plain = sentence.replace(/[.!?]+$/, '');
  const words = [...blanked(plain).matchAll(/\S+/g)];
  const starts = words.slice(Math.max(1, words.length - mostWords)).map((word) => word.index);
  const phrases = starts.map((start) => ({ phrase: plain.slice(start), rest: plain.slice(0, start).replace(/[\s,]+$/, '') }));
  const fits = phrases.filter(({ rest }) => !keepsText.test(rest) && !isMeasure.test(rest));
  const found = fits.find(({ phrase }) => isTiming(phrase)) ?? fits.find(({ phrase }) => lacksClock(phrase));
  return found && segment(found.phrase, found.rest);
}

function segment(schedule: string, rest: string): Segment | undefined {
  const wanted = rest.replace(/^[\s,:–-]+(?:please\s+)?/i, '');
  const text = asksForJob.exec(wanted)?.slice(1).find(Boolean) ?? wanted;
  // "every 3 days at 9" is more than "every 3 days".
  if (/^at \d/.test(wanted)) return undefined;
  return text === '' || isAboutSchedules.test(text) ? undefined : { text, schedule };
}

/** Five words of a sentence are no cron pattern, whatever they look like. */
function isTiming(phrase: string): boolean {
  const read = readSchedule(phrase);
  return read !== undefined && !(read.kind === 'cron' && read.pattern === phrase) && !/^[\d*]\S* [\d*]|^@|^\d{4}-/.test(phrase);
}
const lacksClock = (phrase: string): boolean =>
  /^(?:every|each|daily|nightly|weekly|monthly|once (?:a|every)|on the|tomorrow|tonight|weekdays|on weekdays|[a-z]+days)\b/i.test(phrase) &&
  lacksTime(phrase);

const asksForJob =
  /^(?:schedule|set up|create|add|make)\s+(?:me\s+)?(?:an?\s+)?(?:new\s+)?(?:(?:cron|scheduled|recurring|daily)\s+)*(?:job|task|schedule)\s*(?:to|that|which|for|:)\s+(.+)$|^schedule\s+(?!job_)(?:an?\s+|the\s+)?(.+)$/is;
/** What is to be kept word for word may itself tell of times. */
const keepsText =
  /\b(?:remember|note|memori[sz]e|forget|mind|write down|jot down|record|know|saying|containing)\b[^:]{0,12}\b(?:that|my|the|our)\b|\b(?:saying|containing)\b|:\s|\b(?:is|are|was|were|runs?|starts?|happens?)$/i;
const isMeasure =
  /\b(?:modified|changed|within|older|newer|last|timeout(?: of)?|since|until|before|after|than|starting|from|to|for|of|about|by|line|page)$|\b(?:happened|was|were|did)\b/i;
