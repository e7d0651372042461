import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seededRandom } from '../../durable/seeded-random.ts';
import {
  byStatus,
  clockAtStart,
  killed,
  liveOn,
  lostBetween,
  placeWith,
  startOfTest,
  tally,
  type FiringRow,
  type Place,
  type Tally,
} from './cron-tally.ts';

const isWhole = process.env.CLAW_SOAK === '1';
const kills = isWhole ? 200 : 8;
const wanted = isWhole ? 1_000 : 100;
const seed = 20_261_124;
const minute = 60_000;
const lateBySeconds = 120;
const punctualMs = 15_000;

const jobs = (['once', 'all', 'skip'] as const).flatMap((misfire) =>
  (['allow', 'queue'] as const).map((overlap) => ({
    name: misfire,
    schedule: 'every 1m',
    misfire,
    overlap,
    lateBySeconds,
    pauseAfter: 0,
    isSent: overlap === 'queue',
  })),
);

/** Lives of a process on a clock that moves only when told to, and between them some in which nobody is there. */
async function livesAndDeaths(place: Place): Promise<number> {
  const random = seededRandom(seed);
  const stepMs = Math.ceil(((wanted / jobs.length) * minute * 1.1) / kills);
  let now = startOfTest;
  for (let life = 0; life < kills; life += 1) {
    const child = await liveOn({ ...place, now });
    for (let part = 0; part < 2; part += 1) {
      child.stdin!.write(`${stepMs / 2}\n`);
      now += stepMs / 2;
      await pause(random() * 60);
    }
    await killed(child);
    if (random() < 0.1) now += Math.floor(random() * 5 * minute);
  }
  const last = await liveOn({ ...place, now });
  for (let round = 0; round < 2_400 && isOpen(tally(place)); round += 1) {
    // Beats of the journal, which tell the living from the dead, are on this clock too.
    last.stdin!.write('100\n');
    now += 100;
    await pause(50);
  }
  await killed(last);
  return now;
}

const isOpen = ({ firings, undelivered }: Tally): boolean =>
  undelivered > 0 || firings.some(({ status }) => status === 'running' || status === 'queued');

/** What the policy makes of due times that were looked at in one moment, told again in other words. */
function isAsPolicySays(misfire: string, together: FiringRow[]): boolean {
  const latest = Math.max(...together.map(({ due }) => due));
  return together.every(({ due, recorded, status }) => {
    const late = recorded - due;
    const shouldRun =
      misfire === 'all' ||
      (misfire === 'skip' ? late <= punctualMs : due === latest && late <= Math.max(lateBySeconds * 1_000, punctualMs));
    return (status === 'ok') === shouldRun && (status === 'missed') !== shouldRun;
  });
}

test(
  `${kills} kills over ${wanted} firings: none lost, none twice, misfires as the policies say (seed ${seed})`,
  { timeout: 1_800_000 },
  async () => {
    const place = await placeWith(jobs, clockAtStart());
    const now = await livesAndDeaths(place);
    const { firings, cutOff, ...rest } = tally(place);
    const ids = [...new Set(firings.map(({ job }) => job))];
    const lost = ids.flatMap((job) => lostBetween(firings, { job, from: startOfTest + minute, to: now, every: minute }));
    const groups = Object.values(Object.groupBy(firings, ({ job, recorded }) => `${job} ${recorded}`)) as FiringRow[][];
    // Ids sort by creation, so the jobs have the order in which they were made.
    const policyOf = (job: string): string => jobs[ids.toSorted().indexOf(job)]!.misfire;
    const wrong = groups.filter((together) => !isAsPolicySays(policyOf(together[0]!.job), together));
    const figures = {
      kills,
      firings: firings.length,
      ...byStatus(firings),
      cutOff,
      lost: lost.length,
      misfiresOffPolicy: wrong.length,
      ...rest,
    };
    console.log(`cron: seed ${seed}, ${JSON.stringify(figures)}`);
    expect({ jobs: ids.length, lost, wrong, ...rest }).toEqual({
      jobs: jobs.length,
      lost: [],
      wrong: [],
      undelivered: 0,
      strayRuns: 0,
      lostEffects: 0,
      strayEffects: 0,
    });
    expect(new Set(firings.map(({ job, due }) => `${job} ${due}`)).size).toBe(firings.length);
    // Kills that cut nothing off would prove nothing.
    expect(cutOff).toBeGreaterThan(0);
    expect(firings.length).toBeGreaterThanOrEqual(wanted);
    expect(Object.keys(byStatus(firings)).toSorted()).toEqual(['missed', 'ok']);
  },
);
