import { stem } from './stem.ts';

/** Words too common to tell one request from another. */
const stopWords = new Set(
  `a about am an and any are as at be been but by can could did do does for from had has have how i i'd i'm if in into is it its just let like me my
   need now of on onto or our please s so some t that the their them then there these they this those to up us want was we were what when where which
   while who will with would you your`.split(/\s+/),
);

/** Words of courtesy and emphasis: they ask for nothing. */
const fillers = new Set(
  `tell give pls plz thanks thank hi hello hey okay ok whats what's it's really right again still also too very all every each any one ones now here there
   back quickly quick currently actually exactly simply maybe perhaps kindly today far thing things stuff really first whole
   original entire left remain remaining got ones we've i've you've
   afterwards after before only already another every again`.split(/\s+/),
);

/** Words that belong to no tool. */
export const commonWords = [...stopWords, ...fillers];

/** What stands for a thing whose name says nothing about the wish: one word for every path, url, id and number. */
const shapes: [RegExp, string][] = [
  [/\bhttps?:\/\/\S+/g, ' xurl '],
  [/(?<![\w@/.-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|de|eu|uk|app|info|lan|local)(?![\w-])(?::\d+)?(?:\/\S*)?/gi, ' xurl '],
  [/(["'`])(?:(?!\1).){1,400}\1/g, ' xquoted $& '],
  [/\b(run|apr|mem|call|bak|job|fgt)_[a-z0-9]+\b/gi, ' x$1id '],
  [/(?:^|\s)(?:~|\.{1,2})?\/[\w.@%+~-]+(?:\/[\w.@%+~*-]*)*/g, ' xpath '],
  [/(?:^|\s)[\w*-]+\.(?:txt|md|log|json|ya?ml|conf|cfg|ini|csv|pdf|sh|py|ts|js|html?|xml|tar|gz|zip|bak|jpe?g|png)\b/gi, ' xpath '],
  [/\b\d+(?:[.,:]\d+)*\b/g, ' xnum '],
];

/** The words that carry a sentence, in order. */
export function wordsOf(sentence: string): string[] {
  let text = sentence;
  for (const [pattern, name] of shapes) text = text.replace(pattern, name);
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return (plain.match(/[\p{L}\p{N}']+/gu) ?? []).map((word) => word.replace(/^'+|'s$|'+$/g, '')).filter(Boolean);
}

/** The stems of the words that say what is wanted. Quoted text is somebody's words, not a wish. */
export const tellingStems = (sentence: string): string[] =>
  wordsOf(sentence.replace(/(["`])(?:(?!\1).){0,400}\1/g, ' xquoted '))
    .filter((word) => !stopWords.has(word))
    .map(stem);

/** As `tellingStems`, without words of courtesy: what would be lost if nobody took it up. */
export const meantStems = (sentence: string): string[] =>
  wordsOf(sentence.replace(/(["`])(?:(?!\1).){0,400}\1/g, ' xquoted '))
    .filter((word) => !stopWords.has(word) && !fillers.has(word))
    .map(stem);

/** How much pairs of neighbours and groups of letters count beside whole words; chosen by leaving examples out. */
const pairWeight = 0.3;
const letterWeight = 0.2;
const groupSize = 4;

/**
 * A sentence as weighted features: stems, pairs of neighbours, and groups of letters, so that a misspelt or unknown word still has
 * something in common with the right one. Small words are in it: "what was", "again" and "no" tell tools apart.
 */
export function featuresOf(sentence: string): Map<string, number> {
  const features = new Map<string, number>();
  const add = (feature: string, weight: number): void => void features.set(feature, (features.get(feature) ?? 0) + weight);
  let before = '^';
  for (const word of wordsOf(sentence).map(stem)) {
    add(word, 1);
    add(`${before} ${word}`, pairWeight);
    for (const group of letterGroups(word)) add(group, letterWeight);
    before = word;
  }
  return features;
}

function letterGroups(word: string): string[] {
  const padded = `#${word}#`;
  return Array.from({ length: Math.max(0, padded.length - groupSize + 1) }, (_, at) => `~${padded.slice(at, at + groupSize)}`);
}
