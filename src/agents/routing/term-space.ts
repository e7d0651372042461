import type { Point } from './classifier.ts';
import { featuresOf } from './features.ts';

/** The space that sentences lie in, one place for every feature that the sentences it was made of have. */
export interface TermSpace {
  places: number;
  /** Of length 1; what no sentence of the space knows is left out. */
  pointOf(sentence: string): Point;
  /** 0 to 1: how much of a sentence, by weight, the space has places for. */
  knownShare(sentence: string): number;
}

/** TF-IDF (Salton & Buckley 1988): what is in many sentences tells them apart the least. */
export function createTermSpace(sentences: string[]): TermSpace {
  const places = new Map<string, number>();
  const counts: number[] = [];
  for (const sentence of sentences) {
    for (const feature of featuresOf(sentence).keys()) {
      const place = places.get(feature) ?? places.size;
      places.set(feature, place);
      counts[place] = (counts[place] ?? 0) + 1;
    }
  }
  const rarity = (count: number): number => 1 + Math.log((sentences.length + 1) / (count + 1));
  const weights = counts.map(rarity);
  const unknown = rarity(0);
  return {
    places: places.size,
    pointOf: (sentence) => {
      const found: number[] = [];
      const values: number[] = [];
      for (const [feature, count] of featuresOf(sentence)) {
        const place = places.get(feature);
        if (place === undefined) continue;
        found.push(place);
        // A word that is used twice does not mean twice as much.
        values.push(Math.sqrt(count) * weights[place]!);
      }
      const length = Math.hypot(...values) || 1;
      return { places: found, values: values.map((value) => value / length) };
    },
    knownShare: (sentence) => {
      let known = 0;
      let all = 0;
      for (const [feature, count] of featuresOf(sentence)) {
        const place = places.get(feature);
        const weight = count * (place === undefined ? unknown : weights[place]!) ** 2;
        all += weight;
        if (place !== undefined) known += weight;
      }
      return all === 0 ? 0 : known / all;
    },
  };
}
