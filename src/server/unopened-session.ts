import type { Tool } from '../core/tool.ts';
import { toolInfo, type Session } from './session.ts';

interface Unopened {
  tools: () => Promise<Tool[]>;
  open: () => Promise<Session>;
}

/** For a data folder that is not there yet: the first call makes it; a list of tools, or a word that is none, does not. */
export function unopenedSession({ tools, open }: Unopened): Session {
  let opened: Promise<Session> | undefined;
  return {
    tools: async () =>
      (await tools())
        .filter(({ only }) => !only || only.includes('owner'))
        .map(toolInfo)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    call: async (...call) => (await (opened ??= open())).call(...call),
    settled: async () => (await opened)?.settled(),
    [Symbol.asyncDispose]: async () => (await opened)?.[Symbol.asyncDispose](),
  };
}
