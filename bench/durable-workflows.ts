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
import { dbosContestants } from './durable-dbos.ts';
import { journalContestants } from './durable-journal.ts';
import { bestRates, median, type Contestants, type Rates } from './figures.ts';

const owner: Caller = { kind: 'owner' };
const rounds = 3;
const course = { laneCounts: [1, 10, 100], runsPerLane: 40, rounds: 5 };
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

/** From YAML, each call through the gate with policy and audit, and on disk before it begins. */
async function gateContestant(folder: string): Promise<Contestants<'yaml'>> {
  const app = await appOn(path.join(folder, 'workflows', 'home'));
  await app.gate.call(owner, 'workflow_save', { name: 'note', text: text('bench_note') });
  return { once: { yaml: () => run(app, 'note') }, close: async () => app[Symbol.asyncDispose]() };
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

/** What each line holds beside the one above it: ours, and its like on DBOS. */
const pairs = [
  ['steps', 'peerSteps', 'three steps in code, each on record before, and with its result after'],
  ['audited', 'peerRows', 'and two audit rows a step, one on disk before it begins; here in a hash chain, there not'],
  ['audited', 'peerChained', 'and the rows there in a hash chain too'],
  ['yaml', 'peerChained', 'and here all of a call from a YAML file: schema, policy, taint, redaction, undo; there as before'],
] as const;

function show([own, peer, title]: (typeof pairs)[number], rates: Map<string, Rates>): void {
  const [ours, theirs] = [rates.get(own)!, rates.get(peer)];
  console.log(`  ${title}`);
  console.log(
    `    here                    ${cellsOf(ours)}${theirs ? `   ${(best(ours) / best(theirs)).toFixed(2)} × the best of DBOS` : ''}`,
  );
  if (theirs) console.log(`    on DBOS and PostgreSQL  ${cellsOf(theirs)}`);
}

const cellsOf = (rates: Rates): string => [...rates].map(([lanes, rate]) => `${lanes} lanes ${rate.toFixed(0)}`).join('   ');
const best = (rates: Rates): number => Math.max(...rates.values());

async function throughput(folder: string): Promise<void> {
  const own = [await gateContestant(folder), await journalContestants(folder)];
  const peer = await dbosContestants();
  const all = typeof peer === 'string' ? own : [...own, peer];
  const rates = await bestRates(Object.assign({}, ...all.map(({ once }) => once)) as Contestants<string>['once'], course);
  for (const { close } of all) await close();
  console.log(`three-step workflows a second, each result on disk before the next step begins; the best of ${course.rounds} rounds`);
  for (const pair of pairs) if (typeof peer !== 'string' || pair[1] !== 'peerChained' || pair[0] === 'yaml') show(pair, rates);
  if (typeof peer === 'string') console.log(`  DBOS on PostgreSQL: ${peer}`);
}

/** Three-step workflows, beside the same on DBOS with PostgreSQL where both are there. */
export async function workflows(folder: string): Promise<void> {
  await throughput(folder);
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
