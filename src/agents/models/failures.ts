import { ModelFailure, type FailureKind } from './model-types.ts';

interface SdkError extends Error {
  status?: number;
  headers?: Headers;
}

/** What the errors of both SDKs mean. An abort is passed on as it is: it is no failure of the model. */
export function failureOf(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ModelFailure || !(error instanceof Error)) return error;
  const { status, headers } = error as SdkError;
  if (status !== undefined) return new ModelFailure(kindOf(status), { status, retryAfterMs: retryAfterMs(headers), cause: error });
  if (/ConnectionTimeout/.test(error.constructor.name)) return new ModelFailure('slow', { cause: error });
  if (/Connection/.test(error.constructor.name)) return new ModelFailure('unreachable', { cause: error });
  return new ModelFailure(error instanceof SyntaxError ? 'malformed' : 'cut', { cause: error });
}

function kindOf(status: number): FailureKind {
  if (status === 429) return 'rate_limited';
  if (status === 401 || status === 402 || status === 403) return 'unauthorized';
  if (status === 408 || status >= 500) return 'overloaded';
  return 'rejected';
}

/** RFC 9110 §10.2.3: seconds or a date; `retry-after-ms` is the providers' own. */
export function retryAfterMs(headers: Pick<Headers, 'get'> | undefined, now = Date.now()): number | undefined {
  const exact = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const text = headers?.get('retry-after');
  if (!text) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
