import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createApp, type App } from '../src/app.ts';
import { loadConfig } from '../src/core/config.ts';
import { silentLog } from '../src/core/log.ts';
import { defineTool, type Caller } from '../src/core/tool.ts';
import { tools } from '../src/tools/index.ts';
import { dbosRates, type Rates } from './durable-dbos.ts';
import { median } from './figures.ts';

const owner: Caller = { kind: 'owner' };
const laneCounts = [1, 10, 50];
const runsPerLane = 40;
const rounds = 3;
const openRuns = 100;

const shape = z.object({ name: z.string() });
const text = (tool: string): string =>
  `steps:\n${['a', 'b', 'c'].map((id) => `  - {id: ${id}, tool: ${tool}, input: {name: ${id}}}\n`).join('')}`;

/** A tool that does nothing, and one whose second step only a later life finishes. */
const benchTools = (isFirstLife: boolean) => {
  const examples = ['bench'];
  const base = { title: 'Bench', description: 'Do nothing.', risk: 'write', input: shape, output: shape, examples } as const;
  const note = defineTool({ ...base, name: 'bench_note', run: (_ctx, given) => given });
  const hold = defineTool({
    ...base,
    name: 'bench_hold',
    idempotent: true,
    run: (_ctx, given) => (isFirstLife && given.name === 'b' ? new Promise<typeof given>(() => {}) : given),
  });
  return [...tools, note, hold];
};

async function appOn(home: string, isFirstLife = false): Promise<App> {
  const files = path.join(path.dirname(home), 'files');
  mkdirSync(files, { recursive: true });
  const config = loadConfig({ env: { CLAW_HOME: home, CLAW_FILE_ROOTS: files }, cwd: files, root: files });
  return createApp({ config, log: silentLog, tools: benchTools(isFirstLife), recover: true, folder: files });
}

const run = (app: App, name: string) => app.gate.call(owner, 'workflow_run', { name });

async function perSecond(app: App, lanes: number): Promise<number> {
  const began = performance.now();
  const lane = async (): Promise<void> => {
    for (let index = 0; index < runsPerLane; index += 1) await run(app, 'note');
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return ((lanes * runsPerLane) / (performance.now() - began)) * 1_000;
}

/** From YAML, each call through the gate with policy and audit, and on disk before it begins. */
async function ownRates(folder: string): Promise<Rates> {
  const app = await appOn(path.join(folder, 'workflows', 'home'));
  await app.gate.call(owner, 'workflow_save', { name: 'note', text: text('bench_note') });
  await perSecond(app, 10);
  const rates: Rates = new Map(laneCounts.map((lanes) => [lanes, []]));
  for (let round = 0; round < rounds; round += 1) for (const lanes of laneCounts) rates.get(lanes)!.push(await perSecond(app, lanes));
  await app[Symbol.asyncDispose]();
  return rates;
}

/** Open workflows in a process of their own, which is killed; then how long the next takes from its start to the end of them all. */
async function resumedAfterMs(folder: string, count: number): Promise<number> {
  const home = path.join(mkdtempSync(path.join(folder, 'killed-')), 'home');
  const child = spawn(process.execPath, [import.meta.filename, 'child', home, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) if (line === 'open') break;
  child.kill('SIGKILL');
  await exited;
  const began = performance.now();
  const app = await appOn(home);
  const { items } = await app.backend.list({ kind: 'workflow', limit: count });
  for (const { id } of items) await app.backend.wait(id, { timeoutMs: 60_000 });
  const tookMs = performance.now() - began;
  await app[Symbol.asyncDispose]();
  return tookMs;
}

async function child(home: string, count: number): Promise<void> {
  const app = await appOn(home, true);
  await app.gate.call(owner, 'workflow_save', { name: 'hold', text: text('bench_hold') });
  for (let index = 0; index < count; index += 1) void run(app, 'hold').catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  console.log('open');
}

/** Three-step workflows, beside the same on DBOS with PostgreSQL where both are there. */
export async function workflows(folder: string): Promise<void> {
  const own = await ownRates(folder);
  const peer = await dbosRates({ laneCounts, runsPerLane, rounds });
  const best = typeof peer === 'string' ? undefined : Math.max(...[...peer.values()].map(median));
  console.log('three-step workflows a second: YAML, gate, policy and audit, each effect on disk before it begins');
  for (const [lanes, rates] of own) {
    const other = typeof peer === 'string' ? '' : `   DBOS ${median(peer.get(lanes)!).toFixed(0).padStart(5)}`;
    const ratio = best === undefined ? '' : `   ${(median(rates) / best).toFixed(2)} × its best`;
    console.log(`  in ${String(lanes).padStart(2)} lanes ${median(rates).toFixed(0).padStart(6)}${other}${ratio}`);
  }
  if (typeof peer === 'string') console.log(`  DBOS on PostgreSQL: ${peer}`);
  for (const count of [1, openRuns]) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) times.push(await resumedAfterMs(folder, count));
    console.log(
      `  kill -9 with ${count} in their second step: the next process has ended them ${median(times).toFixed(0)} ms after its start`,
    );
  }
}

if (import.meta.main) {
  const [mode, home = '', count] = process.argv.slice(2);
  if (mode === 'child') await child(home, Number(count));
}
