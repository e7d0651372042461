import type { DurableBackend } from '../../durable/backend.ts';
import { createOutbox, type Message, type OutboxParts } from '../../durable/outbox.ts';
import { createClockwork, cronKind, type ClockworkParts } from './clockwork.ts';
import { createCron, type Cron } from './cron.ts';
import { createFiringRows } from './firing-rows.ts';
import type { FiringParts } from './firing.ts';
import { createJobRows } from './job-rows.ts';

export { cronSchema } from './job-rows.ts';

export interface CronEngineParts extends Omit<ClockworkParts, 'jobs' | 'firings'>, Omit<FiringParts, 'ends'> {
  backend: DurableBackend;
  deliver: OutboxParts['deliver'];
  /** Where logs of firings go. */
  folder: string;
}

/** Jobs at set times: what is due, what becomes of it, and what is said about it. It knows calls, not how they are made. */
export interface CronEngine extends Cron {
  /** Something may be due, or to be delivered: another process may have changed it. */
  notice(): void;
  /** What others want delivered goes the same way as word of a firing. Joins the caller's transaction. */
  send(message: Message): void;
  close(): Promise<void>;
}

export function createCronEngine(parts: CronEngineParts): CronEngine {
  const { db, clock, backend } = parts;
  const jobs = createJobRows({ db, clock });
  const firings = createFiringRows({ db, clock });
  const clockwork = createClockwork({ ...parts, jobs, firings });
  const outbox = createOutbox({ ...parts, isLeader: () => backend.isLeader() });
  const notice = (): void => {
    clockwork.notice();
    outbox.notice();
  };
  backend.onLeadership(notice);
  // What carries a firing out is loaded with the first: most processes see none.
  backend.register(cronKind, async (run) => {
    const [{ firingHandler }, { createFiringEnds }] = await Promise.all([import('./firing.ts'), import('./firing-end.ts')]);
    const ends = createFiringEnds({ ...parts, jobs, firings, outbox, onEnd: notice });
    return firingHandler({ ...parts, ends })(run);
  });
  const cron = createCron({ ...parts, jobs, firings, outbox, clockwork });
  const close = async (): Promise<void> => {
    await clockwork.close();
    await outbox.close();
  };
  const send = (message: Message): void => {
    outbox.put(message);
    outbox.notice();
  };
  return { ...cron, notice, send, close };
}
