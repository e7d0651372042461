import type { Gate } from './gate/gate-types.ts';

/** What tools find in their context beside the call itself. Each engine adds its line. */
export interface Engines {}

export interface App extends AsyncDisposable {
  gate: Gate;
}
