import type { Places } from './places.ts';
import type { Call, DriverKind, Scenario } from './scenario.ts';

/** Who thinks: nobody, a script, or a model. */
export interface Driver {
  kind: DriverKind;
  /** For tables: `none`, `scripted`, `anthropic/claude-…`. */
  name: string;
  begin(scenario: Scenario): Promise<Mind>;
}

/** One scenario's worth of a driver. */
export interface Mind extends AsyncDisposable {
  settings: Record<string, string>;
  /** Told before each request where things are, and what good work on it would be. */
  hears?: (given: { places: Places; plays?: Call[] }) => void;
}

/** The planner without a model. */
export const noModel: Driver = {
  kind: 'none',
  name: 'none',
  begin: async () => ({ settings: { CLAW_MODEL: 'none' }, [Symbol.asyncDispose]: async () => {} }),
};
