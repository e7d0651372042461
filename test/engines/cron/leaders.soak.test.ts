import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { toolsWithMark } from './cron-child.ts';
import { byStatus, killed, leaderOf, liveOn, lostBetween, placeWith, tally, type FiringRow, type Place } from './cron-tally.ts';

const isWhole = process.env.CLAW_SOAK === '1';
const processes = 5;
const kills = isWhole ? 20 : 2;
const wanted = isWhole ? 10_000 : 100;
const jobCount = isWhole ? 60 : 10;
const second = 1_000;

const jobs = Array.from({ length: jobCount }, (_, index) => ({
  name: `job-${index}`,
  schedule: 'every 1s',
  misfire: 'all',
  overlap: 'allow',
}));

/** Kills whoever leads, lets another take over, and fills the place of the dead. Returns when each death was. */
async function killLeaders(place: Place, crowd: ChildProcess[]): Promise<number[]> {
  const deaths: number[] = [];
  const lifeMs = ((wanted / jobCount) * second) / kills;
  for (let kill = 0; kill < kills; kill += 1) {
    await pause(lifeMs);
    const index = crowd.findIndex(({ pid }) => pid === leaderOf(place));
    expect(index).not.toBe(-1);
    deaths.push(Date.now());
    await killed(crowd[index]!);
    await takenOver(place, deaths.at(-1)!);
    crowd[index] = await liveOn(place);
  }
  return deaths;
}

const longestTakeoverMs = 10_000;

async function takenOver(place: Place, death: number): Promise<void> {
  for (let waited = 0; waited < 2 * longestTakeoverMs; waited += 100) {
    if (tally(place).firings.some(({ recorded }) => recorded > death)) return;
    await pause(100);
  }
}

/** No further due times, and those that there are at their end. */
async function comeToRest(place: Place): Promise<void> {
  const app = await startApp({ home: place.home, tools: toolsWithMark(place.keys) });
  for (const id of new Set(tally(place).firings.map(({ job }) => job))) await app.call('cron_pause', { id });
  for (let round = 0; round < 300 && tally(place).firings.some(({ status }) => status === 'running'); round += 1) await pause(200);
}

const gapAfter = (death: number, firings: FiringRow[]): number =>
  Math.min(...firings.filter(({ recorded }) => recorded > death).map(({ recorded }) => recorded - death));

test(
  `${processes} processes on one folder, the leader killed ${kills} times over ${wanted} firings: none lost, none recorded twice`,
  { timeout: 1_800_000 },
  async () => {
    const place = await placeWith(jobs);
    const crowd: ChildProcess[] = [];
    for (let one = 0; one < processes; one += 1) crowd.push(await liveOn(place));
    const deaths = await killLeaders(place, crowd);
    while (tally(place).firings.length < wanted) await pause(500);
    await comeToRest(place);
    for (const child of crowd) await killed(child);

    const { firings, cutOff, ...rest } = tally(place);
    const ids = [...new Set(firings.map(({ job }) => job))];
    const lost = ids.flatMap((job) => {
      const dues = firings.filter((firing) => firing.job === job).map(({ due }) => due);
      return lostBetween(firings, { job, from: Math.min(...dues), to: Math.max(...dues), every: second });
    });
    const takeoverMs = Math.max(...deaths.map((death) => gapAfter(death, firings)));
    const figures = { processes, kills, firings: firings.length, ...byStatus(firings), cutOff, lost: lost.length, takeoverMs, ...rest };
    console.log(`cron leaders: ${JSON.stringify(figures)}`);
    expect({ jobs: ids.length, lost, ...rest }).toEqual({
      jobs: jobCount,
      lost: [],
      undelivered: 0,
      strayRuns: 0,
      lostEffects: 0,
      strayEffects: 0,
    });
    expect(new Set(firings.map(({ job, due }) => `${job} ${due}`)).size).toBe(firings.length);
    expect(Object.keys(byStatus(firings))).toEqual(['ok']);
    expect(takeoverMs).toBeLessThanOrEqual(longestTakeoverMs);
  },
);
