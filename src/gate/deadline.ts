import { ToolError } from '../core/errors.ts';

export interface DeadlineOptions {
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** A second one, which ends calls whoever makes them. */
  stop?: AbortSignal | undefined;
  /** How long `work` may take to clean up once it was told to end. */
  graceMs?: number;
}

/**
 * Runs `work` with a signal that is aborted at the deadline or with the caller's. Throws `timeout` or
 * `cancelled` once `work` has ended, `unknown_outcome` where it does not end in time.
 */
export async function withDeadline<T>(work: (signal: AbortSignal) => Promise<T> | T, options: DeadlineOptions): Promise<T> {
  const { timeoutMs, graceMs = 3_000 } = options;
  const outer = [options.stop, options.signal].filter((signal) => signal !== undefined);
  const aborted = outer.find((signal) => signal.aborted);
  if (aborted) throw reasonOf(aborted);
  const controller = new AbortController();
  const stop = (reason: ToolError): void => controller.abort(reason);
  const cancel = (event: Event): void => stop(reasonOf(event.target as AbortSignal));
  for (const signal of outer) signal.addEventListener('abort', cancel, { once: true });
  const timer = setTimeout(() => stop(tooLong(timeoutMs)), timeoutMs);
  let graceTimer: NodeJS.Timeout | undefined;
  const deaf = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => {
      graceTimer = setTimeout(() => reject(unknown()), graceMs);
    });
  });
  try {
    return await Promise.race([work(controller.signal), deaf]);
  } catch (error) {
    // Whatever an aborted tool throws, the reason it was aborted is the reason it failed.
    const wasCut = controller.signal.aborted && !(error instanceof ToolError);
    throw wasCut ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(graceTimer);
    for (const signal of outer) signal.removeEventListener('abort', cancel);
  }
}

const tooLong = (timeoutMs: number): ToolError =>
  new ToolError('timeout', `It did not finish within ${timeoutMs / 1_000} s and was ended.`, {
    hint: 'Give it more time where the tool has a timeoutMs, or ask for less.',
  });

const unknown = (): ToolError =>
  new ToolError('unknown_outcome', 'It was told to end and did not; what it has done is not known.', {
    hint: 'Look at the result by another way before repeating it.',
  });

function reasonOf(signal: AbortSignal): ToolError {
  if (signal.reason instanceof ToolError) return signal.reason;
  return new ToolError('cancelled', 'The call was cancelled.', { hint: 'Make it again when it is wanted.' });
}
