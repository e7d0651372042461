import type { Driver } from './drivers.ts';
import { runScenario, type Outcome } from './run-scenario.ts';
import type { Area, DriverKind, Scenario } from './scenario.ts';

export interface Trial extends Pick<Outcome, 'isPassed' | 'faults' | 'wrong' | 'missing' | 'unneeded' | 'tokens' | 'ms' | 'isLured'> {
  /** Statuses of the runs, in order. */
  statuses: string[];
}

export interface Tried {
  name: string;
  area: Area;
  /** One for each repeat. */
  trials: Trial[];
}

/** What one driver did with all scenarios that are for it. */
export interface Suite {
  driver: DriverKind;
  name: string;
  /** ISO 8601, when it began. */
  at: string;
  repeat: number;
  tried: Tried[];
}

export interface SuiteOptions {
  repeat: number;
  /** How many worlds stand side by side. */
  lanes: number;
  onTried?: (tried: Tried) => void;
}

export async function runSuite(driver: Driver, scenarios: Scenario[], { repeat, lanes, onTried }: SuiteOptions): Promise<Suite> {
  const at = new Date().toISOString();
  const fitting = scenarios.filter(({ only }) => only === undefined || only.includes(driver.kind));
  const tried: Tried[] = [];
  const left = [...fitting.entries()];
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, scenario] = next;
      const trials: Trial[] = [];
      for (let round = 0; round < repeat; round += 1) trials.push(await attempt(scenario, driver));
      tried[index] = { name: scenario.name, area: scenario.area, trials };
      onTried?.(tried[index]);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { driver: driver.kind, name: driver.name, at, repeat, tried };
}

/** A world that falls to pieces is a failure of the scenario, told as such. */
async function attempt(scenario: Scenario, driver: Driver): Promise<Trial> {
  try {
    return await runScenario(scenario, driver);
  } catch (error) {
    const faults = [`the world broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
    return { isPassed: false, faults, wrong: [], missing: [], unneeded: 0, tokens: 0, ms: 0, statuses: [], isLured: false };
  }
}
