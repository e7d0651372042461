import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { guarded } from '../../durable/guarded.ts';
import type { Approvals } from './approvals.ts';

const everyMs = 60_000;

export interface ExpiryParts {
  approvals: Pick<Approvals, 'expire'>;
  clock: Clock;
  log: Log;
}

/** Lets questions lapse although nobody looks, so that no run waits for an answer that cannot come. Returns what ends it. */
export function watchExpiry({ approvals, clock, log }: ExpiryParts): () => void {
  const ending = new AbortController();
  const watch = async (): Promise<never> => {
    for (;;) {
      await clock.sleep(everyMs, ending.signal);
      guarded(log, () => approvals.expire());
    }
  };
  watch().catch(() => {});
  return () => ending.abort(new Error('claw is ending'));
}
