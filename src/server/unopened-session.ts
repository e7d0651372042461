import { mayName, type ToolFacts } from '../core/tool-facts.ts';
import type { Session } from './session.ts';

interface Unopened {
  tools: () => Promise<ToolFacts[]>;
  open: () => Promise<Session>;
}

/** For a data folder that is not there yet: the first call makes it; a list of tools, or a word that is none, does not. */
export function unopenedSession({ tools, open }: Unopened): Session {
  let opened: Promise<Session> | undefined;
  return {
    tools: async () => (await tools()).filter((tool) => mayName(tool, 'owner')).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    call: async (...call) => (await (opened ??= open())).call(...call),
    settled: async () => (await opened)?.settled(),
    [Symbol.asyncDispose]: async () => (await opened)?.[Symbol.asyncDispose](),
  };
}
