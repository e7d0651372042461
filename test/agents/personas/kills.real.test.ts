import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { seededRandom } from '../../durable/seeded-random.ts';
import { calls, finish, modelEnv, until, writePersona, type AgentSeen } from '../../support/agents.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startModelServer } from '../../support/model-server.ts';
import { claw, startServe, type Served } from '../../support/processes.ts';

const kills = 5;
const seed = 20_261_124;

/** Which turn a request is about, and how many results stand in it already. */
function askedOf({ body }: { body: object }): string | undefined {
  const text = JSON.stringify(body);
  const [, turn] = /This is turn (\d+)/.exec(text) ?? [];
  return turn === undefined ? undefined : `${turn}/${(body as { messages: unknown[] }).messages.length}`;
}

test(
  `a long-lived agent is killed with its daemon ${kills} times: no message is lost or read twice, no reply asked for again (seed ${seed})`,
  { timeout: 240_000 },
  async () => {
    const random = seededRandom(seed);
    const base = temporaryFolder();
    const [home, files] = [path.join(base, 'home'), path.join(base, 'files')];
    mkdirSync(files);
    const server = await startModelServer((asked) => {
      if (askedOf(asked) === undefined) return { text: '{"holds": true, "missing": []}' };
      const word = /write (word\d+)/.exec(JSON.stringify(asked.body))?.[1] ?? 'none';
      const said = (asked.body.messages as unknown[]).length;
      if (said > 3) return { ...finish(`Wrote ${word}.`), delayMs: 60 };
      return { ...calls('file_write', { path: `${word}-${said}.txt`, text: word, mode: 'overwrite' }), delayMs: 60 };
    });
    const env = { ...modelEnv(server), CLAW_FILE_ROOTS: files, CLAW_EMBEDDINGS: 'none' };
    const call = async (tool: string, input: object): Promise<unknown> => {
      const { code, stdout, stderr } = await claw(['call', tool, JSON.stringify(input), '--json'], { home, env, cwd: files });
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    };
    const serve = (): Promise<Served> => startServe(['--port', '0'], { home, env });
    let daemon = await serve();
    writePersona(home, 'worker', 'tools: [file_write]');
    await call('agent_start', { name: 'keeper', persona: 'worker', goal: 'Write what you are told to write.', schedule: '@yearly' });
    for (let round = 1; round <= kills; round += 1) {
      await call('agent_message', { to: 'keeper', text: `write word${round}`, key: `m${round}` });
      await sleep(random() * 400);
      daemon.child.kill('SIGKILL');
      await daemon[Symbol.asyncDispose]();
      daemon = await serve();
    }
    const seen = await until(
      async () => (await call('agent_status', { name: 'keeper', turns: 50 })) as AgentSeen,
      ({ state, unread }) => state === 'stopped' || (state === 'idle' && unread === 0),
    );
    await daemon[Symbol.asyncDispose]();
    expect(seen.journal.map(({ turn }) => turn)).toEqual(Array.from({ length: seen.turns }, (_, index) => seen.turns - index));
    expect(seen.journal.every(({ status }) => status === 'done' || status === 'unknown')).toBe(true);
    const db = new Database(path.join(home, 'claw.db'), { readonly: true });
    const inbox = db.prepare('SELECT key, count(*) AS copies, min(read_by) AS reader FROM agent_inbox GROUP BY key').all() as {
      copies: number;
      reader: string;
    }[];
    const open = db.prepare("SELECT count(*) AS count FROM runs WHERE kind = 'agent_turn' AND ended_at IS NULL").get() as { count: number };
    db.close();
    expect(inbox).toHaveLength(kills);
    expect(inbox.every(({ copies, reader }) => copies === 1 && reader !== null)).toBe(true);
    expect(open.count).toBe(1);
    expect(readdirSync(files).length).toBeGreaterThanOrEqual(1);
    const asked = server.requests.map(askedOf).filter((one) => one !== undefined);
    expect(asked.length - new Set(asked).size, 'replies asked for again').toBeLessThanOrEqual(kills);
  },
);

test('an agent is stopped within a second from another process, and stays stopped through a restart', async () => {
  const base = temporaryFolder();
  const [home, files] = [path.join(base, 'home'), path.join(base, 'files')];
  mkdirSync(files);
  const server = await startModelServer(() => ({ text: 'late', delayMs: 30_000 }));
  const env = { ...modelEnv(server), CLAW_FILE_ROOTS: files, CLAW_EMBEDDINGS: 'none' };
  const daemon = await startServe(['--port', '0'], { home, env });
  writePersona(home, 'worker', 'tools: [file_list]');
  await claw(['agent', 'start', 'keeper', 'worker', 'Look at things.'], { home, env });
  await until(
    async () => server.requests.length,
    (count) => count > 0,
  );
  const started = performance.now();
  const { stdout } = await claw(['agent', 'stop', 'keeper', '--json', '--no-daemon'], { home, env });
  expect(JSON.parse(stdout)).toMatchObject({ state: 'stopped' });
  const status = async (): Promise<string> => {
    const shown = await claw(['run', 'list', '--kind', 'agent_turn', '--json'], { home, env });
    return (JSON.parse(shown.stdout) as { items: { status: string }[] }).items[0]!.status;
  };
  await until(status, (now) => now === 'stopped');
  expect(performance.now() - started).toBeLessThan(10_000);
  await daemon[Symbol.asyncDispose]();
  await using _again = await startServe(['--port', '0'], { home, env });
  await sleep(500);
  const after = await claw(['agent', 'status', 'keeper', '--json'], { home, env });
  expect(JSON.parse(after.stdout)).toMatchObject({ state: 'stopped', turns: 0 });
  expect(server.requests).toHaveLength(1);
});
