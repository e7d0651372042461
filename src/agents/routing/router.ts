import { logSoftmax } from './classifier.ts';
import { createMeaning, type MeaningEvidence, type MeaningParts } from './meaning.ts';
import type { Route } from './route.ts';
import { learnWords, type WordsEvidence } from './words.ts';

export interface Match {
  name: string;
  /** 0 to 1: how sure it is that this is what was asked for. */
  score: number;
  /** Its share of what speaks for any route: the natural logarithm of it, 0 at most. */
  odds: number;
}

export interface Ranking {
  /** All routes, best first. */
  matches: Match[];
  /** 0 to 1: how sure it is that anything that can be asked for was. */
  familiarity: number;
}

/** Finds which route serves a sentence, by its words and, where there is a model for it, by its meaning. Knows nothing of what routes do. */
export interface Router {
  /** One for each sentence. Learns from the routes with the first of them. */
  rank(sentences: string[], signal?: AbortSignal): Promise<Ranking[]>;
}

/** Words alone that are so sure are right 99 times in 100 on the development set; the model, which costs time and memory, is not asked then. */
const clear = 0.75;

export function createRouter(routes: Route[], parts?: MeaningParts): Router {
  let words: ReturnType<typeof learnWords> | undefined;
  const meaning = parts && createMeaning(routes, parts);
  return {
    rank: async (sentences, signal) => {
      words ??= learnWords(routes);
      const judge = await words;
      const said = sentences.map((sentence) => ({ sentence, words: judge(sentence) }));
      const byWords = said.map((one) => rankingOf(routes, one));
      const doubted = sentences.filter((_sentence, index) => (byWords[index]!.matches[0]?.score ?? 0) < clear);
      const meant = doubted.length > 0 ? await meaning?.of(doubted, signal) : undefined;
      return said.map((one, index) => {
        const meaning = meant?.[doubted.indexOf(one.sentence)];
        return meaning ? rankingOf(routes, { ...one, meaning }) : byWords[index]!;
      });
    },
  };
}

/** How much the parts of the evidence count; chosen by leaving examples out, see docs/routing.md. */
const weights = { words: 0.6, meaning: 0.8, nearness: 10 };

function rankingOf(routes: Route[], { words, meaning }: { words: WordsEvidence; meaning?: MeaningEvidence }): Ranking {
  const evidence = words.odds.map((odds, index) =>
    meaning ? weights.words * odds + weights.meaning * meaning.odds[index]! + weights.nearness * meaning.nearness[index]! : odds,
  );
  const shares = logSoftmax(evidence);
  const order = Array.from(routes.keys()).toSorted((a, b) => evidence[b]! - evidence[a]! || (routes[a]!.name < routes[b]!.name ? -1 : 1));
  const [best] = order;
  if (best === undefined) return { matches: [], familiarity: 0 };
  const familiarity = familiarityOf({ odds: words.odds[best]!, knownShare: words.knownShare, nearness: meaning?.nearness[best] });
  const scoreOf = (index: number): number => Math.round(familiarity * Math.exp(shares[index]!) * 1_000) / 1_000;
  return { matches: order.map((index) => ({ name: routes[index]!.name, score: scoreOf(index), odds: shares[index]! })), familiarity };
}

/**
 * How likely a sentence is one that any route serves, by what speaks for the best of them. With the model near a logistic regression on
 * examples left out of learning, against sentences of other people's tools; without it set by hand. See docs/routing.md.
 */
function familiarityOf({ odds, knownShare, nearness }: { odds: number; knownShare: number; nearness: number | undefined }): number {
  const logit = nearness === undefined ? 0.9 * odds + 6 * knownShare - 2 : 22 * nearness + 0.7 * odds - 6.1;
  return 1 / (1 + Math.exp(-logit));
}
