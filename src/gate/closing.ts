import { ToolError } from '../core/errors.ts';
import type { CallOptions, CallResult, Gate } from './gate-types.ts';

/** How long calls may take to end at the close: a shell gives its children 1.5 s from TERM to KILL. */
const graceMs = 2_000;

/** The reason of every call that the end of this process cuts off; a run that it has begun goes on with the next one. */
export const shuttingDown = new ToolError('cancelled', 'claw is shutting down.', { hint: 'Make the call again once it has started.' });

export interface ClosableGate extends Gate {
  /** Takes no more calls, ends those under way, and waits for their outcomes to be on record, 2 s at most. */
  close(): Promise<void>;
}

/**
 * Calls end before what they need is taken from under them. Those of a run are not counted here: the journal ends its
 * runs itself, and they may go on elsewhere.
 */
export function closableGate(gate: Gate): ClosableGate {
  const running = new Map<AbortController, Promise<CallResult>>();
  let isClosed = false;

  const call: Gate['call'] = async (caller, name, input, options: CallOptions = {}) => {
    if (options.run) return gate.call(caller, name, input, options);
    if (isClosed) throw shuttingDown;
    const controller = new AbortController();
    const { signal: outer } = options;
    const cancel = (): void => controller.abort(outer?.reason);
    if (outer?.aborted) cancel();
    outer?.addEventListener('abort', cancel, { once: true });
    const work = gate.call(caller, name, input, { ...options, signal: controller.signal });
    running.set(controller, work);
    try {
      return await work;
    } finally {
      running.delete(controller);
      outer?.removeEventListener('abort', cancel);
    }
  };

  async function close(): Promise<void> {
    isClosed = true;
    for (const controller of running.keys()) controller.abort(shuttingDown);
    if (running.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => (timer = setTimeout(resolve, graceMs)));
    await Promise.race([Promise.allSettled(running.values()), enough]);
    clearTimeout(timer);
  }

  return { ...gate, call, close };
}
