import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bytesBelow, canaries, encodings, leaks, type Canary } from '../support/canaries.ts';
import { startEchoServer } from '../support/echo-server.ts';
import { temporaryFolder } from '../support/folder.ts';
import { claw, startServe, type Served } from '../support/processes.ts';
import { initialize, startLineClient, type LineClient } from '../edge/line-client.ts';
import { quickActs, slowActs, type ActCall, type Material } from './secret-acts.ts';

const seed = 20_261_125;
const isWhole = process.env.CLAW_SOAK !== undefined;
const secrets = canaries(isWhole ? 50 : 5, seed);
/** Calls of each secret, over all processes. */
const rounds = isWhole ? 500 : 36;

/** One data folder and the processes on it: the daemon, an MCP server of its own, and a command line that is started anew each time. */
interface Stage extends Pick<Material, 'files' | 'echo'> {
  home: string;
  env: Record<string, string>;
  daemon: Served;
  lines: LineClient;
  /** What all of them have written beside their answers. */
  stderr: () => string;
}

async function stage(): Promise<Stage> {
  const base = temporaryFolder();
  const [home, files] = [path.join(base, 'home'), path.join(base, 'files')];
  mkdirSync(files);
  const env = { CLAW_FILE_ROOTS: files, CLAW_HTTP_ALLOW: '127.0.0.0/8', CLAW_LOG: 'debug' };
  const daemon = await startServe(['--port', '0'], { home, env });
  onTestFinished(() => daemon[Symbol.asyncDispose]());
  let log = '';
  daemon.child.stderr!.on('data', (text: Buffer) => (log += text.toString()));
  const lines = startLineClient(['--no-daemon', '--toolsets', 'all'], { HOME: base, CLAW_HOME: home, ...env });
  onTestFinished(() => lines[Symbol.asyncDispose]());
  await lines.send(initialize(0));
  await lines.count(1);
  return { home, files, env, daemon, lines, echo: (await startEchoServer()).url, stderr: () => log + lines.errors() };
}

type Way = (on: Stage, call: ActCall) => Promise<string>;

const overHttp =
  (file: 'token' | 'owner-token'): Way =>
  async ({ daemon, home }, { tool, input }) => {
    const token = readFileSync(path.join(home, file), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${daemon.url}/api/tools/${tool}`, { method: 'POST', headers, body: JSON.stringify(input) });
    return `${JSON.stringify([...answer.headers])}\n${await answer.text()}`;
  };

const ask = async ({ lines }: Stage, method: string, params: object): Promise<string> => {
  const id = lines.answers.length;
  await lines.send(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  await lines.count(id + 1);
  return [...lines.notices.splice(0), JSON.stringify(lines.answers[id])].join('\n');
};

const overStdio: Way = (on, { tool, input }) => ask(on, 'tools/call', { name: tool, arguments: input, _meta: { progressToken: 1 } });

const onCommandLine: Way = async ({ home, env }, { tool, input }) => {
  const { stdout, stderr } = await claw(['call', tool, JSON.stringify(input), '--json', '--no-daemon'], { home, env });
  return stdout + stderr;
};

const ways: Record<string, Way> = {
  'the daemon, for a client': overHttp('token'),
  'the daemon, for the owner': overHttp('owner-token'),
  'an MCP server of its own': overStdio,
};

/** Ways in which a process comes by a secret; the others have to find out. */
const setters: Record<string, (on: Stage, secret: ActCall) => Promise<string>> = {
  'the daemon': overHttp('owner-token'),
  'the command line': onCommandLine,
  'an MCP server of its own': async (on, call) => {
    const asked = await overStdio(on, call);
    const [, id] = /(apr_\w+)/.exec(asked) ?? [];
    await overHttp('owner-token')(on, { tool: 'approval_answer', input: { id, answer: 'approve' } });
    return asked + (await overStdio(on, call));
  },
};

/** A job made before anyone has the secret, which reads it when it fires, and whose result goes to a file through the outbox. */
async function scheduled(on: Stage, index: number): Promise<string> {
  const [source, output] = [path.join(on.files, `source-${index}.txt`), path.join(on.files, `result-${index}.log`)];
  const steps = [
    { tool: 'file_read', input: { path: source } },
    { tool: 'shell_run', input: { command: ['cat', source] } },
  ];
  const added = await overHttp('owner-token')(on, {
    tool: 'cron_add',
    input: { schedule: '@yearly', steps, output: { file: output } },
  });
  return /"(job_\w+)"/.exec(added)![1]!;
}

async function fired(on: Stage, id: string): Promise<string> {
  const call = overHttp('owner-token');
  const started = await call(on, { tool: 'cron_run', input: { id } });
  const history = (): Promise<string> => call(on, { tool: 'cron_history', input: { id } });
  await expect.poll(history, { timeout: 30_000, interval: 100 }).toMatch(/"delivery":"delivered"/);
  const [, runId] = /(run_\w+)/.exec(started)!;
  return started + (await history()) + (await overStdio(on, { tool: 'run_show', input: { id: runId } }));
}

const actOf = (turn: number): [string, (material: Material) => ActCall] => {
  const acts = Object.entries(turn % 10 === 9 ? slowActs : quickActs);
  return acts[Math.floor(turn * 7.3 + 3) % acts.length]!;
};

test(
  `a secret set in one process leaves none of them: ${secrets.length} × ${rounds} calls to a daemon, an MCP server, a command line and jobs (seed ${seed})`,
  { timeout: 3_600_000 },
  async () => {
    const on = await stage();
    const [spellings, places] = [Object.entries(encodings), Object.entries(ways)];
    const seen: Record<string, number> = {};
    const check = (where: string, text: string, secret: Canary): void => {
      seen[where.split(':')[0]!] = (seen[where.split(':')[0]!] ?? 0) + 1;
      expect(leaks({ [where]: text }, [secret])).toEqual([]);
    };
    for (const [index, secret] of secrets.entries()) {
      const job = await scheduled(on, index);
      writeFileSync(path.join(on.files, `source-${index}.txt`), spellings[index % spellings.length]![1](secret.value));
      const [who, set] = Object.entries(setters)[index % 3]!;
      check(`setting: by ${who}`, await set(on, { tool: 'vault_set', input: { name: `canary-${index}`, value: secret.value } }), secret);
      const calls: Promise<void>[] = [fired(on, job).then((text) => check('jobs: fired and shown', text, secret))];
      for (let turn = 0; turn < rounds; turn += 1) {
        const [how, encode] = spellings[(turn + index * 5) % spellings.length]!;
        const [what, act] = actOf(turn + index);
        const call = act({ ...on, secret: secret.value, text: encode(secret.value), turn });
        const isTyped = turn % 125 === 7 && !call.tool.startsWith('cron');
        const [where, way] = isTyped ? (['the command line', onCommandLine] as const) : places[turn % places.length]!;
        check(`${where}: ${what}, ${how}`, await way(on, call), secret);
      }
      check(
        'prompts: remember-decision',
        await ask(on, 'prompts/get', { name: 'remember-decision', arguments: { decision: secret.value, reason: 'x' } }),
        secret,
      );
      for (const uri of [
        'claw://audit/latest',
        'claw://runs/latest',
        'claw://status',
        `claw://runs/${encodeURIComponent(secret.value.toWellFormed())}`,
      ])
        check(`resources: ${uri.slice(0, 20)}`, await ask(on, 'resources/read', { uri }), secret);
      await Promise.all(calls);
    }
    const token = readFileSync(path.join(on.home, 'token'), 'utf8').trim();
    const metrics = await fetch(`${on.daemon.url}/metrics`, { headers: { authorization: `Bearer ${token}` } }).then((answer) =>
      answer.text(),
    );
    expect(leaks({ metrics, stderr: on.stderr() }, secrets)).toEqual([]);
    const results = Object.fromEntries(
      secrets.map((_, index) => [`result-${index}`, readFileSync(path.join(on.files, `result-${index}.log`), 'utf8')]),
    );
    expect(leaks(results, secrets)).toEqual([]);
    const texts = bytesBelow(on.home, ['backups']);
    expect(Object.keys(texts)).toEqual(expect.arrayContaining(['claw.db', 'memory.db', 'audit.log']));
    expect(leaks(texts, secrets)).toEqual([]);
    console.log(JSON.stringify(seen));
  },
);

test('without the vault the same calls would have shown it, in every process', async () => {
  const on = await stage();
  const [secret] = canaries(1, 7) as [Canary];
  const call = quickActs['reads a file']!({ ...on, secret: secret.value, text: secret.value, turn: 0 });
  for (const way of [...Object.values(ways), onCommandLine]) expect(leaks({ read: await way(on, call) }, [secret])).not.toEqual([]);
});
