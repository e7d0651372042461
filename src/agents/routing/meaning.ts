import { unit, type Embedder } from '../../core/embedder.ts';
import { emptyPhrasebook, type Phrasebook } from '../../core/phrasebook.ts';
import { learn, type Classifier, type Lesson } from './classifier.ts';
import type { Route } from './route.ts';
import { inSlices } from './slices.ts';

/** What the meaning of a sentence says, for all routes in their order. */
export interface MeaningEvidence {
  /** Logarithms of the probabilities. */
  odds: Float32Array;
  /** Cosines: half to the middle of what asks for the route, half to the nearest three of it. */
  nearness: Float32Array;
}

export interface Meaning {
  /**
   * One for each sentence. Undefined where no model can be had or the answer would take longer than is bearable: the vectors of
   * the routes are computed with the first question, as far as the phrasebook does not have them, and a later one has them.
   */
  of(sentences: string[], signal?: AbortSignal): Promise<MeaningEvidence[] | undefined>;
}

export interface MeaningParts {
  embedder: () => Promise<Embedder | undefined>;
  phrasebook?: Phrasebook;
  patienceMs?: number;
}

const training = { rounds: 3, step: 2, sharpness: 15 };

/** Each route is what it says of itself and its examples, as vectors. The model is loaded with the first question, not before. */
export function createMeaning(routes: Route[], { embedder, phrasebook = emptyPhrasebook, patienceMs = 3_000 }: MeaningParts): Meaning {
  let judge: Promise<Judge | undefined> | undefined;
  const learnt = async (): Promise<Judge | undefined> => {
    const model = await embedder();
    return model && learnMeaning(routes, { model, phrasebook });
  };
  return {
    of: async (sentences, signal) => {
      judge ??= learnt();
      const known = judge;
      // Where it failed, the next question tries again.
      known.catch(() => (judge = undefined));
      const patience = AbortSignal.any([AbortSignal.timeout(patienceMs), ...(signal ? [signal] : [])]);
      const vectors = embedder().then((model) => model?.embed(sentences, patience));
      try {
        const [ask, asked] = await before(patience, Promise.all([known, vectors]));
        return ask && asked?.map(ask);
      } catch {
        return undefined;
      }
    },
  };
}

/** Rejects when the signal comes first. */
function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
  return Promise.race([work, late]);
}

type Judge = (vector: Float32Array) => MeaningEvidence;

async function learnMeaning(routes: Route[], { model, phrasebook }: { model: Embedder; phrasebook: Phrasebook }): Promise<Judge> {
  const texts = routes.map(spokenFor);
  const vectors = await vectorsOf(texts.flat(), { model, phrasebook });
  let next = 0;
  const own = texts.map(({ length }) => vectors.slice(next, (next += length)));
  const places = Uint32Array.from(vectors[0] ?? [], (_, place) => place);
  const middle = meanOf(vectors);
  const pointOf = (vector: Float32Array): Lesson['point'] => ({ places, values: vector.map((value, place) => value - middle[place]!) });
  const lessons = own.flatMap((some, label) => some.map((vector) => ({ point: pointOf(vector), label })));
  const classify: Classifier = await inSlices(learn(lessons, { ...training, classes: routes.length, places: places.length }));
  const nearnessTo = own.map(nearness);
  return (vector) => ({ odds: classify(pointOf(vector)), nearness: Float32Array.from(nearnessTo, (near) => near(vector)) });
}

/** The texts whose vectors stand for a route. */
export const spokenFor = ({ title, description, examples }: Route): string[] => [`${title}. ${description}`, ...examples];

async function vectorsOf(texts: string[], { model, phrasebook }: { model: Embedder; phrasebook: Phrasebook }): Promise<Float32Array[]> {
  const known = phrasebook.fingerprint === model.fingerprint ? phrasebook.vectors : emptyPhrasebook.vectors;
  const missing = [...new Set(texts.filter((text) => !known.has(text)))];
  const computed = missing.length > 0 ? await model.embed(missing) : [];
  const found = new Map(missing.map((text, index) => [text, computed[index]!]));
  return texts.map((text) => known.get(text) ?? found.get(text)!);
}

const nearestCounted = 3;

function nearness(vectors: Float32Array[]): (vector: Float32Array) => number {
  const centre = unit(meanOf(vectors));
  const counted = Math.min(nearestCounted, vectors.length);
  const top = new Float32Array(counted);
  return (vector) => {
    top.fill(-1);
    for (const one of vectors) keepBest(top, dot(one, vector));
    return (dot(centre, vector) + top.reduce((sum, value) => sum + value, 0) / counted) / 2;
  };
}

/** `top` stays sorted, the largest first. */
function keepBest(top: Float32Array, value: number): void {
  let place = top.length - 1;
  if (value <= top[place]!) return;
  for (; place > 0 && top[place - 1]! < value; place -= 1) top[place] = top[place - 1]!;
  top[place] = value;
}

function meanOf(vectors: Float32Array[]): Float32Array {
  const mean = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let place = 0; place < mean.length; place += 1) mean[place]! += vector[place]! / vectors.length;
  return mean;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let place = 0; place < a.length; place += 1) sum += a[place]! * b[place]!;
  return sum;
}
