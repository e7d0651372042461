import type { Clock } from '../core/clock.ts';
import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import { createAlarm } from './alarm.ts';
import { isOpen, type DurableBackend, type RunHandler, type RunRecord, type RunSpec } from './backend.ts';
import { guarded } from './guarded.ts';
import { createLease } from './lease.ts';
import { createPulse } from './pulse.ts';
import { createRecovery } from './recovery.ts';
import { createConductor } from './run-conductor.ts';
import { createRunQueues } from './run-queues.ts';
import { createRunRows, jsonOf, runOf, type RunRow } from './run-rows.ts';
import { createRunWatch } from './run-watch.ts';
import { createStepRows } from './step-rows.ts';
import { createWaitRows } from './wait-rows.ts';
import { createWorkers } from './workers.ts';

export { durableSchema } from './sqlite-schema.ts';

export interface SqliteBackendParts {
  db: Db;
  clock: Clock;
  log: Log;
  /**
   * A worker is gone: dead, or, as the last act of `close`, this one. Called once over all processes, inside
   * the transaction that takes it off the list and sets its runs free.
   */
  onWorkerLost?: (workerId: string) => void;
  /** Another process has committed something to the file. */
  onCommitElsewhere?: () => void;
}

export interface SqliteBackend extends DurableBackend {
  /** This process, as others see it in the journal. */
  readonly workerId: string;
}

/** The journal in one SQLite file, shared by any number of processes on one machine. */
export function createSqliteBackend({ db, clock, log, ...given }: SqliteBackendParts): SqliteBackend {
  const { onWorkerLost = () => {}, onCommitElsewhere = () => {} } = given;
  const workerId = newId('wrk');
  const handlers = new Map<string, RunHandler>();
  const kinds = (): string[] => [...handlers.keys()];
  const rows = createRunRows({ db, clock, workerId });
  const steps = createStepRows({ db, clock });
  const waits = createWaitRows({ db });
  const workers = createWorkers({ id: workerId, db, clock });
  const lease = createLease({ name: 'leader', db, clock, workers });
  const alarm = createAlarm({ clock, log });
  const watch = createRunWatch({ clock });
  const recovery = createRecovery({ db, log, rows, steps, workers, kinds, onWorkerLost });
  const queues = createRunQueues({ db, rows, kinds, stays: () => pulse.recovers(), isAttended: () => lease.isAttended() });
  const conductor = createConductor({ db, clock, log, rows, steps, waits, alarm, recovery, handlers, onChange });
  const pulse = createPulse({ db, clock, log, workers, lease, waits, watch, recovery, queues, conductor, alarm, onCommitElsewhere });

  function onChange(runId: string): void {
    watch.changed(runId);
    pulse.next();
  }

  const mustBeOpen = (): void => {
    if (!pulse.isBeating()) throw new ToolError('unavailable', 'The journal is not open.', { hint: 'Try again once claw has started.' });
  };
  const mustFind = (id: string): RunRow => {
    const row = rows.find(id);
    if (!row) throw new ToolError('not_found', `No run "${id}".`, { hint: 'Call run_list to see the ids.' });
    return row;
  };
  const insertBelow = (spec: RunSpec, parent: string): ReturnType<typeof rows.insert> => {
    if (mustFind(parent).ended_at === null) return rows.insert(spec);
    throw new ToolError('cancelled', `Run ${parent} has ended.`, { hint: 'What it would have started is not started any more.' });
  };
  const start: DurableBackend['start'] = async (spec) => {
    mustBeOpen();
    if (!handlers.has(spec.kind))
      throw new ToolError('not_found', `No runs of kind "${spec.kind}" are known here.`, { hint: `Known kinds: ${kinds().join(', ')}.` });
    if (spec.queue !== undefined) queues.mustKnow(spec.queue);
    const { id, claim, isNew } = spec.parent === undefined ? rows.insert(spec) : db.transaction(() => insertBelow(spec, spec.parent!));
    if (claim) conductor.launch({ claim });
    else if (isNew) {
      queues.own(id);
      setImmediate(onChange, id);
    }
    return id;
  };

  const adopt: DurableBackend['adopt'] = async (id) => {
    mustBeOpen();
    const row = mustFind(id);
    if (row.ended_at !== null || row.status === 'queued' || !handlers.has(row.kind)) return false;
    if (row.worker !== null && !workers.isDead(row.worker)) return false;
    if (row.worker !== null) recovery.reap(row.worker);
    const claimed = db.transaction(() => {
      const now = mustFind(id);
      return now.worker === null ? rows.claim(now) : undefined;
    });
    if (claimed) conductor.launch(claimed);
    return claimed !== undefined;
  };

  const signal: DurableBackend['signal'] = async (id, name, value) => {
    const row = mustFind(id);
    if (row.ended_at !== null) return;
    waits.send(row.seq, name, jsonOf(value) ?? 'null');
    // After the caller's transaction, so that nobody acts on what may be rolled back.
    setImmediate(() => {
      if (pulse.isBeating()) guarded(log, () => conductor.deliver(id, name));
      watch.changed(id);
    });
  };

  const recordStop = (id: string): boolean =>
    db.transaction(() => {
      const row = rows.stop(id);
      if (!row) return false;
      steps.stopWaiting(row.seq);
      if (row.worker === null) recovery.closeStopped(row.seq);
      return true;
    });
  const recordStopOfAll = (id: string): string[] => (recordStop(id) ? [id, ...rows.openChildren(id).flatMap(recordStopOfAll)] : []);
  const endStopped = (id: string, by: string): void => {
    log.info('run_stopped', { runId: id, by });
    conductor.end(id, 'stopped');
    onChange(id);
  };
  const stop: DurableBackend['stop'] = async (id, by) => {
    const stopped = db.transaction(() => recordStopOfAll(mustFind(id).id));
    for (const one of stopped) endStopped(one, by);
    return stopped.length > 0;
  };
  const isStopped = ({ id }: RunRecord): boolean => rows.find(id)?.status === 'stopped';
  const stopAll: DurableBackend['stopAll'] = (by, { except }) => {
    const stopped = db.transaction(() => rows.open().filter(({ id }) => id !== except && recordStop(id)));
    // After the caller's transaction, so that nothing ends that may be rolled back.
    setImmediate(() => {
      if (pulse.isBeating()) guarded(log, () => stopped.filter(isStopped).forEach(({ id }) => endStopped(id, by)));
    });
    return stopped;
  };

  const wait: DurableBackend['wait'] = (id, { timeoutMs, signal: aborted, throughWaiting = false }) => {
    const isEnough = ({ status, question }: RunRecord): boolean =>
      !isOpen(status) || (status === 'waiting' && question !== undefined && !throughWaiting);
    return watch.until(id, { read: () => runOf(mustFind(id)), isEnough, timeoutMs, signal: aborted });
  };

  const close: DurableBackend['close'] = async () => {
    const wasOpen = pulse.isBeating();
    if (!pulse.stop()) return;
    alarm.close();
    const isClean = await conductor.close();
    watch.close();
    if (wasOpen) pulse.leave({ isClean });
  };

  return {
    workerId,
    register: (kind, handler) => void handlers.set(kind, handler),
    queue: (name, { concurrency }) => queues.add(name, concurrency),
    open: async (options) => pulse.start(options),
    start,
    wait,
    adopt,
    signal,
    stop,
    stopAll,
    close,
    get: async (id) => {
      const row = rows.find(id);
      return row && runOf(row);
    },
    list: async (filter) => rows.list(filter),
    steps: async (id) => steps.all(id),
    isLeader: () => pulse.isBeating() && lease.isHeld(),
    isAttended: () => lease.isAttended(),
    onLeadership: (listener) => pulse.onLeadership(listener),
    idle: () => conductor.idle(),
  };
}
