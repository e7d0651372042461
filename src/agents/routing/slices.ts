import { setImmediate as turn } from 'node:timers/promises';

/** Milliseconds at a stretch: a request that arrives meanwhile hardly notices. */
const sliceMs = 10;

/** Works something long off in slices, so that everything else gets its turn between them. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  let started = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (performance.now() - started < sliceMs) continue;
    await turn();
    started = performance.now();
  }
}
