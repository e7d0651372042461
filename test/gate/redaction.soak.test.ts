import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { createApp, type App } from '../../src/app.ts';
import { loadConfig, type Config } from '../../src/core/config.ts';
import { runCommand } from '../../src/server/cli/main-command.ts';
import type { Terminal } from '../../src/server/cli/terminal.ts';
import { localSession } from '../../src/server/local-session.ts';
import { mcpFactory } from '../../src/server/mcp/mcp-surface.ts';
import { bytesBelow, canaries, encodings, leaks, type Canary } from '../support/canaries.ts';
import { temporaryFolder } from '../support/folder.ts';
import { root } from '../support/processes.ts';

const seed = 20_261_124;
const secrets = canaries(50, seed);
/** Calls of each secret. */
const rounds = process.env.CLAW_SOAK ? 500 : 4;

/** Everything that has left since it was last asked for. */
interface Exits {
  write(text: string): void;
  taken(): string;
}

function exits(): Exits {
  let text = '';
  return {
    write: (more) => void (text += `${more}\n`),
    taken: () => {
      const all = text;
      text = '';
      return all;
    },
  };
}

interface Stage {
  app: App;
  home: string;
  files: string;
  echo: string;
  client: Client;
  out: Exits;
}

async function stage(): Promise<Stage> {
  const base = temporaryFolder();
  const [home, files] = [path.join(base, 'home'), path.join(base, 'files')];
  mkdirSync(files);
  const out = exits();
  const stderr = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text: string | Uint8Array) => (out.write(Buffer.from(text).toString()), true);
  onTestFinished(() => void (process.stderr.write = stderr));
  const echo = await echoServer();
  const env = { CLAW_HOME: home, CLAW_FILE_ROOTS: files, CLAW_HTTP_ALLOW: '127.0.0.0/8', CLAW_LOG: 'debug' };
  const config = loadConfig({ env, cwd: files, root: files });
  const app = await createApp({ config, env: { PATH: process.env.PATH }, folder: files });
  onTestFinished(() => app[Symbol.asyncDispose]());
  return { app, home, files, echo, out, client: await connected({ app, paths: config.paths }, out) };
}

/** Answers with what it was sent, in several ways at once. */
async function echoServer(): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      response.setHeader('content-type', 'application/json');
      response.setHeader('etag', JSON.stringify(request.headers['x-key'] ?? ''));
      response.end(JSON.stringify({ url: request.url, headers: request.headers, body: body.toString(), base64: body.toString('base64') }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An MCP client that can be asked, with every frame that reaches it written down. */
async function connected({ app, paths }: { app: App; paths: Config['paths'] }, out: Exits): Promise<Client> {
  const factory = mcpFactory({ app, root, paths }, { toolsets: ['all'] });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const send = far.send.bind(far);
  far.send = (message, options) => (out.write(JSON.stringify(message)), send(message, options));
  const client = new Client({ name: 'canary', version: '1.0.0' }, { capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { answer: 'deny' } }));
  const server = await factory({ era: 'legacy' });
  await Promise.all([server.connect(far), client.connect(near)]);
  onTestFinished(() => client.close());
  return client;
}

type Act = (stage: Stage, secret: string, text: string) => Promise<unknown>;

const tool =
  (name: string, args: (stage: Stage, secret: string, text: string) => Record<string, unknown>): Act =>
  (on, secret, text) =>
    on.client.callTool({ name, arguments: args(on, secret, text) }, { onprogress: () => {} });
const stored = ({ files }: Stage, text: string): string => {
  const file = path.join(files, 'stored.txt');
  writeFileSync(file, text);
  return file;
};
const command =
  (args: (secret: string, text: string) => string[]): Act =>
  async ({ app, out }, secret, text) => {
    const terminal: Terminal = {
      json: false,
      isInteractive: false,
      columns: Infinity,
      out: (line) => out.write(line),
      note: (line) => out.write(line),
      paint: (_style, line) => line,
      progress: ({ message }) => out.write(message),
      clear: () => {},
    };
    const session = { ...localSession(app), [Symbol.asyncDispose]: async () => {} };
    await runCommand({ args: args(secret, text), terminal, tools: async () => [], open: async () => session }).catch((error: unknown) =>
      out.write(JSON.stringify(error)),
    );
  };

/** What a client, a person or a program does with a secret in hand. Programs and servers cost more, so they come less often. */
const quick: Record<string, Act> = {
  'reads a file': tool('file_read', (on, _secret, text) => ({ path: stored(on, text) })),
  'writes it to a file': tool('file_write', (_on, secret) => ({ path: 'new.txt', text: secret, mode: 'overwrite' })),
  'writes a file of that name': tool('file_write', (on, secret) => ({
    path: path.join(on.files, secret.slice(0, 60)),
    text: 'x',
    mode: 'overwrite',
  })),
  'names a file so': tool('file_read', (_on, secret) => ({ path: secret.slice(0, 200) })),
  'deletes a file of that name': tool('file_delete', (_on, secret) => ({ path: `name ${secret}` })),
  'remembers it': tool('memory_remember', (_on, _secret, text) => ({ text, key: text.slice(0, 180), tags: [text.slice(0, 50)] })),
  'recalls it': tool('memory_recall', (_on, secret) => ({ query: secret.slice(0, 500) })),
  'lists memories': tool('memory_list', () => ({ limit: 5 })),
  'calls a tool of that name': tool('tool_call', (_on, secret) => ({ tool: secret.slice(0, 60), input: { secret } })),
  'misspells a field so': tool('file_read', (_on, secret) => ({ path: 'a', [secret]: 1 })),
  'passes it where a number belongs': tool('file_read', (_on, secret) => ({ path: 'a', lines: secret })),
  'searches tools for it': tool('tool_search', (_on, secret) => ({ query: secret.slice(0, 900) })),
  'searches the audit for it': tool('audit_search', (_on, secret) => ({ text: secret })),
  'reads the audit': (on) => on.client.readResource({ uri: 'claw://audit/latest' }),
  'reads the runs': (on) => on.client.readResource({ uri: 'claw://runs/latest' }),
  'lists approvals': tool('approval_list', () => ({})),
  'asks for a host of that name': tool('http_request', (_on, secret) => ({ url: `http://${encodeURIComponent(secret)}.invalid/` })),
  'plans a request with it': tool('intake_plan', (_on, secret) => ({ request: `remember that the password is "${secret}"` })),
  'gets a prompt with it': (on, secret) =>
    on.client.getPrompt({ name: 'remember-decision', arguments: { decision: secret, reason: secret } }),
  'types it on the command line': command((secret) => ['memory', 'remember', `word ${secret}`]),
  'types it as a command': command((secret) => [secret, secret]),
};
const slow: Record<string, Act> = {
  'prints it': tool('shell_run', (on, _secret, text) => ({ command: ['cat', stored(on, text)] })),
  'prints a lot of it': tool('shell_run', (_on, _secret, text) => ({
    command: ['cat', '-'],
    stdin: `${`line of output\n`.repeat(700)}${text}\n`.repeat(3),
  })),
  'runs a program of that name': tool('shell_run', (_on, secret) => ({ command: [`./${secret.slice(0, 200)}`] })),
  'sends it to a server that repeats it': tool('http_request', ({ echo }, secret, text) => ({
    url: `${echo}/${encodeURIComponent(secret)}`,
    method: 'POST',
    headers: { 'x-key': encodeURIComponent(text).slice(0, 2_000) },
    body: text,
  })),
  'carries out a request with it': tool('intake_run', (_on, secret) => ({ request: `remember that the password is "${secret}"` })),
  'does it on the command line': command((secret) => ['do', `write "${secret}" to kept.txt`]),
};

const actsOf = (round: number): [string, Act] => {
  const acts = Object.entries(round % 10 === 9 || rounds < 10 ? { ...quick, ...slow } : quick);
  return acts[Math.floor(round * 7.3 + 3) % acts.length]!;
};

test(
  `of ${secrets.length} secrets none leaves by any way in ${secrets.length * rounds} calls (seed ${seed})`,
  { timeout: 1_800_000 },
  async () => {
    const on = await stage();
    for (const [index, { value }] of secrets.entries())
      await on.app.gate.call({ kind: 'owner' }, 'vault_set', { name: `canary-${index}`, value });
    const ways = Object.entries(encodings);
    let calls = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, secret] of secrets.entries()) {
        const [what, act] = actsOf(round + index);
        const [how, encode] = ways[(round + index * 5) % ways.length]!;
        await act(on, secret.value, encode(secret.value)).catch((error: unknown) => on.out.write(JSON.stringify({ error: String(error) })));
        calls += 1;
        expect(leaks({ [`${what}, ${how}`]: on.out.taken() }, [secret])).toEqual([]);
      }
    }
    await on.app.settled();
    expect(calls).toBe(secrets.length * rounds);
    expectCleanHome(on, secrets);
    await on.app[Symbol.asyncDispose]();
    expectCleanHome(on, secrets);
  },
);

function expectCleanHome({ home }: Stage, known: Canary[]): void {
  const texts = bytesBelow(home, ['backups']);
  expect(Object.keys(texts)).toEqual(expect.arrayContaining(['claw.db', 'memory.db', 'audit.log']));
  expect(leaks(texts, known)).toEqual([]);
}

test('each act and each encoding has been tried on a secret that nobody told claw of, and would have shown it', async () => {
  const on = await stage();
  const [secret] = canaries(1, 7) as [Canary];
  await quick['reads a file']!(on, secret.value, secret.value);
  expect(leaks({ read: on.out.taken() }, [secret])).not.toEqual([]);
  await slow['carries out a request with it']!(on, secret.value, secret.value);
  expect(leaks(bytesBelow(on.home), [secret]).map(({ where }) => where)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^claw\.db/)]),
  );
});
