import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../durable/seeded-random.ts';
import { temporaryFolder } from '../../support/folder.ts';
import type { ModelServer, Turn } from '../../support/model-server.ts';
import { planned, startAgentServer } from '../../support/scripted-agent.ts';

const isWhole = process.env.CLAW_SOAK === '1';
const kills = isWhole ? 60 : 6;
const runs = isWhole ? 20 : 3;
const replies = 8;
const seed = 20_261_124;

type Request = ModelServer['requests'][number];

/** Which request of which run the server was asked: the number of results in it tells the reply. */
interface Asked {
  set: string;
  what: string;
}

function askedOf({ body }: Request): Asked {
  const { messages } = body as { messages: { role: string; content: string }[] };
  const text = JSON.stringify(messages);
  const set = /set (\d+)/.exec(text)![1]!;
  const role = text.includes('You plan for claw') ? 'plan' : text.includes('You check, for claw') ? 'verify' : 'work';
  return { set, what: `${role} ${messages.filter((message) => message.role === 'tool').length}` };
}

function script(): Parameters<typeof startAgentServer>[0] {
  const work = (request: Request): Turn => {
    const { set, what } = askedOf(request);
    const round = Number(what.split(' ')[1]) / 2;
    if (round === replies) return { text: 'All are written.' };
    const path = (part: string): string => (round === 0 && part === 'a' ? `set${set}.txt` : `set${set}-${round}${part}.txt`);
    return { delayMs: 40, toolUses: ['a', 'b'].map((part) => ({ name: 'file_write', input: { path: path(part), text: `set ${set}` } })) };
  };
  return { plan: planned([{ id: 't1', tool: 'open_task', role: 'executor', goal: 'Write them', tools: ['file_write'] }]), work };
}

async function live(home: string, files: string, url: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'agent-child.ts'), home, files, url, String(runs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test(
  `${kills} kills in the middle of agent runs: each goes on, repeats no call and asks for no reply again (seed ${seed})`,
  { timeout: 900_000 },
  async () => {
    const base = temporaryFolder();
    const [home, files] = [path.join(base, 'home'), path.join(base, 'files')];
    mkdirSync(files);
    const server = await startAgentServer(script());
    const random = seededRandom(seed);
    const repeats: number[] = [];
    let killed = 0;
    for (; killed < kills; killed += 1) {
      const child = await live(home, files, server.url);
      // Somewhere in the next few replies and calls, or in the taking over before them.
      if (random() < 0.8) await asksAgain(server);
      await sleep(random() * 400);
      if (child.exitCode !== null) break;
      child.kill('SIGKILL');
      await once(child, 'close');
      repeats.push(server.requests.length);
    }
    const last = await live(home, files, server.url);
    await once(last, 'close');

    const asked = server.requests.map(askedOf);
    const before = (index: number): Asked[] => asked.slice(0, index);
    const repeated = asked.flatMap(({ set, what }, index) =>
      before(index).some((one) => one.set === set && one.what === what) ? [index] : [],
    );
    console.log(
      `agent: seed ${seed}, ${killed} kills, ${asked.length} requests to the model, ${repeated.length} of them again: each in flight at a kill`,
    );
    expect(killed).toBe(kills);
    // A reply is asked for again only where it was the last request before a kill, and by the first request after it.
    for (const index of repeated) {
      expect(repeats, `seed ${seed}, request ${index}`).toContain(index);
      expect(asked[index]).toEqual(asked[index - 1]);
    }
    const ended = endsIn(home);
    expect(ended.statuses).toEqual({ done: runs });
    expect(ended.twice).toEqual([]);
    expect(readdirSync(files)).toHaveLength(runs * replies * 2);
    for (const name of readdirSync(files)) expect(readFileSync(path.join(files, name), 'utf8')).toMatch(/^set \d+$/);
  },
);

/** A request more than there are; at most 5 s. */
async function asksAgain({ requests }: ModelServer): Promise<void> {
  const before = requests.length;
  for (let waits = 0; waits < 1_000 && requests.length === before; waits += 1) await sleep(5);
}

/** How the runs have ended, and which of their calls have succeeded more than once by the audit. */
function endsIn(home: string): { statuses: Record<string, number>; twice: unknown[] } {
  const db = new Database(path.join(home, 'claw.db'), { readonly: true });
  try {
    const rows = db.prepare("SELECT status, count(*) AS n FROM runs WHERE kind = 'intake' GROUP BY status").all() as {
      status: string;
      n: number;
    }[];
    const sql = "SELECT runId, stepId FROM audit WHERE event = 'ok' AND tool = 'file_write' GROUP BY runId, stepId HAVING count(*) > 1";
    return { statuses: Object.fromEntries(rows.map(({ status, n }) => [status, n])), twice: db.prepare(sql).all() };
  } finally {
    db.close();
  }
}
