import { hashed, plain } from './wording.ts';

/** A form of sentence that gives one thing one value: what it is about, and the value. */
interface Form {
  pattern: RegExp;
  about: (...parts: string[]) => string;
  /** Takes any short value; otherwise it must be of a kind, and only values of one kind exclude each other. */
  anyValue?: true;
}

const verb = String.raw`(?:is|are|was|runs|listens|lives|uses|starts|ends|moved)`;
const link = String.raw`(?:\s+(?:now|at|on|in|to|from|port))*`;
const owned = String.raw`the|my|our|his|her|their|[\p{L}\p{N}_-]+(?:'s|s')`;
const thing = String.raw`(?:the|my|our|his|her|their)\s+[\p{L}\p{N}' _-]{2,80}?|[\p{L}\p{N}_-]+(?:'s|s')\s+[\p{L}\p{N} _-]{2,60}?`;
/** Things that have one value at a time, whatever kind of value it is. */
const onlyOne = 'favou?rite|preferred|default|main|primary|current|native|best';
/** Names of values: with one of them a sentence needs no article. */
const attribute =
  'address|birthday|budget|capital|deadline|due date|e-?mail|host|hostname|ip|location|manager|name|owner|password|phone|port|price|size|time ?zone|url|version';
const person = String.raw`(?:i|we|(?:the\s+)?user|\p{Lu}[\p{L}-]+(?:\s+\p{Lu}[\p{L}-]+)?)`;

const forms: Form[] = [
  {
    pattern: new RegExp(String.raw`^((?:${owned})\s+(?:[^:]{0,40}\s)?(?:${onlyOne})\s[^:]{1,40}?)\s+(?:is|are)\s+(\S.{0,60})$`, 'iu'),
    about: (about) => about,
    anyValue: true,
  },
  {
    pattern: new RegExp(String.raw`^(?:note:?\s+)?(${thing})\s+(${verb})${link}\s+(\S.{0,120})$`, 'iu'),
    about: (about, said) => `${about}|${said.replace(/^(?:are|was)$/i, 'is')}`,
  },
  { pattern: /^((?:the\s+)?[\p{L}\p{N}' _-]{3,60})\s*:\s+(\S.{0,120})$/iu, about: (about) => `${about}|` },
  {
    pattern: new RegExp(
      String.raw`^([\p{L}\p{N}' _-]{0,60}\b(?:${attribute})(?:\s+(?:of|for)\s+[\p{L}\p{N}' _-]{2,60}?)?)\s+(?:is|are)${link}\s+(\S.{0,120})$`,
      'iu',
    ),
    about: (about) => `the ${about}|is`,
  },
  {
    pattern: new RegExp(
      String.raw`^(${person})\s+(?:now\s+)?(?:lives?|resides?|(?:has\s+)?moved|relocated)\s+(?:in|to|at)\s+(\p{Lu}.{0,60})$`,
      'u',
    ),
    about: (about) => `${about}|lives in`,
    anyValue: true,
  },
  {
    pattern: new RegExp(String.raw`^(${person})\s+(?:now\s+)?(?:works?\s+(?:at|for)|(?:has\s+)?joined)\s+(\p{Lu}.{0,60})$`, 'u'),
    about: (about) => `${about}|works for`,
    anyValue: true,
  },
  {
    pattern: new RegExp(String.raw`^(${person})\s+prefers?\s+(\S+)\s+(?:over|to)\s+(\S+)$`, 'iu'),
    about: (about, one, other) => `${about}|prefers ${[one, other].toSorted().join(' ')}`.toLowerCase(),
    anyValue: true,
  },
];

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
/** Values of one kind: numbers, addresses, times, single names, dates. "broken" and "in the cellar" may both be true. */
const valueKinds = [
  /^[\d.:/_-]+\s?[\p{L}%]{0,4}$/u,
  /^[\w.-]+\.[a-z]{2,}$/i,
  /^[\w-]*\d[\w.:-]*$/i,
  /^\p{Lu}\p{L}+$/u,
  new RegExp(String.raw`^(?:\d{1,2}\.?\s+)?(?:${months})[a-z]*(?:\s+\d{1,2}(?:st|nd|rd|th)?)?(?:,?\s+\d{4})?$|^\d{4}-\d\d-\d\d$`, 'i'),
  /^\p{Lu}\p{L}+(?:\s+\p{Lu}\p{L}+){1,2}$/u,
];

/** What a text says one thing of, hashed with the kind of its value; undefined where it may hold beside others. */
export function claimOf(text: string): string | undefined {
  const sentence = text.trim().replace(/[.!]+$/, '');
  if (sentence.length > 240) return undefined;
  for (const { pattern, about, anyValue } of forms) {
    const parts = pattern.exec(sentence)?.slice(1);
    if (!parts) continue;
    const kind = anyValue ? 'any' : valueKinds.findIndex((form) => form.test(parts.at(-1)!.trim()));
    if (kind === -1) continue;
    const subject = anyValue && parts.length === 3 ? about(...parts) : about(...parts.slice(0, -1));
    return hashed(
      `${subject
        .split('|')
        .map((part) => plain(part))
        .join('|')}|${kind}`,
    );
  }
  return undefined;
}
