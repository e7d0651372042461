import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { isOpen, type DurableBackend } from '../../durable/backend.ts';
import type { Arrears, Due } from './due-times.ts';
import type { FiringInput } from './firing-run.ts';
import type { FiringRows } from './firing-rows.ts';
import { firingStatusOf } from './firing-status.ts';
import type { JobRows } from './job-rows.ts';
import type { Firing, Job } from './job.ts';

export const cronKind = 'cron';

export interface ClockworkParts {
  db: Db;
  clock: Clock;
  log: Log;
  jobs: JobRows;
  firings: FiringRows;
  backend: DurableBackend;
  /** Whether everything is stopped. */
  isStopped: () => boolean;
  /** Resolves when every secret is known: a job that was made before one was kept may hold it. */
  known: () => Promise<void>;
}

/** Loaded when something is due for the first time: most processes never reckon. */
const reckoning = async () => ({ ...(await import('./due-times.ts')), ...(await import('./next-time.ts')) });
type Reckoning = Awaited<ReturnType<typeof reckoning>>;

/** Starts what is due, in the one process that leads, with one timer for the earliest due time. */
export interface Clockwork {
  /** Something may be due: to be called when the timer rings, a firing ends, or this process has become the leader. */
  notice(): void;
  /** Begins a firing. Joins the caller's transaction; undefined where the key has had its firing. */
  fire(job: Job, due: { at: number; key: string }): { firingId: string; runId: string } | undefined;
  close(): Promise<void>;
}

const atOnce = 100;
/** Well above the hundred that are made up for at once. */
const mostQueued = 1_000;
/** Timers see neither wall time jump nor a machine sleep. */
const longestSleepMs = 5_000;
/** How soon a queued firing begins where nobody says that the one before has ended. */
const lookAgainMs = 1_000;

export function createClockwork({ db, clock, log, jobs, firings, backend, isStopped, known }: ClockworkParts): Clockwork {
  let timer = new AbortController();
  let round = Promise.resolve();
  let isAsked = false;
  let isClosed = false;
  let lastSeen = 0;

  const isOn = (): boolean => !isClosed && backend.isLeader();
  const keyOf = (job: Job, at: number): string => `${job.id}/${at}`;

  function start(firingId: string, runId: string, job: Job): void {
    const { steps, folder, taint, retries, retryMs, deadlineMs, tools, tokens } = job;
    const input: FiringInput = { firingId, jobId: job.id, steps, folder, taint, retries, retryMs, deadlineMs, tools, tokens };
    const started = backend.start({ id: runId, kind: cronKind, input, caller: cronKind });
    started.catch((error: unknown) => log.error('firing_not_started', { firingId, error }));
  }

  const fire: Clockwork['fire'] = (job, { at, key }) => {
    const runId = newId('run');
    const firingId = firings.record({ key, jobId: job.id, dueAt: at, status: 'running', runId });
    if (firingId === undefined) return undefined;
    start(firingId, runId, job);
    return { firingId, runId };
  };

  async function pass(): Promise<void> {
    isAsked = false;
    const troubled = new Set<string>();
    if (isOn()) await followClock();
    while (isOn()) {
      const due = jobs.due(atOnce).filter(({ id }) => !troubled.has(id));
      if (due.length === 0) break;
      const times = await reckoning();
      await known();
      const arrears = new Map<string, Arrears>();
      for (const job of due) {
        const found = await prepared(job, times).catch((error: unknown) => setAside(job, error));
        if (found) arrears.set(job.id, found);
        else troubled.add(job.id);
      }
      db.transaction(() => backend.isLeader() && arrears.forEach((found, id) => claim(id, found, times)));
    }
    if (isOn() && firings.hasQueued()) await startQueued();
    sleep(troubled.size > 0 ? lookAgainMs : 0);
  }

  /** One job that cannot be reckoned keeps no other waiting: what would fail again pauses it, the rest is tried again. */
  function setAside({ id }: Job, error: unknown): undefined {
    log.error('job_not_reckoned', { id, error });
    if (error instanceof ToolError && error.code === 'invalid_input') jobs.pause(id, error.message);
  }

  /** Where the clock was ahead and has been put back, due times that were reckoned then are reckoned anew. */
  async function followClock(): Promise<void> {
    const now = clock.now();
    lastSeen ||= firings.lastRecordedAt() ?? now;
    const wentBack = now < lastSeen - lookAgainMs;
    lastSeen = now;
    if (!wentBack) return;
    const { nextTime } = await reckoning();
    db.transaction(() => {
      for (const job of jobs.active()) reckonAnew(job, () => nextTime(job, now));
    });
    log.info('clock_went_back', { jobs: jobs.count().active });
  }

  function reckonAnew(job: Job, next: () => number | undefined): void {
    try {
      jobs.setNext(job.id, next());
    } catch (error) {
      setAside(job, error);
    }
  }

  /** What is not known without waiting: how much is due, and how the firings before have ended. */
  async function prepared(job: Job, { arrearsOf }: Reckoning): Promise<Arrears> {
    for (const firing of job.overlap === 'allow' ? [] : firings.open(job.id)) {
      if (job.overlap === 'cancel' && firing.runId !== undefined && !isStopped()) await backend.stop(firing.runId, cronKind);
      await settle(firing, job.overlap === 'cancel' ? 'Ended, because the next one was due.' : undefined);
    }
    return arrearsOf(job, clock.now());
  }

  /** Runs that were stopped never come to their own end. */
  async function settle({ id, runId }: Firing, note?: string): Promise<void> {
    const run = runId === undefined ? undefined : await backend.get(runId);
    if (runId === undefined || (run && isOpen(run.status))) return;
    firings.close(id, { status: run ? firingStatusOf(run.status) : 'unknown', note: note ?? 'Its run was ended.' });
  }

  /** The firings of one job, their rows, its next time and the starts: all in one transaction, or nothing. */
  function claim(id: string, arrears: Arrears, { duesOf }: Reckoning): void {
    const job = jobs.find(id);
    const now = clock.now();
    if (!job || job.paused || job.nextAt === undefined || job.nextAt !== arrears.from) return;
    const dues = duesOf(job, arrears, now);
    jobs.setNext(id, arrears.next);
    const running = dues.filter(({ missed }) => missed === undefined).length;
    for (const due of dues) begin(job, due, running > 1);
  }

  function begin(job: Job, { at, missed, count }: Due, isOneOfMany: boolean): void {
    const entry = { key: keyOf(job, at), jobId: job.id, dueAt: at };
    if (missed !== undefined) return void firings.record({ ...entry, status: 'missed', note: missed, count });
    if (isStopped()) return void firings.record({ ...entry, status: 'skipped', note: 'Everything is stopped.' });
    const open = job.overlap === 'allow' ? 0 : firings.openCount(job.id);
    if (open === 0) return void fire(job, { at, key: entry.key });
    // What is made up for waits for its turn, or a policy that says "all" would run one of them.
    const waits = isOneOfMany || job.overlap === 'queue';
    if (waits && open <= mostQueued) return void firings.record({ ...entry, status: 'queued' });
    const note = waits ? `${mostQueued} others wait already.` : 'The one before was still running.';
    firings.record({ ...entry, status: 'skipped', note });
  }

  async function startQueued(): Promise<void> {
    for (const firing of firings.awaited()) await settle(firing);
    if (isStopped()) return;
    await known();
    for (let next = firings.next(atOnce); next.length > 0 && isOn(); next = firings.next(atOnce))
      db.transaction(() => backend.isLeader() && next.forEach(startOne));
  }

  function startOne({ id, jobId }: Firing): void {
    const job = jobs.find(jobId);
    if (!job || job.paused) return firings.close(id, { status: 'skipped', note: job ? 'The job was paused.' : 'The job was removed.' });
    const runId = newId('run');
    firings.start(id, runId);
    start(id, runId, job);
  }

  function sleep(leastMs: number): void {
    timer.abort();
    if (!isOn()) return;
    const at = Math.min(jobs.earliest() ?? Infinity, firings.hasQueued() ? clock.now() + lookAgainMs : Infinity);
    if (at < Infinity) wakeIn(Math.max(at - clock.now(), leastMs));
  }

  function wakeIn(ms: number): void {
    timer = new AbortController();
    void clock.sleep(Math.min(Math.max(ms, 0), longestSleepMs), timer.signal).then(notice, () => {});
  }

  /** While one round waits to begin, further calls add nothing. */
  function notice(): void {
    if (isAsked || isClosed) return;
    isAsked = true;
    round = round.then(pass).catch((error: unknown) => {
      log.error('cron_failed', { error });
      if (!isClosed) wakeIn(lookAgainMs);
    });
  }

  return {
    notice,
    fire,
    close: async () => {
      isClosed = true;
      timer.abort();
      await round;
    },
  };
}
