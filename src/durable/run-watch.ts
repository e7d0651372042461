import type { Clock } from '../core/clock.ts';
import type { RunRecord } from './backend.ts';

/** Wakes whoever waits for a run to change. */
export interface RunWatch {
  changed(id: string): void;
  /** Another process has written something. */
  changedElsewhere(): void;
  /** Calls `read` at each change until `isEnough` holds, at the deadline, or when the watch closes. */
  until(id: string, options: WatchOptions): Promise<RunRecord>;
  close(): void;
}

interface WatchOptions {
  read: () => RunRecord;
  isEnough: (run: RunRecord) => boolean;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** One for all: nobody sees it, and to make one with its stack takes longer than to wait. */
const left = new Error('no longer waited for');

export function createRunWatch({ clock }: { clock: Clock }): RunWatch {
  const waiting = new Map<string, Set<() => void>>();
  let isClosed = false;

  const changed = (id: string): void => {
    const wakes = waiting.get(id);
    if (!wakes) return;
    waiting.delete(id);
    for (const wake of wakes) wake();
  };
  const changedElsewhere = (): void => {
    for (const id of waiting.keys()) changed(id);
  };
  const next = (id: string): Promise<void> =>
    new Promise((resolve) => {
      const wakes = waiting.get(id) ?? new Set();
      waiting.set(id, wakes.add(resolve));
    });

  const until: RunWatch['until'] = async (id, { read, isEnough, timeoutMs, signal }) => {
    signal?.throwIfAborted();
    const cancel = new AbortController();
    let isOver = false;
    const leave = (): void => cancel.abort(left);
    signal?.addEventListener('abort', leave, { once: true });
    const over = clock.sleep(timeoutMs, cancel.signal).then(
      () => void (isOver = true),
      () => {},
    );
    try {
      for (;;) {
        const run = read();
        if (isEnough(run) || isOver || isClosed) return run;
        await Promise.race([next(id), over]);
        signal?.throwIfAborted();
      }
    } finally {
      signal?.removeEventListener('abort', leave);
      leave();
    }
  };
  return {
    changed,
    changedElsewhere,
    until,
    close: () => {
      isClosed = true;
      changedElsewhere();
    },
  };
}
