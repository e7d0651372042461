import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import type { Log } from '../core/log.ts';
import { guarded } from './guarded.ts';
import type { Lease } from './lease.ts';
import type { Recovery } from './recovery.ts';
import type { Conductor } from './run-conductor.ts';
import type { RunQueues } from './run-queues.ts';
import type { RunWatch } from './run-watch.ts';
import type { WaitRows } from './wait-rows.ts';
import type { Workers } from './workers.ts';

/** How soon the writes of other processes are seen. */
const lookEveryMs = 200;
const beatEveryMs = 1_000;
/** Runs of dead processes that are replayed at a time; waiting ones do not count. */
const resumedAtATime = 64;

/** What a process does for the journal without being asked: two loops, however many runs there are. */
export interface Pulse {
  start(options: { recover: boolean }): void;
  isBeating(): boolean;
  /** Whether this process stays, and so takes over from others. */
  recovers(): boolean;
  /** Something has ended: whose turn is it now? */
  next(): void;
  onLeadership(listener: (leading: boolean) => void): void;
  /** False where it had stopped before. */
  stop(): boolean;
  leave(options: { isClean: boolean }): void;
}

export interface PulseParts {
  db: Db;
  clock: Clock;
  log: Log;
  workers: Workers;
  lease: Lease;
  waits: WaitRows;
  watch: RunWatch;
  recovery: Recovery;
  queues: RunQueues;
  conductor: Conductor;
  alarm: { check(): void };
  onCommitElsewhere: () => void;
}

export function createPulse(parts: PulseParts): Pulse {
  const { db, clock, log, workers, lease, waits, watch, recovery, queues, conductor, alarm } = parts;
  const listeners: ((leading: boolean) => void)[] = [];
  const stopping = new AbortController();
  let isStarted = false;
  let recovers = false;
  let isLeading = false;
  let moreToResume = false;
  let lastSignal = 0;
  let lastVersion = 0;

  const takeQueued = (): void => {
    for (const claimed of queues.take()) conductor.launch(claimed);
  };
  const resume = (): void => {
    const free = resumedAtATime - conductor.resuming();
    if (free <= 0) return;
    const taken = recovery.takeOrphans(free);
    moreToResume = taken.length === free;
    for (const claimed of taken) conductor.launch(claimed);
  };

  /** What other processes have done since the last look: `data_version` counts only their commits. */
  function look(): void {
    const { data_version: version } = db.prepare('PRAGMA data_version').get() as { data_version: number };
    if (version === lastVersion) return;
    lastVersion = version;
    parts.onCommitElsewhere();
    for (const { seq, runId, name } of waits.arrivedSince(lastSignal, workers.id)) {
      conductor.deliver(runId, name);
      lastSignal = seq;
    }
    conductor.noticeStops();
    watch.changedElsewhere();
    takeQueued();
    if (isLeading) resume();
    else lead();
  }

  function beat(): void {
    if (!workers.beat()) conductor.noticeLosses();
    conductor.releaseStrays();
    alarm.check();
    takeQueued();
    lead();
  }

  function lead(): void {
    if (!recovers) return;
    const leads = lease.campaign();
    if (leads) {
      recovery.reapAll();
      resume();
    }
    moreToResume &&= leads;
    tell(leads);
  }

  function tell(leads: boolean): void {
    if (leads === isLeading) return;
    isLeading = leads;
    log.info(leads ? 'leadership_taken' : 'leadership_lost', { workerId: workers.id });
    for (const listener of listeners) listener(leads);
  }

  async function every(ms: number, work: () => void): Promise<void> {
    for (;;) {
      await clock.sleep(ms, stopping.signal);
      guarded(log, work);
    }
  }

  const isBeating = (): boolean => isStarted && !stopping.signal.aborted;

  return {
    isBeating,
    recovers: () => recovers,
    start: ({ recover }) => {
      recovers = recover;
      isStarted = true;
      lastSignal = waits.lastSignal();
      workers.beat();
      look();
      takeQueued();
      lead();
      for (const loop of [every(lookEveryMs, look), every(beatEveryMs, beat)]) loop.catch(() => {});
    },
    next: () => {
      if (!isBeating()) return;
      guarded(log, () => {
        takeQueued();
        if (moreToResume) resume();
      });
    },
    onLeadership: (listener) => void listeners.push(listener),
    stop: () => {
      if (stopping.signal.aborted) return false;
      stopping.abort(new Error('the journal is closing'));
      return true;
    },
    leave: ({ isClean }) => {
      tell(false);
      lease.release();
      // A worker whose work did not end is left for others to find dead, with whatever that work had open.
      if (isClean) recovery.leave();
    },
  };
}
