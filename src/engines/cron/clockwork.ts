import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { createAlarm } from '../../durable/alarm.ts';
import type { DurableBackend } from '../../durable/backend.ts';
import type { Job, JobRows } from './job-rows.ts';

export const cronKind = 'cron';

export interface ClockworkParts {
  db: Db;
  clock: Clock;
  log: Log;
  rows: JobRows;
  backend: DurableBackend;
  /** Whether everything is stopped. */
  isStopped: () => boolean;
}

/** Starts what is due, in the one process that leads, with one timer for the earliest due time. */
export interface Clockwork {
  /** Jobs may have changed, here or in another process. */
  notice(): void;
  /** Starts one firing now. Joins the caller's transaction; resolves with its run. */
  fire(job: Job, dueAt: number): Promise<string>;
  close(): Promise<void>;
}

export function createClockwork({ db, clock, log, rows, backend, isStopped }: ClockworkParts): Clockwork {
  const alarm = createAlarm({ clock, log });
  let unset = (): void => {};
  let round = Promise.resolve();
  let isClosed = false;

  const fire: Clockwork['fire'] = (job, dueAt) => {
    const runId = newId('run');
    const startedAt = clock.now();
    rows.record({ id: newId('fir'), jobId: job.id, dueAt, startedAt, runId, outcome: 'started' });
    const input = { jobId: job.id, steps: job.steps, folder: job.folder, taint: job.taint };
    return backend.start({ id: runId, kind: cronKind, input, caller: cronKind, key: `cron:${job.id}:${dueAt}` });
  };

  /** The firings of one job, their rows, its next time and the starts: all or nothing. */
  async function claim(id: string): Promise<void> {
    const [{ dueTimes }, { nextTime }] = await Promise.all([import('./due-times.ts'), import('./next-time.ts')]);
    const started = db.transaction(() => {
      const job = rows.find(id);
      const now = clock.now();
      if (!job || job.paused || job.nextAt === undefined || job.nextAt > now || !backend.isLeader()) return [];
      rows.setNext(id, nextTime(job, now));
      return dueTimes(job, now).flatMap(({ at, missed }) => {
        if (missed === undefined && !isStopped()) return fire(job, at);
        const outcome = missed === undefined ? 'skipped' : 'missed';
        rows.record({ id: newId('fir'), jobId: id, dueAt: at, outcome, note: missed ?? 'Everything is stopped.' });
        return [];
      });
    });
    await Promise.all(started);
  }

  async function pass(): Promise<void> {
    if (isClosed || !backend.isLeader()) return;
    for (const id of rows.due()) await claim(id);
    const earliest = isClosed ? undefined : rows.earliest();
    unset();
    if (earliest !== undefined) unset = alarm.set(earliest, notice);
  }

  function notice(): void {
    if (isClosed || !backend.isLeader()) return;
    round = round.then(pass).catch((error: unknown) => log.error('cron_failed', { error: String(error) }));
  }

  backend.onLeadership(notice);
  return {
    notice,
    fire,
    close: async () => {
      isClosed = true;
      alarm.close();
      await round;
    },
  };
}
