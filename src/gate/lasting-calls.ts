import { ToolError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Caller } from '../core/tool.ts';
import { RunEnd, type DurableBackend, type RunContext } from '../durable/backend.ts';
import type { CallResult, Gate } from './gate-types.ts';
import { scopeOf, type Taints } from './taint.ts';

export const lastingKind = 'call';

/** A call that is under way. */
export interface LastingCall {
  caller: Caller;
  tool: string;
  input: unknown;
  /** What it has read, the run has read. */
  session: string | undefined;
  work: Promise<CallResult>;
  cancel: (reason: unknown) => void;
}

/** Calls that outlast the patience of whoever made them. */
export interface LastingCalls {
  /**
   * Makes a run of the call, of one step, so that run_wait tells how it ends and run_stop ends it. Returns the run's id.
   * Throws `unavailable` where too many go on already.
   */
  hold(call: LastingCall): Promise<string>;
}

interface LastingParts {
  gate: Gate;
  /** Not open yet. */
  backend: DurableBackend;
  taints: Pick<Taints, 'of' | 'inherit'>;
}

const stepId = 'call';
const mostAtOnce = 64;
/** A run of this process begins at once. */
const takingMs = 1_000;

/** The work is in this process's hands; where that ends, the step is unknown, as after any crash. */
export function createLastingCalls({ gate, backend, taints }: LastingParts): LastingCalls {
  let going = 0;
  const held = new Map<string, LastingCall & { taken: () => void }>();

  backend.register(lastingKind, async (run) => {
    const { caller, tool, input } = run.input as Pick<LastingCall, 'caller' | 'tool' | 'input'>;
    const { output, callId, summary } = await run.step<CallResult>({ id: stepId, tool, input, idempotent: false }, ({ signal }) =>
      outcome(run, signal),
    );
    const evidence = await gate.verify(caller, { tool, input, output, callId }, { signal: run.signal });
    const status = evidence.every((probe) => probe.ok) ? 'done' : 'unverified';
    run.settle(stepId, { status, evidence });
    return new RunEnd(status, { summary: summary ?? `${tool} has ended: ${callId}`, callId, output });
  });

  async function outcome(run: RunContext, signal: AbortSignal): Promise<CallResult> {
    const call = held.get(run.id);
    if (!call) throw lost();
    held.delete(run.id);
    call.taken();
    const cancel = (): void => call.cancel(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    going += 1;
    try {
      return await call.work;
    } catch (error) {
      // Of a call that was cut off nobody knows how far it came.
      throw error instanceof ToolError && error.code === 'cancelled' ? lost() : error;
    } finally {
      going -= 1;
      signal.removeEventListener('abort', cancel);
    }
  }

  async function ended(id: string): Promise<void> {
    await backend.wait(id, { timeoutMs: takingMs });
  }

  return {
    hold: async (call) => {
      if (going >= mostAtOnce)
        throw new ToolError('unavailable', `${mostAtOnce} calls go on as runs already.`, { hint: 'Wait for one of them, or stop it.' });
      const { caller, tool, input, session } = call;
      const id = newId('run');
      const { promise: isTaken, resolve: taken } = Promise.withResolvers<void>();
      held.set(id, { ...call, taken });
      try {
        taints.inherit(id, taints.of(scopeOf(caller, { session })));
        await backend.start({ id, kind: lastingKind, input: { caller, tool, input }, caller: caller.kind });
        await Promise.race([isTaken, ended(id)]);
        // Stopped before it had begun.
        if (held.has(id)) call.cancel(lost());
        return id;
      } finally {
        held.delete(id);
      }
    },
  };
}

const lost = (): ToolError =>
  new ToolError('unknown_outcome', 'The call was cut off; what it has done is not known.', {
    hint: 'Look at the result by another way before repeating it.',
  });
