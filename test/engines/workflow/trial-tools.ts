import { z } from 'zod';
import { ToolError } from '../../../src/core/errors.ts';
import { defineTool, type Tool } from '../../../src/core/tool.ts';
import { tools } from '../../../src/tools/index.ts';

const examples = ['try one', 'try two', 'try three', 'try four', 'try five'];
const output = z.object({ name: z.string() });
const input = z.object({ name: z.string() });

/** Tools whose course a test sees and decides, beside the real ones. */
export interface Trial {
  tools: Tool[];
  /** What was done, in order: `put a`, `take a`. */
  log: string[];
  /** Calls of `trial_hold` wait for this to be called with their name. */
  release(name: string): void;
  /** How many calls of `trial_fail` are still to fail. */
  failures: number;
}

export function trialTools(): Trial {
  const held = new Map<string, () => void>();
  const base = { title: 'Try', description: 'Try something.', output, examples, input } as const;
  const trial: Trial = { tools: [], log: [], failures: Infinity, release: (name) => held.get(name)?.() };
  const put = defineTool({
    ...base,
    name: 'trial_put',
    risk: 'write',
    run: (_ctx, { name }) => {
      trial.log.push(`put ${name}`);
      return { name };
    },
    undo: ({ name }) => ({ tool: 'trial_take', input: { name } }),
  });
  const take = defineTool({
    ...base,
    name: 'trial_take',
    risk: 'destructive',
    run: (_ctx, { name }) => {
      trial.log.push(`take ${name}`);
      return { name };
    },
  });
  const hold = defineTool({
    ...base,
    name: 'trial_hold',
    risk: 'write',
    run: (ctx, { name }) => {
      trial.log.push(`hold ${name}`);
      return new Promise((resolve, reject) => {
        held.set(name, () => resolve({ name }));
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error));
      });
    },
  });
  const fail = defineTool({
    ...base,
    name: 'trial_fail',
    risk: 'write',
    run: (_ctx, { name }) => {
      trial.log.push(`fail ${name}`);
      if (trial.failures <= 0) return { name };
      trial.failures -= 1;
      throw new ToolError('unavailable', 'The trial failed.', { hint: 'Try again.' });
    },
  });
  const fetch = defineTool({ ...base, name: 'trial_fetch', risk: 'read', effects: { readsUntrusted: true }, run: (_ctx, given) => given });
  trial.tools = [...tools, put, take, hold, fail, fetch];
  return trial;
}
