import { setTimeout as pause } from 'node:timers/promises';
import { ToolError } from '../../core/errors.ts';
import { ModelFailure, type FailureKind, type Model, type ModelReply, type ModelRequest } from './model-types.ts';

/** One try at one model: for the record, and for whoever wonders why another one answered. */
export interface Attempt {
  model: string;
  /** `ok`, or why not. */
  outcome: 'ok' | FailureKind;
  status?: number;
  /** Ms that were waited before the next try. */
  waitedMs?: number;
}

export interface ChainOptions {
  models: Model[];
  /** Before every try; throws where the budget does not allow it. What it gives is told how the try ended. */
  admit: (model: Model, request: ModelRequest) => (end: ModelReply | ModelFailure) => void;
  /** Between 0 and 1, for the jitter. */
  random?: () => number;
}

const triesEach = 3;
const firstWaitMs = 500;
/** Longer than this is not waited for: the next model is asked. */
const longestWaitMs = 20_000;
/** Failures that the same request may not meet again. */
const passing = new Set<FailureKind>(['rate_limited', 'overloaded', 'unreachable', 'slow', 'cut', 'malformed']);

/**
 * The first model's reply, or that of the next where it fails: after 429, 5xx and broken connections with up to three tries,
 * backoff and `retry-after`; after 401, 402, 403 and 400 at once, since the same request would fail in the same way.
 * Throws `unavailable` where none replies.
 */
export async function replyOfChain(
  request: ModelRequest,
  { models, admit, random = Math.random }: ChainOptions,
): Promise<{ reply: ModelReply; model: string; attempts: Attempt[] }> {
  const attempts: Attempt[] = [];
  for (const model of models) {
    for (let tries = 1; tries <= triesEach; tries += 1) {
      const settle = admit(model, request);
      const result = await model.reply(request).catch(failureOnly);
      settle(result);
      if (!(result instanceof ModelFailure)) {
        attempts.push({ model: model.id, outcome: 'ok' });
        return { reply: result, model: model.id, attempts };
      }
      const { kind, status } = result;
      const attempt: Attempt = { model: model.id, outcome: kind, ...(status !== undefined && { status }) };
      attempts.push(attempt);
      const waitMs = result.retryAfterMs ?? firstWaitMs * 2 ** (tries - 1) * (0.5 + random());
      // Time is lost already: another may be quicker, and only the last one is given a second chance.
      const isLate = kind === 'slow' && model !== models.at(-1);
      if (isLate || !passing.has(kind) || waitMs > longestWaitMs || tries === triesEach) break;
      attempt.waitedMs = Math.round(waitMs);
      await pause(waitMs, undefined, { signal: request.signal });
    }
  }
  throw noReply(attempts);
}

function failureOnly(error: unknown): ModelFailure {
  if (error instanceof ModelFailure) return error;
  throw error;
}

const told: Record<FailureKind, string> = {
  rate_limited: 'has had too many requests',
  overloaded: 'is overloaded or broken',
  unreachable: 'cannot be reached',
  slow: 'is too slow',
  cut: 'stopped in the middle of its reply',
  malformed: 'gave no reply that can be read',
  unauthorized: 'does not accept the key, or it may not spend more',
  rejected: 'does not know this model, or refuses the request',
};

function noReply(attempts: Attempt[]): ToolError {
  const last = [...new Map(attempts.map((attempt) => [attempt.model, attempt])).values()];
  const reasons = last.map(
    ({ model, outcome, status }) => `${model} ${told[outcome as FailureKind]}${status === undefined ? '' : ` (HTTP ${status})`}`,
  );
  return new ToolError('unavailable', `No model has replied: ${reasons.join('; ')}.`, {
    hint: 'claw doctor looks at each; CLAW_MODEL names them, in the order they are asked.',
  });
}
