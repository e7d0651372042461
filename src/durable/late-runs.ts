import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { DurableBackend, RunContext, RunHandler } from './backend.ts';

interface Late {
  /** Kinds whose handlers are registered in the course of `ready`. Runs of theirs are taken up from the start all the same. */
  kinds: string[];
  /** What every run needs before it begins. Where it fails, the runs wait and ask again: it is no fault of theirs. */
  ready: () => Promise<unknown>;
  clock: Clock;
  log: Log;
}

const firstWaitMs = 500;
const longestWaitMs = 30_000;

/** The same journal, whose runs begin once what they need is loaded: a process that has no run need not load it. */
export function lateRuns<Backend extends DurableBackend>(backend: Backend, { kinds, ready, clock, log }: Late): Backend {
  const handlers = new Map<string, RunHandler>();
  let isOpen = false;
  async function readyFor({ id, signal }: RunContext): Promise<void> {
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      signal.throwIfAborted();
      try {
        return void (await ready());
      } catch (error) {
        log.error('run_cannot_begin', { runId: id, error });
        await clock.sleep(waitMs, signal);
      }
    }
  }
  const announce = (kind: string): void =>
    backend.register(kind, async (run) => {
      await readyFor(run);
      return handlers.get(kind)!(run);
    });
  for (const kind of kinds) announce(kind);
  return {
    ...backend,
    open: (options) => {
      isOpen = true;
      return backend.open(options);
    },
    register: (kind, handler) => {
      handlers.set(kind, handler);
      if (kinds.includes(kind)) return;
      if (isOpen) throw new Error(`Runs of kind ${kind} were not announced: those that a crash cut off would be left lying.`);
      announce(kind);
    },
  };
}
