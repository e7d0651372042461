import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fsync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { systemClock } from '../src/core/clock.ts';
import { openDatabase, type Db } from '../src/core/database.ts';
import { silentLog } from '../src/core/log.ts';
import type { DurableBackend, RunHandler } from '../src/durable/backend.ts';
import { createSqliteBackend, durableSchema } from '../src/durable/sqlite-backend.ts';
import { workflows } from './durable-workflows.ts';

const runsPerRound = 2_000;
const flushedRunsPerRound = 60;
const openRuns = 1_000;
const caller = 'owner';

const threeSteps =
  (idempotent: boolean): RunHandler =>
  async (run) => {
    for (const id of ['a', 'b', 'c']) await run.step({ id, tool: 'bench', input: { id }, idempotent }, async () => ({ id }));
  };

/** Waits for a word, or does a step that only a later life finishes. */
const openRun =
  (isFirstLife: boolean): RunHandler =>
  async (run) => {
    const { waits } = run.input as { waits: boolean };
    await run.step({ id: 'first', tool: 'bench', input: {}, idempotent: true }, async () => 1);
    if (waits) return run.waitSignal('word');
    return run.step({ id: 'second', tool: 'bench', input: {}, idempotent: true }, async () => (isFirstLife ? new Promise(() => {}) : 2));
  };

function journal(folder: string, isFirstLife = false): { db: Db; backend: DurableBackend } {
  const db = openDatabase(path.join(folder, 'claw.db'), [durableSchema]);
  const backend = createSqliteBackend({ db, clock: systemClock, log: silentLog });
  backend.register('reads', threeSteps(true));
  backend.register('writes', threeSteps(false));
  backend.register('open', openRun(isFirstLife));
  return { db, backend };
}

async function perSecond(count: number, lanes: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const lane = async (): Promise<void> => {
    for (let i = 0; i < count / lanes; i += 1) await work();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return (count / (performance.now() - began)) * 1_000;
}

const toTheEnd = async (backend: DurableBackend, kind: string): Promise<void> => {
  const id = await backend.start({ kind, input: {}, caller });
  await backend.wait(id, { timeoutMs: 60_000 });
};

/** The same eight commits as a three-step run, by bare statements on one bare table. */
function bareTransactions(folder: string): number {
  const sqlite = new Database(path.join(folder, 'bare.db'));
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = NORMAL');
  sqlite.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, text TEXT NOT NULL, state TEXT NOT NULL)');
  const insert = sqlite.prepare("INSERT INTO bare (text, state) VALUES (?, 'running')");
  const update = sqlite.prepare("UPDATE bare SET text = ?, state = 'done' WHERE id = ?");
  const text = JSON.stringify({ id: 'a' });
  const began = performance.now();
  for (let run = 0; run < runsPerRound; run += 1) {
    const ids = Array.from({ length: 4 }, () => insert.run(text).lastInsertRowid);
    for (const id of ids) update.run(text, id);
  }
  const rate = (runsPerRound / (performance.now() - began)) * 1_000;
  sqlite.close();
  return rate;
}

async function oneFsyncMs(folder: string): Promise<number> {
  const descriptor = openSync(path.join(folder, 'fsync'), 'w');
  const times: number[] = [];
  for (let i = 0; i < 50; i += 1) {
    writeSync(descriptor, 'x'.repeat(4_096));
    const began = performance.now();
    await promisify(fsync)(descriptor);
    times.push(performance.now() - began);
  }
  return median(times);
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Medians of interleaved rounds, so that a change of the machine's mood meets all of them. */
async function throughput(folder: string): Promise<void> {
  const { db, backend } = journal(folder);
  await backend.open({ recover: true });
  const rates: Record<string, number[]> = { bare: [], one: [], ten: [], writesOne: [], writesTen: [] };
  await perSecond(500, 1, async () => toTheEnd(backend, 'reads'));
  for (let round = 0; round < 3; round += 1) {
    rates.bare!.push(bareTransactions(mkdtempSync(path.join(folder, 'bare-'))));
    rates.one!.push(await perSecond(runsPerRound, 1, async () => toTheEnd(backend, 'reads')));
    rates.ten!.push(await perSecond(runsPerRound, 10, async () => toTheEnd(backend, 'reads')));
    rates.writesOne!.push(await perSecond(flushedRunsPerRound, 1, async () => toTheEnd(backend, 'writes')));
    rates.writesTen!.push(await perSecond(flushedRunsPerRound * 5, 10, async () => toTheEnd(backend, 'writes')));
  }
  await backend.close();
  db.close();
  const fsyncMs = await oneFsyncMs(folder);
  const of = (name: string): number => median(rates[name]!);
  const limit = 1_000 / (3 * fsyncMs);
  print('three-step runs a second, steps that may be repeated');
  print(`  limit: eight bare commits each     ${whole(of('bare'))}`);
  print(`  one after the other                ${whole(of('one'))}   ${ratio(of('one'), of('bare'))} of the limit`);
  print(`  in 10 lanes                        ${whole(of('ten'))}   ${ratio(of('ten'), of('bare'))} of the limit`);
  print(`three-step runs a second, each step forced to disk before it begins (one fsync ${fsyncMs.toFixed(2)} ms)`);
  print(`  limit: three fsyncs each           ${whole(limit)}`);
  print(`  one after the other                ${whole(of('writesOne'))}   ${ratio(of('writesOne'), limit)} of the limit`);
  print(
    `  in 10 lanes                        ${whole(of('writesTen'))}   ${ratio(of('writesTen'), limit)} of the limit for one lane (they share fsyncs)`,
  );
}

/** Opens the runs in a process of its own, and kills it. */
async function killedWith(folder: string, count: number): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, 'child', folder, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) if (line === 'open') break;
  child.kill('SIGKILL');
  await exited;
}

async function child(folder: string, count: number): Promise<void> {
  const { backend } = journal(folder, true);
  await backend.open({ recover: true });
  for (let i = 0; i < count; i += 1) await backend.start({ kind: 'open', input: { waits: i % 2 === 0 }, caller });
  await new Promise((resolve) => setTimeout(resolve, 300));
  console.log('open');
}

interface Resumption {
  openMs: number;
  servingMs: number;
  resumedMs: number;
}

async function resume(folder: string): Promise<Resumption> {
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const { db, backend } = journal(folder);
  const openMs = since();
  await backend.open({ recover: true });
  await toTheEnd(backend, 'reads');
  const servingMs = since();
  const { items } = await backend.list({ kind: 'open', limit: openRuns });
  for (const run of items) if ((run.input as { waits: boolean }).waits) await backend.signal(run.id, 'word', 1);
  for (const run of items) await backend.wait(run.id, { timeoutMs: 60_000, throughWaiting: true });
  const resumedMs = since();
  await backend.close();
  db.close();
  return { openMs, servingMs, resumedMs };
}

/** A resumed run is claimed, has its step or signal recorded, shows itself, and ends: four commits. */
async function resumption(folder: string, count: number): Promise<void> {
  const bareMs = (count * 500) / bareTransactions(mkdtempSync(path.join(folder, 'bare-')));
  const rounds: Resumption[] = [];
  for (let round = 0; round < 3; round += 1) {
    const own = mkdtempSync(path.join(folder, 'kill-'));
    await killedWith(own, count);
    rounds.push(await resume(own));
  }
  const of = (field: keyof Resumption): number => median(rounds.map((round) => round[field]));
  print(`kill -9 with ${count} open run${count === 1 ? '' : 's'}, then the next process`);
  print(`  limit: opening the file alone      ${of('openMs').toFixed(1)} ms`);
  print(`  serving a new run after            ${of('servingMs').toFixed(1)} ms   ${ratio(of('servingMs'), of('openMs'))} × the limit`);
  print(
    `  every run resumed and ended after  ${of('resumedMs').toFixed(1)} ms   ${ratio(of('resumedMs'), of('openMs') + bareMs)} × opening the file and four bare commits a run (${(of('openMs') + bareMs).toFixed(1)} ms)`,
  );
}

const print = (line: string): void => console.log(line);
const whole = (value: number): string => value.toFixed(0).padStart(6);
const ratio = (value: number, limit: number): string => (value / limit).toFixed(2);

/** What the journal costs, beside what the disk and bare SQLite allow. */
export default async function durable(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'claw-bench-durable-'));
  try {
    await throughput(folder);
    await resumption(folder, 1);
    await resumption(folder, openRuns);
    await workflows(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [mode, folder, count] = process.argv.slice(2);
  if (mode === 'child' && folder !== undefined) await child(folder, Number(count));
  else await durable();
}
