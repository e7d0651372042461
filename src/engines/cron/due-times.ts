import type { Job } from './job-rows.ts';
import { lastTime, nextTime } from './next-time.ts';

/** One due time that has come: it runs, or is missed with the reason. */
export interface Due {
  at: number;
  missed?: string;
}

/** Most rows that missed firings make at once; one more counts the rest. */
const mostRows = 100;
/** `skip` forgives this much: the timer and the taking over by another process. */
const punctualMs = 15_000;

/** What has come due for a job by `now`, oldest first, and what its misfire policy makes of each. */
export function dueTimes(job: Job, now: number): Due[] {
  const times: number[] = [];
  for (let at = job.nextAt; at !== undefined && at <= now && times.length <= mostRows; at = nextTime(job, at)) times.push(at);
  const latest = lastTime(job, now) ?? times.at(-1)!;
  const isCut = times.length > mostRows;
  if (isCut) times.splice(mostRows, 1, latest);
  return times.map((at, index) => {
    const missed = reasonFor(job, { late: now - at, isLatest: index === times.length - 1 });
    const rest = isCut && index === mostRows - 1 ? ' More were missed between this one and the latest.' : '';
    return { at, ...(missed !== undefined && { missed: missed + rest }) };
  });
}

function reasonFor({ misfire, lateByMs }: Job, { late, isLatest }: { late: number; isLatest: boolean }): string | undefined {
  const seconds = Math.round(late / 1_000);
  if (misfire === 'skip') return late > punctualMs ? `${seconds} s late: late firings are skipped.` : undefined;
  if (late > lateByMs) return `${seconds} s late, more than allowed.`;
  return misfire === 'once' && !isLatest ? 'Missed: only the latest one is made up for.' : undefined;
}
