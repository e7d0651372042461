import type { Row } from './memory-rows.ts';
import { momentOf } from './memory-rows.ts';
import { dateWords } from './moments.ts';
import { queryTerms, words } from '../core/query-terms.ts';

/** The share of a sentence's words that its sources must have; names and numbers must all be there. */
const leastShared = 0.6;
const negation = /\b(?:not|no|never|nobody|nothing|none|cannot|without)\b|n['’]t\b/i;
/** How someone without a name is spoken of. */
const anyone = ['user', 'owner', 'speaker'];

/** How summaries begin sentences. */
const openers =
  'both later finally overall discussed talked topics main key first next meanwhile another conversation speakers participants'.split(' ');

/**
 * Whether a sentence says nothing that its sources do not, as far as words can tell: every name and number in it is theirs, most of
 * its other words are, and it denies only what they deny. Forms of a word count as the word.
 */
export function isBorneOut(sentence: string, sources: Row[]): boolean {
  const terms = queryTerms(sentence);
  const shared = terms.filter(heardIn(sources)).length;
  if (shared === 0 || shared / terms.length < leastShared || !namesTheirs(sentence, sources)) return false;
  return denies(sentence) === denies(nearestSentence(terms, sources));
}

/** Whether each name and number in a sentence is of its sources, or a day beside them. */
export function namesTheirs(sentence: string, sources: Row[]): boolean {
  const named = sentence.match(/(?<![\p{L}\p{N}])(?:\p{Lu}[\p{L}\p{N}]*|\p{N}[\p{L}\p{N}]*)/gu) ?? [];
  const isHeard = heardIn(sources);
  return named.flatMap(words).every((name) => isGrammar(name) || openers.includes(name) || isHeard(name));
}

function heardIn(sources: Row[]): (word: string) => boolean {
  const days = (turn: Row): string[] => [-dayMs, 0, dayMs].map((away) => dateWords(momentOf(turn) + away));
  const heard = [...new Set(sources.flatMap((turn) => words([turn.text, turn.subject, ...days(turn)].join(' '))).concat(anyone))];
  return (word) => heard.some((other) => haveOneStem(word, other));
}

const dayMs = 86_400_000;
const denies = (text: string): boolean => negation.test(text);
// `queryTerms` leaves a stop word only where there is nothing else.
const isGrammar = (word: string): boolean => queryTerms(`${word} x`)[0] !== word;

/** "uses" and "use", "allergy" and "allergic": a shared beginning, as a person would see it. Numbers have to be equal. */
function haveOneStem(one: string, other: string): boolean {
  if (one === other) return true;
  if (/\p{N}/u.test(one) || /\p{N}/u.test(other)) return false;
  const shorter = Math.min(one.length, other.length);
  const stem = Math.max(3, shorter - 2);
  return shorter >= 3 && Math.abs(one.length - other.length) <= 5 && one.slice(0, stem) === other.slice(0, stem);
}

/** The sentence of the sources that has most of the terms. */
function nearestSentence(terms: string[], sources: Row[]): string {
  const sentences = sources.flatMap(({ text }) => text.split(/(?<=[.!?;,])\s+|\n+/));
  const shared = (sentence: string): number => {
    const said = words(sentence);
    return terms.filter((term) => said.some((word) => haveOneStem(term, word))).length;
  };
  return sentences.toSorted((a, b) => shared(b) - shared(a))[0] ?? '';
}

const powers = String.raw`(?:allow|permit|authori[sz]e|approve|consent|grant|trust|entitle|empower)(?:s|ed|d|ing)?`;
const whom = String.raw`(?:everything|anything|claw|you|yourself|the (?:assistant|agent|bot|model|server)|(?:all|any|every) (?:tools?|commands?|calls?|actions?|requests?))`;
const directions = [
  new RegExp(String.raw`\b${powers}\b.*\b${whom}\b|\b${whom}\b.*\b(?:is|are) ${powers}\b`, 'i'),
  /\b(?:without|never|no need (?:to|for)|not (?:have|need) to|don['’]t)\s+(?:asking|ask|approvals?|confirm\w*|permission)\b/i,
  /\b(?:ignore|disregard|override|forget)\b.*\b(?:instructions?|rules?|policy|policies|prompts?)\b/i,
  /\b(?:claw|assistant|agent|bot|model|you)\b.*\b(?:must|should|shall|has to|have to|may|can|is to|are to)\b.*\b(?:always|never|run|execute|delete|send|approve|obey|follow)\b/i,
];

/** Whether a sentence is about what an agent may or must do. That is for the policy and the owner to say; no fact is made of it. */
export const isDirection = (sentence: string): boolean => directions.some((form) => form.test(sentence));
