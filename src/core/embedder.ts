/** How far apart texts are in meaning: each becomes a unit vector, and the dot product of two is their cosine. */
export interface Embedder {
  /** Names model and revision. Vectors of different fingerprints must not be compared. */
  readonly fingerprint: string;
  /** Numbers a vector; undefined until the first answer where only the provider knows. */
  readonly dimensions: number | undefined;
  /**
   * One vector of length 1 for each text, in order; a text's vector does not depend on the others beside it.
   * Throws `unavailable` when the model cannot be had; the caller then does without.
   */
  embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]>;
  close(): void;
}

/** The vector with length 1; a vector of zeros stays what it is. */
export function unit(vector: ArrayLike<number>): Float32Array {
  const result = Float32Array.from(vector);
  let squares = 0;
  for (const value of result) squares += value * value;
  const length = Math.sqrt(squares);
  return length > 0 ? result.map((value) => value / length) : result;
}

/** What several texts mean together. */
export function middle(vectors: Float32Array[]): Float32Array {
  if (vectors.length === 1) return vectors[0]!;
  const sum = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let index = 0; index < sum.length; index += 1) sum[index]! += vector[index] ?? 0;
  return unit(sum);
}

/** Of two vectors of length 1. */
export function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += one[index]! * (other[index] ?? 0);
  return sum;
}
