import { constants } from 'node:os';

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type EndingSignal = (typeof ending)[number];

/**
 * A terminal sends Ctrl-C to the whole process group, and the launcher, which cannot know, passes its own on: what comes
 * twice within this time was pressed once.
 */
const sameMs = 500;

export interface Signals extends Disposable {
  /** Aborted by the first signal. */
  readonly first: AbortSignal;
  /** Resolves with the first signal. */
  came(): Promise<EndingSignal>;
  received(): EndingSignal | undefined;
}

/** As shells count: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP. */
export const exitCodeOfSignal = (signal: EndingSignal): number => 128 + constants.signals[signal];

/** Takes the signals that ask this process to end, until disposed where none has come: the first is for the caller, another ends it at once. */
export function catchSignals(): Signals {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<EndingSignal>();
  let received: EndingSignal | undefined;
  let lastAt = -Infinity;
  const take = (signal: EndingSignal): void => {
    const isSame = performance.now() - lastAt < sameMs;
    lastAt = performance.now();
    if (received !== undefined) return isSame ? undefined : process.exit(exitCodeOfSignal(signal));
    received = signal;
    controller.abort(new Error(signal));
    resolve(signal);
  };
  for (const signal of ending) process.on(signal, take);
  return {
    first: controller.signal,
    came: () => promise,
    received: () => received,
    [Symbol.dispose]: () => {
      // Once one has come this process is on its way out, and the launcher's copy may still be on its own.
      if (received !== undefined) return;
      for (const signal of ending) process.off(signal, take);
    },
  };
}
