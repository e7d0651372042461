import type { DurableBackend, RunHandler } from './backend.ts';

interface Late {
  /** Kinds whose handlers are registered in the course of `ready`. Runs of theirs are taken up from the start all the same. */
  kinds: string[];
  /** What every run needs before it begins. */
  ready: () => Promise<unknown>;
}

/** The same journal, whose runs begin once what they need is loaded: a process that has no run need not load it. */
export function lateRuns<Backend extends DurableBackend>(backend: Backend, { kinds, ready }: Late): Backend {
  const handlers = new Map<string, RunHandler>();
  let isOpen = false;
  const announce = (kind: string): void =>
    backend.register(kind, async (run) => {
      await ready();
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
