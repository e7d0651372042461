import { featuresOf } from './features.ts';

/** Something that can be asked for. */
export interface Route {
  name: string;
  title: string;
  description: string;
  examples: string[];
}

export interface Match {
  name: string;
  /** 0 to 1: how sure it is that this is what was asked for. */
  score: number;
}

/** Finds which tools serve a sentence. Knows words, not what tools do. */
export interface Router {
  /** Best first. */
  search(sentence: string, limit: number): Match[];
}

type Vector = Map<string, number>;

/** How the parts of the score are mixed; chosen on public routing data, see bench/routing.ts. */
const weights = { centroid: 0.6, nearest: 0.4 };
const fieldWeights = { name: 1.5, title: 1, description: 0.7 };

/**
 * TF-IDF over the example sentences (Salton & Buckley 1988): each tool is the mean of its examples (Rocchio), and its
 * nearest examples speak for it as well, so that a tool asked for in several ways keeps each of them.
 */
export function createRouter(routes: Route[]): Router {
  const documents = routes.flatMap((route) =>
    sentencesOf(route).map(({ text, weight }) => ({ route: route.name, weight, features: featuresOf(text) })),
  );
  const idf = inverseFrequency(documents.map(({ features }) => features));
  const vectors = documents.map(({ route, weight, features }) => ({ route, weight, vector: unit(weighted(features, idf)) }));
  const centroids = new Map(routes.map(({ name }) => [name, centroidOf(vectors.filter(({ route }) => route === name))]));
  const examples = invert(vectors.map(({ vector }) => vector));
  const means = invert([...centroids.values()]);
  const names = [...centroids.keys()];

  return {
    search: (sentence, limit) => {
      const query = unit(weighted(featuresOf(sentence), idf));
      const near = new Map<string, number[]>();
      for (const [index, similarity] of examples(query)) {
        const { route } = vectors[index]!;
        near.set(route, [...(near.get(route) ?? []), similarity]);
      }
      const centroid = means(query);
      const matches = names.map((name, index) => ({
        name,
        score: weights.centroid * (centroid.get(index) ?? 0) + weights.nearest * topMean(near.get(name) ?? []),
      }));
      return matches
        .filter(({ score }) => score > 0)
        .toSorted((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
        .slice(0, limit)
        .map(({ name, score }) => ({ name, score: Math.round(Math.min(1, score) * 1_000) / 1_000 }));
    },
  };
}

function sentencesOf({ name, title, description, examples }: Route): { text: string; weight: number }[] {
  return [
    { text: name.replaceAll('_', ' '), weight: fieldWeights.name },
    { text: title, weight: fieldWeights.title },
    { text: description, weight: fieldWeights.description },
    ...examples.map((text) => ({ text, weight: 1 })),
  ].filter(({ text }) => text !== '');
}

/** A word that no tool knows has no weight: it cannot tell them apart. Whether it was understood is another question. */
function inverseFrequency(documents: Vector[]): (feature: string) => number {
  const counts = new Map<string, number>();
  for (const features of documents) for (const feature of features.keys()) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  return (feature) => {
    const count = counts.get(feature);
    return count === undefined ? 0 : Math.log((documents.length + 1) / (count + 0.5));
  };
}

// A word that is used twice does not mean twice as much.
const weighted = (features: Vector, idf: (feature: string) => number): Vector =>
  new Map([...features].map(([feature, count]) => [feature, Math.sqrt(count) * idf(feature) * (feature.startsWith('~') ? 0.5 : 1)]));

function unit(vector: Vector): Vector {
  let sum = 0;
  for (const value of vector.values()) sum += value * value;
  const length = Math.sqrt(sum) || 1;
  return new Map([...vector].map(([feature, value]) => [feature, value / length]));
}

function centroidOf(members: { weight: number; vector: Vector }[]): Vector {
  const mean: Vector = new Map();
  for (const { weight, vector } of members)
    for (const [feature, value] of vector) mean.set(feature, (mean.get(feature) ?? 0) + weight * value);
  return unit(mean);
}

/** Similarities of a query to every vector that shares a feature with it. */
function invert(vectors: Vector[]): (query: Vector) => Map<number, number> {
  const postings = new Map<string, [number, number][]>();
  for (const [index, vector] of vectors.entries()) {
    for (const [feature, value] of vector) {
      const list = postings.get(feature);
      if (list) list.push([index, value]);
      else postings.set(feature, [[index, value]]);
    }
  }
  return (query) => {
    const found = new Map<number, number>();
    for (const [feature, value] of query)
      for (const [index, other] of postings.get(feature) ?? []) found.set(index, (found.get(index) ?? 0) + value * other);
    return found;
  };
}

const nearestCounted = 3;

function topMean(similarities: number[]): number {
  const best = similarities.toSorted((a, b) => b - a).slice(0, nearestCounted);
  return best.reduce((sum, value) => sum + value, 0) / nearestCounted;
}
