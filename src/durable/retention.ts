import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';

/** Removes at most `most` of what has ended before a moment (ms since 1970), in a transaction of its own; says how many it was. */
export type Forget = (before: number, most: number) => number | Promise<number>;

interface RetentionParts {
  clock: Clock;
  log: Log;
  isLeader: () => boolean;
  keepMs: number;
  /** Loaded when there is first something to look for. */
  forget: () => Promise<Forget[]>;
}

const lookEveryMs = 3_600_000;
const atOnce = 100;

/** What is over goes when it is old enough, an hour later at most. The process that holds the lease sees to it. Returns how to end that. */
export function watchRetention(parts: RetentionParts): () => void {
  const ending = new AbortController();
  void watch(parts, ending.signal).catch(() => {});
  return () => ending.abort();
}

async function watch({ clock, log, isLeader, keepMs, forget }: RetentionParts, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(lookEveryMs, signal);
    if (!isLeader()) continue;
    const before = clock.now() - keepMs;
    for (const one of await forget()) await all(one, before, signal).catch((error: unknown) => log.error('old_not_forgotten', { error }));
  }
}

/** In small pieces, and between them whatever else waits for the database. */
async function all(forget: Forget, before: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await forget(before, atOnce)) > 0) await new Promise(setImmediate);
}
