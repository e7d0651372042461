import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { ToolError } from '../../../src/core/errors.ts';
import { defineTool, type Tool } from '../../../src/core/tool.ts';
import { tools } from '../../../src/tools/index.ts';

const examples = ['try one', 'try two', 'try three', 'try four', 'try five'];
const output = z.object({ done: z.boolean(), usage: z.object({ tokens: z.number() }).optional() });

/** Tools whose course a test decides, beside the real ones. */
export interface Trial {
  tools: Tool[];
  /** The keys of every call that began. */
  keys: string[];
  /** Lets the calls of `trial_wait` that are under way end; the first is waited for. */
  release(): Promise<void>;
  /** How many calls of `trial_fail` are still to fail. */
  failures: number;
}

export function trialTools(): Trial {
  const waiting = new Set<() => void>();
  const trial: Trial = {
    keys: [],
    failures: 0,
    release: async () => {
      for (let round = 0; round < 1_000 && waiting.size === 0; round += 1) await pause(5);
      for (const done of waiting) done();
      waiting.clear();
    },
    tools: [],
  };
  const begun = (key: string): void => void trial.keys.push(key);
  const base = { title: 'Try', description: 'Try something.', risk: 'write', input: z.object({}), output, examples } as const;
  const wait = defineTool({
    ...base,
    name: 'trial_wait',
    idempotent: true,
    run: (ctx) => {
      begun(ctx.key);
      return new Promise((resolve, reject) => {
        waiting.add(() => resolve({ done: true }));
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
      });
    },
  });
  const fail = defineTool({
    ...base,
    name: 'trial_fail',
    run: (ctx) => {
      begun(ctx.key);
      if (trial.failures > 0) {
        trial.failures -= 1;
        throw new ToolError('unavailable', 'The trial failed.', { hint: 'Try again.' });
      }
      return { done: true, usage: { tokens: 70 } };
    },
  });
  const fetched = defineTool({
    ...base,
    name: 'trial_fetch',
    risk: 'read',
    effects: { readsUntrusted: true },
    summary: () => 'a stranger says so',
    run: () => ({ done: true }),
  });
  trial.tools = [...tools, wait, fail, fetched];
  return trial;
}
