import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Tool } from '../src/core/tool.ts';
import { tools as allTools } from '../src/tools/index.ts';
import type { Ground } from './ground.ts';
import type { Kill } from './scenario.ts';
import { openApp } from './world.ts';

interface Order extends Pick<Ground, 'env' | 'places'> {
  request: string;
  kill: Kill;
}

/** Makes the request in a process of its own, which kills itself with SIGKILL in the middle of the call. */
export async function askAndDie({ env, places }: Ground, request: string, kill: Kill): Promise<void> {
  const order: Order = { env, places, request, kill };
  const child = spawn(process.execPath, [import.meta.filename, JSON.stringify(order)], { stdio: 'inherit' });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the process came to an end without ${kill.at}`);
}

/** The registry of a process that dies with the so-many-th call of a tool. */
function deadly({ at, nth = 1, when }: Kill): Tool[] {
  let calls = 0;
  const die = (): never => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('it lives');
  };
  return allTools.map((tool) => {
    if (tool.name !== at) return tool;
    const run: Tool['run'] = async (ctx, input) => {
      calls += 1;
      if (calls < nth) return tool.run(ctx, input);
      if (when === 'after') await tool.run(ctx, input);
      return die();
    };
    return { ...tool, run };
  });
}

if (import.meta.main) {
  const { request, kill, ...ground } = JSON.parse(process.argv[2]!) as Order;
  const app = await openApp(ground, { tools: deadly(kill) });
  const gate = await app.openGate();
  await gate.call({ kind: 'owner' }, 'intake_run', { request });
  await app[Symbol.asyncDispose]();
}
