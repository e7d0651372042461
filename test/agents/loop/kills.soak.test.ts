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
    const [home, folder] = [path.join(base, 'home'), path.join(base, 'files')];
    mkdirSync(folder);
    const server = await startAgentServer(script());
    const random = seededRandom(seed);
    const repeats: number[] = [];
    let killed = 0;
    for (; killed < kills; killed += 1) {
      const child = await live(home, folder, server.url);
      // Somewhere in the next few replies and calls, or in the taking over before them.
      if (random() < 0.8) await asksAgain(server);
      await sleep(random() * 400);
      if (child.exitCode !== null) break;
      child.kill('SIGKILL');
      await once(child, 'close');
      repeats.push(server.requests.length);
    }
    const last = await live(home, folder, server.url);
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
    console.log(`agent: runs ${JSON.stringify(ended.statuses)}`);
    const { done = 0, unknown = 0 } = ended.statuses;
    expect(done + unknown).toBe(runs);
    // A write that a kill cut off may have happened: the run says so, and does not do it again.
    expect(unknown).toBe(ended.cutOff);
    expect(ended.twice).toEqual([]);
    for (const set of ended.done) {
      const files = readdirSync(folder).filter((name) => name.startsWith(`set${set}.`) || name.startsWith(`set${set}-`));
      expect(files, `set ${set}`).toHaveLength(replies * 2);
    }
    for (const name of readdirSync(folder)) expect(readFileSync(path.join(folder, name), 'utf8')).toMatch(/^set \d+$/);
  },
);

/** A request more than there are; at most 5 s. */
async function asksAgain({ requests }: ModelServer): Promise<void> {
  const before = requests.length;
  for (let waits = 0; waits < 1_000 && requests.length === before; waits += 1) await sleep(5);
}

interface Ends {
  statuses: Record<string, number>;
  /** The sets of runs that are done. */
  done: string[];
  /** Runs with a call that a kill cut off. */
  cutOff: number;
  /** Calls that have succeeded more than once, by the audit. */
  twice: unknown[];
}

function endsIn(home: string): Ends {
  const db = new Database(path.join(home, 'claw.db'), { readonly: true });
  const all = <Row>(sql: string): Row[] => db.prepare(sql).all() as Row[];
  try {
    const rows = all<{ status: string; input: string }>("SELECT status, input FROM runs WHERE kind = 'intake'");
    const count = (status: string): number => rows.filter((row) => row.status === status).length;
    return {
      statuses: Object.fromEntries([...new Set(rows.map(({ status }) => status))].map((status) => [status, count(status)])),
      done: rows.filter(({ status }) => status === 'done').map(({ input }) => /set (\d+)/.exec(input)![1]!),
      cutOff: all("SELECT DISTINCT run FROM steps WHERE tool = 'file_write' AND status = 'unknown'").length,
      twice: all("SELECT runId, stepId FROM audit WHERE event = 'ok' AND tool = 'file_write' GROUP BY runId, stepId HAVING count(*) > 1"),
    };
  } finally {
    db.close();
  }
}
