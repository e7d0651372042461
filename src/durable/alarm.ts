import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { guarded } from './guarded.ts';

/** Rings at wall times, with one armed timer for the earliest of them. */
export interface Alarm {
  /** Returns what takes it back. `at` is in ms since 1970. */
  set(at: number, ring: () => void): () => void;
  /** Rings what is due; to be called now and then too, because timers do not see wall time jump. */
  check(): void;
  close(): void;
}

const longestSleepMs = 60_000;

export function createAlarm({ clock, log }: { clock: Clock; log: Log }): Alarm {
  const bells = new Set<{ at: number; ring: () => void }>();
  let armed: { at: number; timer: AbortController } | undefined;

  const arm = (at: number): void => {
    armed?.timer.abort();
    const timer = new AbortController();
    armed = { at, timer };
    const ms = Math.min(Math.max(at - clock.now(), 0), longestSleepMs);
    void clock.sleep(ms, timer.signal).then(
      () => {
        if (armed?.timer === timer) armed = undefined;
        check();
      },
      () => {},
    );
  };
  const check = (): void => {
    const now = clock.now();
    let earliest = Infinity;
    for (const bell of bells) {
      if (bell.at > now) {
        earliest = Math.min(earliest, bell.at);
        continue;
      }
      bells.delete(bell);
      guarded(log, bell.ring);
    }
    if (earliest < (armed?.at ?? Infinity)) arm(earliest);
  };
  return {
    check,
    set: (at, ring) => {
      const bell = { at, ring };
      bells.add(bell);
      if (at < (armed?.at ?? Infinity)) arm(at);
      return () => void bells.delete(bell);
    },
    close: () => {
      bells.clear();
      armed?.timer.abort();
      armed = undefined;
    },
  };
}
