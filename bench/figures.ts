/** The value below which a share `p` of them lies. */
export function percentile(values: number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export const median = (values: number[]): number => percentile(values, 0.5);

/** Milliseconds of each of `count` runs, one after the other. */
export async function timed(count: number, work: (index: number) => unknown): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const started = performance.now();
    await work(index);
    times.push(performance.now() - started);
  }
  return times;
}

/** The best rate a second by number of lanes. */
export type Rates = Map<number, number>;

/** What is measured beside others: each of `once` is one run. */
export interface Contestants<Name extends string> {
  once: Record<Name, () => Promise<unknown>>;
  close: () => Promise<void>;
}

interface Course {
  laneCounts: number[];
  runsPerLane: number;
  rounds: number;
}

/**
 * After a round to warm up, all of them in turn with each number of lanes, so that a change of the machine's mood meets all; of
 * each the best round, as what else the machine has to do only slows down.
 */
export async function bestRates(all: Record<string, () => Promise<unknown>>, course: Course): Promise<Map<string, Rates>> {
  const rates = new Map(Object.keys(all).map((name): [string, Rates] => [name, new Map()]));
  for (const once of Object.values(all)) await perSecond(10, course.runsPerLane, once);
  for (let round = 0; round < course.rounds; round += 1)
    for (const lanes of course.laneCounts)
      for (const [name, once] of Object.entries(all)) {
        const rate = await perSecond(lanes, course.runsPerLane, once);
        const own = rates.get(name)!;
        own.set(lanes, Math.max(rate, own.get(lanes) ?? 0));
      }
  return rates;
}

/** How many a second, where each lane does so many, one after the other. */
async function perSecond(lanes: number, runsPerLane: number, once: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const lane = async (): Promise<void> => {
    for (let index = 0; index < runsPerLane; index += 1) await once();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return ((lanes * runsPerLane) / (performance.now() - began)) * 1_000;
}
