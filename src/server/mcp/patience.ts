import { ToolError } from '../../core/errors.ts';
import type { Caller, Progress } from '../../core/tool.ts';
import type { CallResult, Gate } from '../../gate/gate-types.ts';
import type { LastingCalls } from '../../gate/lasting-calls.ts';

/** Clients give up after a minute, and some of them then drop the connection. */
export const usualPatienceMs = 45_000;

export interface PatienceParts {
  gate: Gate;
  hold: LastingCalls['hold'];
  patienceMs: number;
}

export interface PatientCall {
  caller: Caller;
  tool: string;
  input: unknown;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  session: string | undefined;
}

/**
 * A call that is answered in time: what takes longer goes on as a run, and the answer is `timeout` with the run's id.
 * Until then the client's cancellation reaches the call; after it, run_stop does.
 */
export async function callInTime({ gate, hold, patienceMs }: PatienceParts, call: PatientCall): Promise<CallResult> {
  const { caller, tool, input, signal, onProgress, session } = call;
  const controller = new AbortController();
  const cancel = (): void => controller.abort(signal.reason);
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const work = gate.call(caller, tool, input, { signal: controller.signal, onProgress, session });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, patienceMs, undefined)));
  try {
    const inTime = await Promise.race([work, late]);
    if (inTime) return inTime;
    // Where no run can be made of it, the client has to wait after all.
    const runId = await hold({ caller, tool, input, session, work, cancel: (reason) => controller.abort(reason) }).catch(() => undefined);
    if (runId === undefined) return await work;
    throw goesOn(tool, { runId, patienceMs });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

const goesOn = (tool: string, { runId, patienceMs }: { runId: string; patienceMs: number }): ToolError =>
  new ToolError('timeout', `${tool} has not ended within ${patienceMs / 1_000} s; it goes on as ${runId}.`, {
    hint: `Do not repeat it. run_wait {"id":"${runId}"} waits for its outcome, run_show shows it, run_stop ends it.`,
    runId,
  });
