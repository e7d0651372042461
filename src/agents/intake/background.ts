import { extract } from './extract.ts';
import { blanked } from './protect.ts';

/** A request without its small talk, and what was set aside as such, so that the person can see it. */
export interface PlainRequest {
  text: string;
  setAside: string[];
}

const courtesy =
  /^(?:(?:hi|hello|hey|oh|ah|wait|good (?:morning|evening|afternoon)|thanks?(?: you)?(?: (?:so|very) much)?(?: in advance)?|cheers|thx|ta|bye)(?:\s+(?:claw|there|again|a lot|all|everyone))?[\s,!.:;)(-]*)+$/i;
const ask =
  /\b(?:(?:can|could|would|will)\s+(?:you|u|we)(?:\s+please)?(?:\s+(?:mind|go(?:\s+ahead)?(?:\s+and)?))?|i\s*(?:want|need|would like|['’]d like)\s+(?:that\s+)?you(?:\s+to)?)\s+(?=\S)/i;
const story =
  /^(?:(?:ok(?:ay)?|so|well|sorry|hm+|um+|oh|look|listen)[\s,]+)*(?:i|i['’]?m|i['’]?ve|i['’]?d|my|we|we['’]?re|our|it|it['’]?s|there|since|because|as)\b/i;
const purpose = /[\s,]+so\s+(?:that\s+)?(?:i|we|they)\s+(?:can|could|know|see|don['’]?t)\b[^]*$/i;
const aside =
  /[\s,;–-]+(?:nothing (?:else|more)|(?:i\s+)?do(?:n['’]?t| not) need (?:it|them|that)(?: any ?more)?|i changed my mind|thank(?:s| you)[^.]*|no rush|if you don['’]?t mind|(?:top|anything)?\s*is fine)\s*[.!:)]*$/i;

/**
 * Takes greetings, thanks and stories out of a request. A story is what someone tells before "can you …", "I want you to …",
 * as long as it names no file, address or quoted text: then it may matter, and stays.
 */
export function plainRequest(request: string): PlainRequest {
  const setAside: string[] = [];
  const keep = (sentence: string): string => {
    if (courtesy.test(sentence)) return drop(sentence, setAside);
    const asked = ask.exec(blanked(sentence));
    const before = asked ? sentence.slice(0, asked.index) : '';
    const isStory = asked !== null && (before.trim() === '' || (story.test(before.trim()) && namesNothing(before)));
    if (isStory && before.trim() !== '') drop(before, setAside);
    return withoutTail(isStory ? sentence.slice(asked.index + asked[0].length) : sentence, setAside);
  };
  const text = sentences(request).map(keep).filter(Boolean).join('\n').trim();
  return text === '' ? { text: request.trim(), setAside: [] } : { text, setAside };
}

const sentences = (request: string): string[] => {
  const ends = [...blanked(request).matchAll(/(?<=[.!?])\s+|\n+/g)].map((match) => match.index + match[0].length);
  return [...ends, request.length].map((end, index, all) => request.slice(all[index - 1] ?? 0, end).trim()).filter(Boolean);
};

function withoutTail(sentence: string, setAside: string[]): string {
  return [purpose, aside].reduce((text, pattern) => {
    const tail = pattern.exec(blanked(text));
    if (!tail || tail.index === 0 || !namesNothing(text.slice(tail.index))) return text;
    drop(text.slice(tail.index), setAside);
    return text.slice(0, tail.index);
  }, sentence);
}

function drop(text: string, setAside: string[]): string {
  setAside.push(text.replace(/^[\s,;–-]+|[\s,;–-]+$/g, ''));
  return '';
}

function namesNothing(text: string): boolean {
  const { urls, paths, quoted, ids } = extract(text);
  return [urls, paths, quoted, ids].every((found) => found.length === 0);
}
