import { dimensions, heads } from './model-shape.ts';

const headSize = dimensions / heads;

export interface Norm {
  gain: Float32Array;
  shift: Float32Array;
}

export function addAndNorm(state: Float32Array, change: Float32Array, norm: Norm): void {
  for (let index = 0; index < state.length; index += 1) state[index] = state[index]! + change[index]!;
  normalise(state, norm);
}

/** Layer normalisation (Ba et al. 2016), each row by itself. */
export function normalise(state: Float32Array, { gain, shift }: Norm): void {
  for (let start = 0; start < state.length; start += dimensions) {
    let sum = 0;
    for (let column = 0; column < dimensions; column += 1) sum += state[start + column]!;
    const mean = sum / dimensions;
    let squares = 0;
    for (let column = 0; column < dimensions; column += 1) squares += (state[start + column]! - mean) ** 2;
    const inverse = 1 / Math.sqrt(squares / dimensions + 1e-12);
    for (let column = 0; column < dimensions; column += 1) {
      state[start + column] = (state[start + column]! - mean) * inverse * gain[column]! + shift[column]!;
    }
  }
}

interface Attention {
  query: Float32Array;
  key: Float32Array;
  value: Float32Array;
  mixed: Float32Array;
}

/** Each text attends to itself only: softmax(query · key / √size) over its own rows, head by head. */
export function attend(texts: number[][], { query, key, value, mixed }: Attention): void {
  mixed.fill(0);
  let first = 0;
  for (const { length } of texts) {
    const shares = new Float32Array(length);
    for (let head = 0; head < heads; head += 1) {
      for (let row = 0; row < length; row += 1) {
        const at = (first + row) * dimensions + head * headSize;
        let highest = -Infinity;
        for (let other = 0; other < length; other += 1) {
          const there = (first + other) * dimensions + head * headSize;
          let dot = 0;
          for (let column = 0; column < headSize; column += 1) dot += query[at + column]! * key[there + column]!;
          shares[other] = dot / Math.sqrt(headSize);
          highest = Math.max(highest, shares[other]!);
        }
        let total = 0;
        for (let other = 0; other < length; other += 1) total += shares[other] = Math.exp(shares[other]! - highest);
        for (let other = 0; other < length; other += 1) {
          const there = (first + other) * dimensions + head * headSize;
          const share = shares[other]! / total;
          for (let column = 0; column < headSize; column += 1) mixed[at + column] = mixed[at + column]! + share * value[there + column]!;
        }
      }
    }
    first += length;
  }
}

/** GELU (Hendrycks & Gimpel 2016) between -8 and 8 in steps of 1/256; between two steps a straight line is off by at most 2e-6. */
const steps = 256;
const bound = 8;
const geluTable = Float32Array.from({ length: 2 * bound * steps + 2 }, (_, index) => exactGelu(index / steps - bound));

export function gelu(values: Float32Array): void {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    if (value >= bound) continue;
    const place = (value + bound) * steps;
    const step = place | 0;
    values[index] = value <= -bound ? 0 : geluTable[step]! + (place - step) * (geluTable[step + 1]! - geluTable[step]!);
  }
}

function exactGelu(x: number): number {
  return 0.5 * x * (1 + errorFunction(x / Math.SQRT2));
}

/** erf by its Maclaurin series (DLMF 7.6.1); past 5 it is 1 within 2e-12. */
function errorFunction(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 120; n += 1) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
