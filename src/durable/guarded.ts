import type { Log } from '../core/log.ts';

/** For work that nobody awaits: a full disk or a busy database must not end the process. It is tried again later. */
export function guarded(log: Log, work: () => void): void {
  try {
    work();
  } catch (error) {
    log.error('journal_work_failed', { error });
  }
}
