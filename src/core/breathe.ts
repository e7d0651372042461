import { setImmediate as nextTurn } from 'node:timers/promises';

/** Goes through many items without holding up the process: after every `each` of them others have their turn. */
export async function* breathing<T>(items: Iterable<T>, each = 2_000): AsyncGenerator<T> {
  let count = 0;
  for (const item of items) {
    yield item;
    count += 1;
    if (count % each === 0) await nextTurn();
  }
}
