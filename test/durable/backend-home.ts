import type { Clock } from '../../src/core/clock.ts';
import type { DurableBackend } from '../../src/durable/backend.ts';

export type Connect = (where: string, options?: { clock?: Clock; onWorkerLost?: (id: string) => void }) => Connection;

export interface Connection {
  /** Not yet open. */
  backend: DurableBackend;
  disconnect: () => void | Promise<void>;
}

/** One journal that several processes share, and how to reach it: what a backend brings to its suites. */
export interface Home {
  where: string;
  /** Exports `connect`, for the suites' child processes. */
  module: string;
  connect: Connect;
  remove(): void | Promise<void>;
}
