import { z } from 'zod';
import type { ModelDesk } from '../../src/agents/models/model-desk.ts';
import { runLoop } from '../../src/agents/loop/tool-loop.ts';
import { defaultLimits, type LoopEnd, type LoopLimits, type LoopTask } from '../../src/agents/loop/loop-types.ts';
import { defineTool, type Caller, type Tool } from '../../src/core/tool.ts';
import type { RunRecord } from '../../src/durable/backend.ts';
import { tools as allTools } from '../../src/tools/index.ts';
import { startApp, type TestApp } from './app.ts';
import { startModelServer, type ModelServer, type Turn } from './model-server.ts';

export interface LoopApp {
  app: TestApp;
  server: ModelServer;
  /** The same on the same data folder, once the first is closed. */
  again(): Promise<TestApp>;
  /** Starts one loop as a run of its own, and waits until it has ended or asks something. */
  loop(request: string, options?: LoopOptions): Promise<RunRecord & { output: LoopEnd }>;
}

interface LoopOptions {
  tools?: string[];
  limits?: Partial<LoopLimits>;
  finish?: z.ZodType;
}

const limits: LoopLimits = { ...defaultLimits, rounds: 12, calls: 12, ms: 20_000 };

/** The real app, with a scripted model behind it and a kind of run that is one loop. */
export async function startLoopApp(
  script: Turn[] | Parameters<typeof startModelServer>[0],
  { env = {}, tools = [] }: { env?: Record<string, string>; tools?: Tool[] } = {},
): Promise<LoopApp> {
  const server = await startModelServer(script);
  let desk: ModelDesk | undefined;
  let asked: LoopOptions = {};
  // Tools see the models; a test sees them through one.
  const window = defineTool({
    name: 'test_window',
    title: 'Window',
    description: 'Shows a test what tools see.',
    input: z.object({}),
    output: z.object({}),
    risk: 'read',
    examples: [],
    run: (ctx) => ((desk = ctx.models), {}),
  });
  const known = [...allTools, ...tools, window];
  const find = (name: string): Tool | undefined => known.find((tool) => tool.name === name);
  const caller: Caller = { kind: 'agent', name: 'test' };
  const open = async (home?: string): Promise<TestApp> => {
    const app = await startApp({
      recover: true,
      ...(home !== undefined && { home }),
      tools: known,
      env: {
        CLAW_MODEL: 'openai/scripted',
        OPENAI_BASE_URL: server.url,
        ANTHROPIC_BASE_URL: server.url,
        ANTHROPIC_API_KEY: 'sk-t',
        ...env,
      },
      runs: {
        loop: (run) => {
          const task: LoopTask = {
            id: 't1',
            role: 'executor',
            system: 'You are tested.',
            messages: [{ role: 'user', text: String(run.input) }],
            tools: (asked.tools ?? []).map((name) => find(name)!),
            limits: { ...limits, ...asked.limits },
            ...(asked.finish && { finish: asked.finish }),
          };
          return runLoop({ gate: app.gate, run, caller, models: desk!, find }, task);
        },
      },
    });
    await app.call('test_window');
    return app;
  };
  const app = await open();
  return {
    app,
    server,
    again: () => open(app.home),
    loop: async (request, options = {}) => {
      asked = options;
      const id = await app.backend.start({ kind: 'loop', input: request, caller: 'owner' });
      return (await app.backend.wait(id, { timeoutMs: 20_000 })) as RunRecord & { output: LoopEnd };
    },
  };
}
