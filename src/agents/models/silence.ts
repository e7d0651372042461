import { ModelFailure } from './model-types.ts';

/** Ends a request whose model says nothing for too long, before its first word or in the middle of its reply. */
export interface Silence {
  /** Aborted by the caller's own signal, or with ModelFailure `slow`. */
  signal: AbortSignal;
  /** Something came. */
  heard(): void;
  end(): void;
}

export function watchSilence(signal: AbortSignal, timeoutMs: number): Silence {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new ModelFailure('slow')), timeoutMs).unref();
  return { signal: AbortSignal.any([signal, late.signal]), heard: () => void timer.refresh(), end: () => clearTimeout(timer) };
}
