import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../durable/seeded-random.ts';
import { startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/folder.ts';

const count = process.env.CLAW_SOAK === '1' ? 10_000 : 300;
/** Acknowledged writes of one life, at most. */
const perLife = process.env.CLAW_SOAK === '1' ? 160 : 60;
const seed = 20_261_124;

interface Acknowledged {
  number: number;
  callId: string;
}

/** One life of the writer: killed after so many acknowledgements. What it said before it died counts. */
function live(home: string, files: string, { first, after }: { first: number; after: number }): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'writes-child.ts'), home, files, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString();
    if (text.split('\n').length > after) child.kill('SIGKILL');
  });
  return new Promise((resolve) => {
    child.once('close', () => {
      const whole = text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' '));
      resolve(whole.map(([number, callId]) => ({ number: Number(number), callId: callId! })));
    });
  });
}

test(`${count} acknowledged writes survive SIGKILL at any moment (seed ${seed})`, { timeout: 900_000 }, async () => {
  const base = temporaryFolder();
  const [home, files] = [path.join(base, 'home'), temporaryFolder()];
  const random = seededRandom(seed);
  const done: Acknowledged[] = [];
  let kills = 0;
  for (let first = 0; done.length < count && kills < count; first += 100_000, kills += 1)
    done.push(...(await live(home, files, { first, after: 1 + Math.floor(random() * perLife) })));

  console.log(`writes: seed ${seed}, ${done.length} acknowledged, ${kills} kills, ${lost(done, { home, files }).length} lost`);
  const app = await startApp({ home, recover: true });
  await expect(app.output('audit_verify')).resolves.toMatchObject({ ok: true });
  expect(lost(done, { home, files }), `seed ${seed}, ${kills} kills`).toEqual([]);
  expect(readdirSync(files).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(new Set(done.map(({ callId }) => callId)).size).toBe(done.length);
});

function lost(done: Acknowledged[], { home, files }: { home: string; files: string }): string[] {
  using claw = open(path.join(home, 'claw.db'));
  using memory = open(path.join(home, 'memory.db'));
  const remembered = memory.db.prepare('SELECT text FROM memories WHERE key = ?');
  const events = new Map<string, string[]>();
  for (const { callId, event } of claw.db.prepare('SELECT callId, event FROM audit ORDER BY seq').all() as {
    callId: string;
    event: string;
  }[])
    events.set(callId, [...(events.get(callId) ?? []), event]);
  return done.flatMap(({ number, callId }) => {
    const said = events.get(callId)?.join() ?? 'nothing';
    const file = path.join(files, `f-${number}`);
    const isThere =
      number % 2 === 0
        ? existsSync(file) && readFileSync(file, 'utf8') === `text ${number}`
        : (remembered.get(`n-${number}`) as { text: string } | undefined)?.text === `the number ${number} is in drawer ${number * 7}`;
    return isThere && said === 'started,ok'
      ? []
      : [`${number} ${callId}: ${isThere ? 'the effect is there' : 'no effect'}, audit says ${said}`];
  });
}

function open(file: string): Disposable & { db: Database.Database } {
  const db = new Database(file);
  return { db, [Symbol.dispose]: () => void db.close() };
}
