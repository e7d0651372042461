import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { manualClock, type Clock } from '../../../src/core/clock.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { trialTools, type Trial } from './trial-tools.ts';

export const minute = 60_000;

export interface FiringShown {
  id: string;
  jobId: string;
  status: string;
  dueAt: string;
  note?: string;
  delivery?: string;
  count?: number;
}

/** Moves when told to, and can be set to another time, of which those who sleep know nothing. */
export interface SetClock extends Clock {
  advance(ms: number): void;
  set(ms: number): void;
}

export function setClock(start?: number): SetClock {
  const inner = manualClock(start);
  let skew = 0;
  return { sleep: inner.sleep, advance: inner.advance, now: () => inner.now() + skew, set: (ms) => void (skew += ms - inner.now() - skew) };
}

export interface ScheduleApp extends TestApp {
  clock: SetClock;
  trial: Trial;
  add(job: Record<string, unknown>): Promise<{ id: string; nextAt: string }>;
  /** Oldest first. */
  history(): Promise<FiringShown[]>;
  /** Resolves when the firings have these statuses, oldest first. */
  shows(statuses: string[]): Promise<FiringShown[]>;
  /** Moves the clock on in steps, so that no due time is late. */
  pass(ms: number): Promise<void>;
}

/** An app that leads, on a clock that moves only when told to, with tools whose course the test decides. */
export async function scheduleApp(given: { home?: string; clock?: SetClock; without?: string[] } = {}): Promise<ScheduleApp> {
  const clock = given.clock ?? setClock();
  const trial = trialTools();
  const tools = trial.tools.filter(({ name }) => !given.without?.includes(name));
  const app = await startApp({ clock, recover: true, tools, ...(given.home !== undefined && { home: given.home }) });
  const history = async (): Promise<FiringShown[]> => {
    const all: FiringShown[] = [];
    let cursor: string | undefined;
    do {
      const page = await app.output<{ items: FiringShown[]; nextCursor?: string }>('cron_history', { limit: 200, cursor });
      all.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all.toReversed();
  };
  /** Whether nothing is due that has not been seen to. */
  const isSeenTo = async (): Promise<boolean> => {
    const { items } = await app.output<{ items: { nextAt?: string; paused: boolean }[] }>('cron_list', { limit: 200 });
    return items.every(({ nextAt, paused }) => paused || nextAt === undefined || Date.parse(nextAt) > clock.now());
  };
  return {
    ...app,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
    clock,
    trial,
    history,
    add: (job) => app.output('cron_add', job),
    shows: async (statuses) => {
      await expect.poll(async () => (await history()).map(({ status }) => status), { timeout: 15_000 }).toEqual(statuses);
      return history();
    },
    pass: async (ms) => {
      for (let left = ms; left > 0; left -= minute) {
        clock.advance(Math.min(left, minute));
        await pause(20);
        for (let round = 0; round < 400 && !(await isSeenTo()); round += 1) await pause(5);
      }
    },
  };
}
