import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApp, type App } from '../src/app.ts';
import { manualClock } from '../src/core/clock.ts';
import { loadConfig } from '../src/core/config.ts';
import { ToolError } from '../src/core/errors.ts';
import { silentLog } from '../src/core/log.ts';
import type { Caller, Tool } from '../src/core/tool.ts';
import type { CallResult, OpenGate } from '../src/gate/gate-types.ts';
import { tools as allTools } from '../src/tools/index.ts';
import { filled, type Places } from './places.ts';
import type { Call, WorldSpec } from './scenario.ts';
import { startWeb, type Web } from './web.ts';

/** The real app for one person, on an empty folder, with the scenario's files and servers around it. */
export interface World extends AsyncDisposable {
  app: App;
  gate: OpenGate;
  tools: Tool[];
  places: Places;
  web: Web;
  thief: Web;
  clock?: ReturnType<typeof manualClock>;
  call(call: Call & { by?: Caller }): Promise<CallResult>;
  /** Puts files where they belong. */
  put(files: Record<string, string>): void;
  /** The last row of the audit before the request: what comes later is the request's. */
  begunAt: number;
}

const owner: Caller = { kind: 'owner' };

export async function buildWorld(spec: WorldSpec, settings: Record<string, string>): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'claw-eval-')));
  stack.defer(() => rmSync(base, { recursive: true, force: true }));
  const places: Places = { home: path.join(base, 'person'), data: path.join(base, 'data'), web: '', thief: '' };
  const web = stack.use(await startWeb(() => filled(spec.pages ?? {}, places)));
  const thief = stack.use(await startWeb(() => ({})));
  Object.assign(places, { web: `http://${web.host}`, thief: `http://${thief.host}` });
  mkdirSync(places.home, { recursive: true });
  const put: World['put'] = (files) => {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(places.home, filled(name, places));
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, filled(text, places));
    }
  };
  put(spec.files ?? {});
  if (spec.policy !== undefined) writePolicy(places, spec.policy);
  const clock = spec.ownClock ? manualClock() : undefined;
  const tools = failing(spec.failing ?? {});
  const env = {
    CLAW_HOME: places.data,
    CLAW_FILE_ROOTS: places.home,
    CLAW_HTTP_ALLOW: `${web.host},${thief.host}`,
    CLAW_EMBEDDINGS: 'none',
    ...settings,
    ...filled(spec.env ?? {}, places),
  };
  const config = loadConfig({ env, cwd: places.home, root: base });
  const programs = { PATH: process.env.PATH ?? '', HOME: places.home };
  const app = stack.use(await createApp({ config, log: silentLog, tools, recover: true, folder: places.home, clock, env: programs }));
  const gate = await app.openGate();
  const call: World['call'] = ({ tool, input, by = owner }) =>
    gate.call(by, tool, filled(input, places), by.kind === 'owner' ? {} : { session: by.name ?? by.kind });
  for (const one of spec.before ?? []) await call(one).catch(unlessAsked);
  const opened = stack.move();
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
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function writePolicy({ data }: Places, text: string): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(data, 'policy.yaml'), text, { mode: 0o600 });
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
