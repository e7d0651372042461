import type { RunStatus } from '../../durable/backend.ts';
import type { FiringStatus } from './job.ts';

/** How a firing shows that its run is, or has ended, so. */
export const firingStatusOf = (status: RunStatus): FiringStatus => byRun[status];

const byRun: Record<RunStatus, FiringStatus> = {
  queued: 'running',
  running: 'running',
  waiting: 'running',
  done: 'ok',
  unverified: 'failed',
  failed: 'failed',
  declined: 'failed',
  unknown: 'unknown',
  stopped: 'failed',
};
