import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createApp, type App } from '../src/app.ts';
import { systemClock } from '../src/core/clock.ts';
import { loadConfig } from '../src/core/config.ts';
import { openDatabase } from '../src/core/database.ts';
import { silentLog } from '../src/core/log.ts';
import { defineTool, type Caller } from '../src/core/tool.ts';
import { createSqliteBackend, durableSchema } from '../src/durable/sqlite-backend.ts';
import { tools } from '../src/tools/index.ts';
import { dbosRates, type Rates } from './durable-dbos.ts';
import { median } from './figures.ts';

const owner: Caller = { kind: 'owner' };
const laneCounts = [1, 10, 100];
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

async function perSecond(lanes: number, once: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const lane = async (): Promise<void> => {
    for (let index = 0; index < runsPerLane; index += 1) await once();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return ((lanes * runsPerLane) / (performance.now() - began)) * 1_000;
}

/** From YAML, each call through the gate with policy and audit, and on disk before it begins. */
async function ownRates(folder: string): Promise<Rates> {
  const app = await appOn(path.join(folder, 'workflows', 'home'));
  await app.gate.call(owner, 'workflow_save', { name: 'note', text: text('bench_note') });
  const rates = await ratesOf(() => run(app, 'note'));
  await app[Symbol.asyncDispose]();
  return rates;
}

async function ratesOf(once: () => Promise<unknown>): Promise<Rates> {
  await perSecond(10, once);
  const rates: Rates = new Map(laneCounts.map((lanes) => [lanes, []]));
  for (let round = 0; round < rounds; round += 1) for (const lanes of laneCounts) rates.get(lanes)!.push(await perSecond(lanes, once));
  return rates;
}

/** The same three steps in code, as DBOS has them, on the journal alone; the end too is on disk before anyone hears of it. */
async function journalRates(folder: string): Promise<Rates> {
  const db = openDatabase(path.join(folder, 'steps.db'), [durableSchema]);
  const backend = createSqliteBackend({ db, clock: systemClock, log: silentLog });
  backend.register('steps', async ({ step }) => {
    for (const name of ['a', 'b', 'c']) await step({ id: name, tool: 'bench', input: {}, idempotent: false }, async () => ({ name }));
  });
  await backend.open({ recover: true });
  const rates = await ratesOf(async () => {
    const id = await backend.start({ kind: 'steps', input: {}, caller: 'owner' });
    await backend.wait(id, { timeoutMs: 60_000 });
    await db.flushed();
  });
  await backend.close();
  db.close();
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

function show(label: string, rates: Rates, peer: Rates | string): void {
  const best = typeof peer === 'string' ? undefined : Math.max(...[...peer.values()].map(median));
  const cells = [...rates].map(([lanes, found]) => `${lanes} lanes ${median(found).toFixed(0)}`);
  const fastest = Math.max(...[...rates.values()].map(median));
  console.log(
    `  ${label.padEnd(42)} ${cells.join('   ')}${best === undefined ? '' : `   ${(fastest / best).toFixed(2)} × the best of DBOS`}`,
  );
}

/** Three-step workflows, beside the same on DBOS with PostgreSQL where both are there. */
export async function workflows(folder: string): Promise<void> {
  const own = await ownRates(folder);
  const journal = await journalRates(folder);
  const peer = await dbosRates({ laneCounts, runsPerLane, rounds });
  console.log('three-step workflows a second, each result on disk before the next step begins');
  show('YAML, gate, policy and audit', own, peer);
  show('the steps alone, on the journal', journal, peer);
  if (typeof peer !== 'string') show('the steps alone, on DBOS with PostgreSQL', peer, peer);
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
