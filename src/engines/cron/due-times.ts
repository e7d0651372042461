import { setImmediate as breathe } from 'node:timers/promises';
import type { Job } from './job.ts';
import { nextTime } from './next-time.ts';

/** One due time that has come. Without `missed` it runs. */
export interface Due {
  at: number;
  /** Why it does not. */
  missed?: string;
  /** How many due times it stands for; 1 unless there were too many for a row each. */
  count: number;
}

/** Most rows that due times of one job make at once; one more counts those before them. */
const mostRows = 100;
const mostCounted = 10_000;
/** Lateness that is none: the timer, and the taking over by another process. */
const punctualMs = 15_000;

/** The due times of a job up to `now`, oldest first. Those before the last hundred are one, with their number. */
export interface Arrears {
  /** What the job's next time was when they were reckoned. */
  from: number | undefined;
  times: number[];
  /** The first that is still to come; undefined where there is none. */
  next: number | undefined;
  earlier?: { latest: number; count: number; isExact: boolean };
}

/** Enumerates what has come due; in pieces, because a job that was due each second for a week has a lot. */
export async function arrearsOf(job: Job, now: number): Promise<Arrears> {
  const times: number[] = [];
  let count = 0;
  let next = job.nextAt;
  for (; next !== undefined && next <= now && count < mostCounted; next = nextTime(job, next)) {
    times[count % (mostRows + 1)] = next;
    count += 1;
    if (count % 100 === 0) await breathe();
  }
  const isExact = next === undefined || next > now;
  const sorted = times.toSorted((a, b) => a - b);
  const known = { from: job.nextAt, next: isExact ? next : nextTime(job, now) };
  if (count <= mostRows) return { ...known, times: sorted };
  return { ...known, times: sorted.slice(1), earlier: { latest: sorted[0]!, count: count - mostRows, isExact } };
}

/** What the job's misfire policy makes of each due time. */
export function duesOf(job: Job, { times, earlier }: Arrears, now: number): Due[] {
  const dues = times.map((at, index): Due => {
    const missed = reasonFor(job, { late: now - at, isLatest: index === times.length - 1 });
    return { at, count: 1, ...(missed !== undefined && { missed }) };
  });
  if (!earlier) return dues;
  const { latest, count, isExact } = earlier;
  return [{ at: latest, count, missed: `${isExact ? '' : 'At least '}${count} due times up to this one were missed.` }, ...dues];
}

function reasonFor({ misfire, lateByMs }: Job, { late, isLatest }: { late: number; isLatest: boolean }): string | undefined {
  const seconds = Math.round(late / 1_000);
  if (misfire === 'all') return undefined;
  if (misfire === 'skip') return late > punctualMs ? `${seconds} s late, and late firings are skipped.` : undefined;
  if (!isLatest) return 'Only the latest of those that were late is made up for.';
  return late > Math.max(lateByMs, punctualMs) ? `${seconds} s late, more than allowed.` : undefined;
}
