import { words } from '../core/query-terms.ts';
import { hashed } from './wording.ts';

/**
 * What a short sentence says, hashed without its grammar. Sentences of one gist say the same ("Anna can speak Spanish"), unless word
 * order makes the difference, which vectors have to tell. Sentences of one topic but different gist contradict each other.
 */
export interface Gist {
  gist: string;
  /** The gist without yes and no, and with opposites made one: "the door is closed" and "the door is not open" are about one thing. */
  topic: string;
}

/** Grammar. Words of number and time ("all", "was") are not among them: they change what is said. */
const light = new Set(
  `the a an of in on at for to by that which you we our i my it its he she his her they their there this is are be am do does did
   can please also has have as user`.split(/\s+/),
);
/** "t" is what is left of "isn't". */
const negations = new Set(['not', 'no', 'never', 't', 'cannot', 'neither']);
/** Verbs that people use for one another where they note something down. */
const alike = ['like prefer want enjoy love', 'keep store save', 'end expire', 'live reside', 'use utilise utilize', 'buy purchase'];
/** Of each pair only one is true of a thing at a time; of the second list only where someone says what is liked. */
const states =
  'open closed, on off, enabled disabled, active inactive, online offline, allowed forbidden, works broken, likes dislikes, likes hates';
const tastes = 'dark light, short long, brief detailed, formal informal, metric imperial, tabs spaces, early late, morning evening';

const pairsIn = (list: string): [string, string][] =>
  list.split(', ').flatMap((pair) => {
    const [one, other] = pair.split(' ').map(stemmed) as [string, string];
    return [
      [one, one],
      [other, one],
    ] as [string, string][];
  });
const folded = new Map(alike.flatMap((group) => group.split(' ').map((word) => [stemmed(word), stemmed(group.split(' ')[0]!)])));
const stateAxes = new Map(pairsIn(states));
const tasteAxes = new Map([...stateAxes, ...pairsIn(tastes)]);

/** Undefined for what is too long or too short to be one statement, and for questions. */
export function gistOf(text: string): Gist | undefined {
  const sentence = text.trim();
  if (sentence.length > 240 || /\?$|[.!;:]\s+\S/.test(sentence)) return undefined;
  const said = saidIn(sentence);
  const told = said.filter((word) => !negations.has(word));
  if (told.length < 2) return undefined;
  const order = orderOf(sentence);
  // An opposite at the front belongs to the name of the thing: "the dark room".
  const axes = told.includes(stemmed('like')) ? tasteAxes : stateAxes;
  const about = told.map((word, place) => (place > 0 ? (axes.get(word) ?? word) : word));
  return { gist: hashed(`${sorted(said)}|${order}`), topic: hashed(`${sorted(about)}|${order}`) };
}

/** Whether two sentences of one gist have its words in the same order, but for a part that moved from one end to the other. */
export function inSameOrder(one: string, other: string): boolean {
  const [first, second] = [saidIn(one).join(' '), saidIn(other).join(' ')];
  return first.length === second.length && `${first} ${first}`.includes(second);
}

const saidIn = (sentence: string): string[] =>
  words(sentence)
    .filter((word) => !light.has(word))
    .map((word) => folded.get(stemmed(word)) ?? stemmed(word));

const sorted = (list: string[]): string => list.toSorted().join(' ');

/** Names and numbers as they follow each other: "Anna manages Berta" is not "Berta manages Anna". The first word may be a name or not. */
const orderOf = (sentence: string): string =>
  (sentence.match(/(?<=\s)\p{Lu}[\p{L}\p{N}]+|^\p{Lu}{2}[\p{L}\p{N}]*|\d[\d.:/-]*/gu) ?? []).join(' ').toLowerCase();

/** The beginning that forms of a word share, as far as English endings show it. */
function stemmed(word: string): string {
  if (word.length < 3) return word;
  return word
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?<=\w\w)(?:ings?|edly|ed|es|s|e|ly)$/, '')
    .replace(/(?<=\w)([^aeious])\1$/, '$1')
    .replace(/(?<=[^aeiou])y$/, 'i');
}
