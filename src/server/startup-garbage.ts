import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** When the first requests of whoever started the daemon are likely answered. */
const afterMs = 1_000;

type Collect = (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

/**
 * Gives the memory back that starting up took and no longer needs, once: modules compiled, schemas built, 15 of 60 MB. A
 * daemon that nobody calls allocates so little that V8 would keep it for hours. The pause is about 60 ms.
 */
export function dropStartupGarbage(): Disposable {
  const timer = setTimeout(() => {
    // The only door to the collector from inside; no other code sees it, for it is opened in a context of its own.
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as Collect;
    setFlagsFromString('--no-expose-gc');
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }, afterMs).unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
