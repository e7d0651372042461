import type { Log } from '../../core/log.ts';
import type { DurableBackend } from '../../durable/backend.ts';
import type { Approval, ApprovalStatus } from './approval-rows.ts';

/** Carries the owner's answers, and that a question has expired, to the runs that wait for them, and takes up those whose process is gone. */
export interface Answers {
  /** Within the transaction that records the answer. */
  given(approval: Approval): void;
  /** Resolves when every run that was taken up here has been looked at. */
  carried(): Promise<void>;
}

const signals: Partial<Record<ApprovalStatus, string>> = { approved: 'approve', expired: 'expired' };

export function createAnswers({ backend, log }: { backend: DurableBackend; log: Log }): Answers {
  const pending = new Set<Promise<unknown>>();
  const track = (work: Promise<unknown>): void => {
    const tracked = work.catch((error: unknown) => log.error('answer_not_carried', { error })).finally(() => pending.delete(tracked));
    pending.add(tracked);
  };
  return {
    given: ({ id, runId, status }) => {
      if (runId === undefined) return;
      track(backend.signal(runId, `approval:${id}`, signals[status] ?? 'deny'));
      // Adopting is another transaction, after this one.
      track(new Promise((resolve) => setImmediate(resolve)).then(() => backend.adopt(runId)));
    },
    carried: async () => {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}
