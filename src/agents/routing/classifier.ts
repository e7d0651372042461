/** A point of the space that a classifier learns in: the places that are not zero. */
export interface Point {
  places: ArrayLike<number>;
  values: ArrayLike<number>;
}

export interface Lesson {
  point: Point;
  /** Its class, from 0. */
  label: number;
}

/** Logarithms of the probabilities of all classes. */
export type Classifier = (point: Point) => Float32Array;

export interface Training {
  classes: number;
  /** How many different places there are. */
  places: number;
  /** How often every lesson is looked at. */
  rounds: number;
  /** How far the first lesson goes along the slope; the last goes a tenth of it. */
  step: number;
  /** Above 0: it begins as a classifier by the nearest mean, this sharp, and needs fewer rounds. */
  sharpness?: number;
}

/** An error this small teaches nothing and costs the same as a large one. */
const leastError = 0.003;

/**
 * Multinomial logistic regression, learnt by stochastic gradient descent (Robbins & Monro 1951) in an order that is the same at
 * each start; stopping after some rounds keeps the weights small. Yields after every lesson, so that others may run in between.
 */
export function* learn(lessons: Lesson[], training: Training): Generator<void, Classifier> {
  const { classes, rounds, step } = training;
  const weights = startingWeights(lessons, training);
  const classify = (point: Point): Float32Array => logSoftmax(scoresOf(point, { weights, classes }));
  const last = rounds * lessons.length;
  for (let taken = 0, order: Uint32Array; taken < last; taken += 1) {
    if (taken % lessons.length === 0) order = orderOf(lessons.length, taken);
    const { point, label } = lessons[order![taken % lessons.length]!]!;
    correct({ weights, classes }, { point, errors: errorsOf(classify(point), label), rate: step * (1 - (0.9 * taken) / last) });
    yield;
  }
  return classify;
}

function startingWeights(lessons: Lesson[], { classes, places, sharpness = 0 }: Training): Float32Array {
  const weights = new Float32Array(places * classes);
  if (sharpness === 0) return weights;
  const counts = new Uint32Array(classes);
  for (const { label } of lessons) counts[label]! += 1;
  for (const { point, label } of lessons) {
    const share = sharpness / counts[label]!;
    for (let at = 0; at < point.places.length; at += 1) weights[point.places[at]! * classes + label]! += share * point.values[at]!;
  }
  return weights;
}

/** Four places at a time: each sum is then fetched and put back a quarter as often. */
function scoresOf({ places, values }: Point, { weights, classes }: { weights: Float32Array; classes: number }): Float32Array {
  const scores = new Float32Array(classes);
  const row = (at: number): number => (at < places.length ? places[at]! * classes : 0);
  const by = (at: number): number => (at < places.length ? values[at]! : 0);
  for (let at = 0; at < places.length; at += 4) {
    const [a, b, c, d] = [row(at), row(at + 1), row(at + 2), row(at + 3)] as const;
    const [byA, byB, byC, byD] = [by(at), by(at + 1), by(at + 2), by(at + 3)] as const;
    for (let one = 0; one < classes; one += 1)
      scores[one]! += byA * weights[a + one]! + byB * weights[b + one]! + byC * weights[c + one]! + byD * weights[d + one]!;
  }
  return scores;
}

/** What was believed too much or too little, by class; most of it is next to nothing. */
function errorsOf(believed: Float32Array, label: number): [number, number][] {
  const errors: [number, number][] = [];
  for (let one = 0; one < believed.length; one += 1) {
    const error = Math.exp(believed[one]!) - (one === label ? 1 : 0);
    if (Math.abs(error) > leastError) errors.push([one, error]);
  }
  return errors;
}

function correct(
  { weights, classes }: { weights: Float32Array; classes: number },
  { point, errors, rate }: { point: Point; errors: [number, number][]; rate: number },
): void {
  for (let at = 0; at < point.places.length; at += 1) {
    const start = point.places[at]! * classes;
    const by = rate * point.values[at]!;
    for (const [one, error] of errors) weights[start + one]! -= by * error;
  }
}

export function logSoftmax(scores: Float32Array): Float32Array {
  let highest = -Infinity;
  for (const score of scores) highest = Math.max(highest, score);
  let total = 0;
  for (const score of scores) total += Math.exp(score - highest);
  const shift = highest + Math.log(total);
  return scores.map((score) => score - shift);
}

/** All numbers below `count`, in an order that differs from seed to seed and not from start to start. */
function orderOf(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  let state = seed + 1;
  for (let end = count - 1; end > 0; end -= 1) {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (end + 1);
    [order[end], order[other]] = [order[other]!, order[end]!];
  }
  return order;
}
