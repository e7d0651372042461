import { learn, type Classifier } from './classifier.ts';
import type { Route } from './route.ts';
import { inSlices } from './slices.ts';
import { createTermSpace } from './term-space.ts';

/** What the words of a sentence say. */
export interface WordsEvidence {
  /** Logarithms of the probabilities of all routes, in their order. */
  odds: Float32Array;
  /** 0 to 1: how much of the sentence any route has words for. */
  knownShare: number;
}

const training = { rounds: 3, step: 4, sharpness: 20 };

/** Learns which words and letters speak for which route, from its name, title, description and examples. */
export async function learnWords(routes: Route[]): Promise<(sentence: string) => WordsEvidence> {
  const lessons = routes.flatMap((route, label) => [introductionOf(route), ...route.examples].map((text) => ({ text, label })));
  const space = createTermSpace(lessons.map(({ text }) => text));
  const points = lessons.map(({ text, label }) => ({ point: space.pointOf(text), label }));
  const classify: Classifier = await inSlices(learn(points, { ...training, classes: routes.length, places: space.places }));
  return (sentence) => ({ odds: classify(space.pointOf(sentence)), knownShare: space.knownShare(sentence) });
}

const introductionOf = ({ name, title, description }: Route): string =>
  [name.replaceAll('_', ' '), title, description].filter(Boolean).join('. ');
