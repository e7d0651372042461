import type { IntakeResult } from '../src/agents/intake/intake.ts';
import { createApp, type App } from '../src/app.ts';
import { manualClock, type Clock } from '../src/core/clock.ts';
import { loadConfig } from '../src/core/config.ts';
import { ToolError } from '../src/core/errors.ts';
import { silentLog } from '../src/core/log.ts';
import type { Caller, Tool } from '../src/core/tool.ts';
import type { CallResult, OpenGate } from '../src/gate/gate-types.ts';
import { tools as allTools } from '../src/tools/index.ts';
import type { RunHandler } from '../src/durable/backend.ts';
import type { Driver } from './drivers.ts';
import type { Ground } from './ground.ts';
import { loopDoor, loopKind } from './loop-door.ts';
import { filled, type Places } from './places.ts';
import type { Call, WorldSpec } from './scenario.ts';

/** The real app for one person, on its ground. */
export interface World extends AsyncDisposable, Pick<Ground, 'places' | 'web' | 'thief' | 'put'> {
  app: App;
  gate: OpenGate;
  tools: Tool[];
  clock?: ReturnType<typeof manualClock>;
  call(call: Call & { by?: Caller }): Promise<CallResult>;
  /** The last row of the audit before the request: what comes later is the request's. */
  begunAt: number;
  /** Makes a request as the owner, and gives its run; throws where it is refused at once. */
  request(text: string): Promise<string>;
}

const owner: Caller = { kind: 'owner' };

export async function openWorld(ground: Ground, spec: WorldSpec, door: NonNullable<Driver['enters']> = 'intake'): Promise<World> {
  const { places } = ground;
  const clock = spec.ownClock ? manualClock() : undefined;
  const tools = failing(spec.failing ?? {});
  await using stack = new AsyncDisposableStack();
  const loop = loopDoor();
  const given = door === 'loop' ? { tools: [...tools, loop.window], runs: { [loopKind]: loop.handler } } : { tools };
  const app = stack.use(await openApp(ground, { ...given, clock }));
  const gate = await app.openGate();
  if (door === 'loop') await loop.openTo(gate);
  const call: World['call'] = ({ tool, input, by = owner }) =>
    gate.call(by, tool, filled(input, places), by.kind === 'owner' ? {} : { session: by.name ?? by.kind });
  for (const one of spec.before ?? []) await call(one).catch(unlessAsked);
  const opened = stack.move();
  const { web, thief, put } = ground;
  return {
    app,
    gate,
    tools,
    places,
    web,
    thief,
    clock,
    call,
    put,
    begunAt: await newestRow(gate),
    request: async (text) => {
      if (door === 'loop') return app.backend.start({ kind: loopKind, input: text, caller: 'owner' });
      return ((await call({ tool: 'intake_run', input: { request: text } })).output as IntakeResult).runId;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** claw itself, with what it needs of its surroundings; takes over what a process that died has left. */
export function openApp(
  { env, places }: { env: Ground['env']; places: Places },
  given: { tools: Tool[]; clock?: Clock; runs?: Record<string, RunHandler> },
): Promise<App> {
  const config = loadConfig({ env, cwd: places.home, root: places.home });
  const programs = { PATH: process.env.PATH ?? '', HOME: places.home };
  return createApp({ config, log: silentLog, recover: true, folder: places.home, env: programs, ...given });
}

/** The registry, where some tools fail so many times before they work. */
function failing(counts: Record<string, number>): Tool[] {
  const left = new Map(Object.entries(counts));
  return allTools.map((tool) => {
    if (!left.has(tool.name)) return tool;
    const run: Tool['run'] = (ctx, input) => {
      const more = left.get(tool.name)!;
      if (more === 0) return tool.run(ctx, input);
      left.set(tool.name, more - 1);
      throw new ToolError('unavailable', 'It does not answer.', { hint: 'Try again.' });
    };
    return { ...tool, run };
  });
}

/** Who may wait for the owner beforehand: that is a state as well. */
function unlessAsked(error: unknown): void {
  if (!(error instanceof ToolError) || error.code !== 'approval_required') throw error;
}

async function newestRow(gate: OpenGate): Promise<number> {
  const { output } = await gate.call(owner, 'audit_tail', { limit: 1 });
  return (output as { items: { seq: number }[] }).items[0]?.seq ?? 0;
}
