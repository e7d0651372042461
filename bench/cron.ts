import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/core/config.ts';
import { openDatabase } from '../src/core/database.ts';
import { newId } from '../src/core/ids.ts';
import { silentLog } from '../src/core/log.ts';
import { createJobRows } from '../src/engines/cron/job-rows.ts';
import { nextTime } from '../src/engines/cron/next-time.ts';
import { systemClock } from '../src/core/clock.ts';
import { percentile } from './figures.ts';

const jobCount = 10_000;
/** Long enough for the turn of a minute, when many come due at once. */
const watchedMs = 65_000;
/** In which a process comes to rest. */
const restMs = 5_000;
const latenessLimitMs = 50;
const memoryLimitMb = 30;

interface Life {
  /** Resident memory after the process has come to rest, in MB. */
  restingMb: number;
  heapMb: number;
  /** How late each firing started, in ms. */
  lateness: number[];
}

interface Trial {
  jobs: number;
  /** From when on they come due. */
  firstDueMs: number;
  watchedMs: number;
}

/** 10,000 jobs of mixed schedules, of which some come due in each second: lateness of firings, and memory beside an empty server's. */
export default async function bench(): Promise<void> {
  const empty = await inProcess({ jobs: 0, firstDueMs: 0, watchedMs: restMs });
  const loaded = await inProcess({ jobs: jobCount, firstDueMs: 3_600_000, watchedMs: restMs });
  const busy = await inProcess({ jobs: jobCount, firstDueMs: 3_000, watchedMs });
  const moreMb = loaded.restingMb - empty.restingMb;
  const p99 = percentile(busy.lateness, 0.99);
  const spread = [0.5, 0.9, 0.99, 1].map((share) => percentile(busy.lateness, share).toFixed(1)).join(' / ');
  console.log(`${jobCount} jobs, ${busy.lateness.length} firings in ${watchedMs / 1_000} s: late by ${spread} ms (p50 / p90 / p99 / most)`);
  console.log(`lateness p99: ${p99.toFixed(1)} of ${latenessLimitMs} ms, ${(p99 / latenessLimitMs).toFixed(2)} of the limit`);
  console.log(`resident memory: ${empty.restingMb.toFixed(1)} MB with no job, ${loaded.restingMb.toFixed(1)} MB with ${jobCount}`);
  console.log(`more memory: ${moreMb.toFixed(1)} of ${memoryLimitMb} MB, ${(moreMb / memoryLimitMb).toFixed(2)} of the limit`);
  // Most of it is room that the heap keeps after any work, whoever asked for it.
  console.log(`after ${busy.lateness.length} firings: ${busy.restingMb.toFixed(1)} MB, ${busy.heapMb.toFixed(1)} MB of its heap in use`);
}

async function inProcess(trial: Trial): Promise<Life> {
  const home = path.join(mkdtempSync(path.join(tmpdir(), 'claw-cron-')), 'home');
  await (await open(home))[Symbol.asyncDispose]();
  // Not by the process that is measured: the room that its heap took for it would count.
  if (trial.jobs > 0) load(path.join(home, 'claw.db'), trial);
  const child = spawn(process.execPath, ['--expose-gc', import.meta.filename, home, JSON.stringify(trial)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  await once(child, 'close');
  rmSync(path.dirname(home), { recursive: true, force: true });
  return JSON.parse(out) as Life;
}

/** A third each: intervals of ten minutes spread over their ten minutes, each hour of a timezone at some minute, and weekdays at 8:30. */
function scheduleOf(index: number): { schedule: string; timezone: string; anchor: number } {
  const anchor = Date.now() - ((index * 997) % 600_000);
  if (index % 3 === 0) return { schedule: 'every 10m', timezone: 'UTC', anchor };
  if (index % 3 === 1) return { schedule: `${index % 60} * * * *`, timezone: 'Europe/Berlin', anchor };
  return { schedule: 'weekdays at 8:30', timezone: 'America/New_York', anchor };
}

function load(file: string, { jobs, firstDueMs }: Trial): void {
  const db = openDatabase(file, []);
  const rows = createJobRows({ db, clock: systemClock });
  db.transaction(() => {
    for (let index = 0; index < jobs; index += 1) {
      const timing = scheduleOf(index);
      rows.insert({
        ...timing,
        id: newId('job'),
        name: `job ${index}`,
        steps: [{ id: 'step-1', tool: 'status_show', input: {} }],
        misfire: 'once',
        lateByMs: 3_600_000,
        overlap: 'skip',
        retries: 0,
        retryMs: 10_000,
        pauseAfter: 10,
        taint: { untrusted: false, private: false },
        createdAt: Date.now(),
        nextAt: nextTime(timing, Date.now() + firstDueMs),
        paused: false,
        pausedBecause: undefined,
        failures: 0,
      });
    }
  });
  db.close();
}

const open = (home: string) =>
  createApp({ config: loadConfig({ env: { CLAW_HOME: home }, cwd: tmpdir(), root: tmpdir() }), log: silentLog, recover: true });

async function live(home: string, trial: Trial): Promise<Life> {
  await using _app = await open(home);
  await pause(trial.watchedMs + 3_000);
  (globalThis as { gc?: () => void }).gc?.();
  await pause(500);
  const { rss, heapUsed } = process.memoryUsage();
  const db = new Database(path.join(home, 'claw.db'), { readonly: true });
  const rows = db.prepare('SELECT started_at - due_at AS late FROM cron_firings WHERE started_at IS NOT NULL').all() as { late: number }[];
  db.close();
  return { restingMb: rss / 1_048_576, heapMb: heapUsed / 1_048_576, lateness: rows.map(({ late }) => late) };
}

if (import.meta.main) {
  const [home = '', trial = '{}'] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await live(home, JSON.parse(trial) as Trial)));
}
