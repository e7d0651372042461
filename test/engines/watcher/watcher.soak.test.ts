import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { sha256 } from '../../../src/core/json.ts';
import { seededRandom } from '../../durable/seeded-random.ts';
import { startApp } from '../../support/app.ts';

const isWhole = process.env.CLAW_SOAK === '1';
const count = isWhole ? 5_000 : 200;
const kills = isWhole ? 40 : 4;
const seed = 20_261_124;

interface Place {
  home: string;
  files: string;
  inbox: string;
  archive: string;
}

async function prepare(): Promise<Place> {
  const app = await startApp();
  const { home, files } = app;
  const [inbox, archive] = [path.join(files, 'inbox'), path.join(files, 'archive')];
  for (const folder of [inbox, archive]) mkdirSync(folder);
  await app.call('watcher_add', { name: 'drops', path: inbox, settleMs: 100, copy: `${archive}/\${{ file.sha256 }}-\${{ file.name }}` });
  await app[Symbol.asyncDispose]();
  return { home, files, inbox, archive };
}

async function live({ home, files }: Place): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'watching-child.ts'), home, files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** Files in a tree of folders; every third content is the same as another's. */
function drop({ inbox }: Place, from: number, to: number): void {
  for (let number = from; number < to; number += 1) {
    const folder = path.join(inbox, `f${number % 23}`, `g${number % 5}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `drop-${number}.txt`), number % 3 === 0 ? 'the same' : `content ${number}\n`.repeat(1 + (number % 50)));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Tally {
  runs: number;
  paths: number;
  statuses: Record<string, number>;
}

function tally(home: string): Tally {
  const db = new Database(path.join(home, 'claw.db'), { readonly: true });
  try {
    const rows = db.prepare("SELECT status, json_extract(input, '$.file.path') AS path FROM runs WHERE kind = 'watcher'").all() as {
      status: string;
      path: string;
    }[];
    const statuses: Record<string, number> = {};
    for (const { status } of rows) statuses[status] = (statuses[status] ?? 0) + 1;
    return { runs: rows.length, paths: new Set(rows.map((row) => row.path)).size, statuses };
  } finally {
    db.close();
  }
}

test(`${count} files dropped in bursts, ${kills} kills in between: each is handled once (seed ${seed})`, { timeout: 900_000 }, async () => {
  const place = await prepare();
  const random = seededRandom(seed);
  let dropped = 0;
  for (let life = 0; life < kills; life += 1) {
    const child = await live(place);
    const burst = Math.round((count - dropped) / (kills - life));
    const middle = dropped + Math.floor(random() * burst);
    drop(place, dropped, middle);
    await pause(random() * 1_500);
    drop(place, middle, dropped + burst);
    dropped += burst;
    await pause(random() * 300);
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  const last = await live(place);
  for (let round = 0; round < 600 && (tally(place.home).statuses.done ?? 0) < count; round += 1) await pause(250);
  await pause(1_000);
  last.kill('SIGKILL');
  await once(last, 'close');

  const result = tally(place.home);
  // A copy that was cut off leaves its hidden beginnings beside the whole ones.
  const copies = readdirSync(place.archive).filter((name) => !name.startsWith('.'));
  console.log(`watcher: seed ${seed}, ${dropped} files, ${kills} kills, ${JSON.stringify(result)}, ${copies.length} copies`);
  expect(result).toEqual({ runs: count, paths: count, statuses: { done: count } });
  expect(copies.length).toBe(count);
  const broken = copies.filter((name) => !name.startsWith(sha256(readFileSync(path.join(place.archive, name)))));
  expect(broken).toEqual([]);
});
