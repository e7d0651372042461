import { z } from 'zod';
import type { ModelDesk } from '../src/agents/models/model-desk.ts';
import { runLoop } from '../src/agents/loop/tool-loop.ts';
import { defaultLimits } from '../src/agents/loop/loop-types.ts';
import { defineTool, type Tool } from '../src/core/tool.ts';
import type { RunHandler } from '../src/durable/backend.ts';
import type { OpenGate } from '../src/gate/gate-types.ts';

export const loopKind = 'eval-loop';

/** A kind of run that is one loop: the request, every tool, the owner's own rights, and no plan. */
export function loopDoor(): { window: Tool; handler: RunHandler; openTo(gate: OpenGate): Promise<void> } {
  let models: ModelDesk;
  let gate: OpenGate;
  // Tools see the engines, and so do we through one of our own.
  const window = defineTool({
    name: 'eval_window',
    title: 'Window',
    description: 'Shows the evals what tools see.',
    risk: 'read',
    input: z.object({}),
    output: z.object({}),
    examples: [],
    run: (ctx) => ((models = ctx.models), {}),
  });
  return {
    window,
    openTo: async (opened) => {
      gate = opened;
      await gate.call({ kind: 'owner' }, window.name, {});
    },
    handler: (run) => {
      const tools = gate.list({ kind: 'owner' }).filter(({ name }) => name !== window.name);
      const find = (name: string): Tool | undefined => tools.find((tool) => tool.name === name);
      return runLoop(
        { gate, run, caller: { kind: 'owner' }, models, find },
        {
          id: 't1',
          role: 'executor',
          system: 'You carry out one request.',
          messages: [{ role: 'user', text: String(run.input) }],
          tools,
          limits: defaultLimits,
        },
      );
    },
  };
}
