import type { App } from '../app.ts';
import type { Caller } from '../core/tool.ts';
import type { Session } from './session.ts';

/** The app in this very process, for the owner who stands in `folder`. Closing the session closes it. */
export function localSession(app: App, folder?: string): Session {
  const owner: Caller = { kind: 'owner', folder };
  return {
    tools: async () => app.tools('owner'),
    call: (tool, input, options) => app.gate.call(owner, tool, input, options),
    settled: () => app.settled(),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}
