import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client as NewClient, StreamableHTTPClientTransport as NewHttp } from '@modelcontextprotocol/client';
import { StdioClientTransport as NewStdio } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, startServe, type Served } from '../support/processes.ts';

/** What both clients do, in the words of this suite. */
interface Peer {
  listTools(): Promise<{ tools: { name: string; outputSchema?: object; annotations?: object }[] }>;
  callTool(
    params: { name: string; arguments?: Record<string, unknown> },
    options?: { onprogress?: (progress: object) => void; signal?: AbortSignal },
  ): Promise<Answer>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  readResource(params: { uri: string }): Promise<{ contents: { text?: string }[] }>;
  listPrompts(): Promise<{ prompts: { name: string }[] }>;
  getPrompt(params: { name: string; arguments?: Record<string, string> }): Promise<{ messages: object[] }>;
  complete(prompt: string, argument: string, value: string): Promise<string[]>;
  close(): Promise<void>;
}

interface Answer {
  isError?: boolean;
  structuredContent?: Record<string, unknown>;
  content: { type: string; text?: string; uri?: string }[];
}

type Decision = 'approve' | 'deny' | 'cancel' | undefined;

const elicited = (decision: Decision): { action: 'accept' | 'cancel'; content?: { answer: string } } =>
  decision === 'cancel' ? { action: 'cancel' } : { action: 'accept', content: { answer: decision ?? 'deny' } };

async function newClient(transport: unknown, decision: Decision, mode: 'auto' | 'legacy'): Promise<Peer> {
  const capabilities = decision === undefined ? {} : { elicitation: { form: {} } };
  const client = new NewClient({ name: 'new', version: '1.0.0' }, { capabilities, versionNegotiation: { mode } });
  if (decision !== undefined) client.setRequestHandler('elicitation/create', () => elicited(decision));
  await client.connect(transport as NewStdio);
  return {
    listTools: () => client.listTools(),
    callTool: (params, options) => client.callTool(params, options) as Promise<Answer>,
    listResources: () => client.listResources(),
    readResource: (params) => client.readResource(params) as Promise<{ contents: { text?: string }[] }>,
    listPrompts: () => client.listPrompts(),
    getPrompt: (params) => client.getPrompt(params),
    complete: async (name, argument, value) =>
      (await client.complete({ ref: { type: 'ref/prompt', name }, argument: { name: argument, value } })).completion.values,
    close: () => client.close(),
  };
}

async function oldClient(transport: unknown, decision: Decision): Promise<Peer> {
  const client = new OldClient({ name: 'old', version: '1.0.0' }, { capabilities: decision === undefined ? {} : { elicitation: {} } });
  if (decision !== undefined) client.setRequestHandler(ElicitRequestSchema, () => elicited(decision));
  await client.connect(transport as OldStdio);
  return {
    listTools: () => client.listTools(),
    callTool: (params, options) => client.callTool(params, undefined, options) as Promise<Answer>,
    listResources: () => client.listResources(),
    readResource: (params) => client.readResource(params) as Promise<{ contents: { text?: string }[] }>,
    listPrompts: () => client.listPrompts(),
    getPrompt: (params) => client.getPrompt(params),
    complete: async (name, argument, value) =>
      (await client.complete({ ref: { type: 'ref/prompt', name }, argument: { name: argument, value } })).completion.values,
    close: () => client.close(),
  };
}

let server: Served;
let files: string;
const token = (): string => readFileSync(path.join(server.home, 'token'), 'utf8').trim();

beforeAll(async () => {
  files = mkdtempSync(path.join(tmpdir(), 'claw-files-'));
  server = await startServe(undefined, { env: { CLAW_FILE_ROOTS: files } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(files, { recursive: true, force: true });
});

const http = () => ({ requestInit: { headers: { Authorization: `Bearer ${token()}` } } });
const bridge = () => ({
  command: process.execPath,
  args: [path.join(root, 'src', 'main.ts'), 'mcp'],
  env: { PATH: process.env.PATH ?? '', HOME: files, CLAW_HOME: server.home },
});
const alone = () => ({
  ...bridge(),
  args: [...bridge().args, '--no-daemon'],
  env: { ...bridge().env, CLAW_HOME: path.join(files, 'own', 'home'), CLAW_FILE_ROOTS: files },
});
const mcpUrl = () => new URL(`${server.url}/mcp`);

const peers: Record<string, (decision?: Decision) => Promise<Peer>> = {
  'the new client over HTTP, 2026-07-28': (decision) => newClient(new NewHttp(mcpUrl(), http()), decision, 'auto'),
  'the new client over HTTP, 2025-11-25': (decision) => newClient(new NewHttp(mcpUrl(), http()), decision, 'legacy'),
  'the new client over a bridge, 2026-07-28': (decision) => newClient(new NewStdio(bridge()), decision, 'auto'),
  'the new client over stdio alone': (decision) => newClient(new NewStdio(alone()), decision, 'auto'),
  'the old client over HTTP': (decision) => oldClient(new OldHttp(mcpUrl(), http()), decision),
  'the old client over a bridge': (decision) => oldClient(new OldStdio(bridge()), decision),
  'the old client over stdio alone': (decision) => oldClient(new OldStdio(alone()), decision),
  'the old client over HTTP+SSE': (decision) => oldClient(new SSEClientTransport(new URL(`${server.url}/sse`), http()), decision),
};

const errorOf = (answer: Answer): { code: string; hint: string; approvalId: string } =>
  JSON.parse(answer.content[0]!.text!) as { code: string; hint: string; approvalId: string };

describe.each(Object.entries(peers))('%s', (name, connect) => {
  const use = async (decision: Decision, work: (peer: Peer) => Promise<void>): Promise<void> => {
    const peer = await connect(decision);
    try {
      await work(peer);
    } finally {
      await peer.close();
    }
  };
  const file = (suffix: string): string => path.join(files, `${name.replaceAll(/\W+/g, '-')}-${suffix}.txt`);

  test('lists tools with output schemas and annotations, the same each time', () =>
    use(undefined, async (peer) => {
      const { tools } = await peer.listTools();
      expect(tools.every((tool) => tool.outputSchema && tool.annotations)).toBe(true);
      expect(tools.map((tool) => tool.name)).toEqual(tools.map((tool) => tool.name).toSorted());
      expect((await peer.listTools()).tools).toEqual(tools);
    }));

  test('calls a tool, and reaches one that is not listed', () =>
    use(undefined, async (peer) => {
      const { structuredContent } = await peer.callTool({ name: 'memory_remember', arguments: { text: `seen by ${name}` } });
      expect(structuredContent).toMatchObject({ change: expect.stringMatching(/created|merged/) });
      const found = await peer.callTool({ name: 'tool_search', arguments: { query: 'how many memories are there' } });
      expect(JSON.stringify(found.structuredContent)).toContain('memory_stats');
      const called = await peer.callTool({ name: 'tool_call', arguments: { tool: 'memory_stats', input: {} } });
      expect(called.structuredContent).toMatchObject({ tool: 'memory_stats' });
    }));

  test('hears of bad input as a result with code and hint', () =>
    use(undefined, async (peer) => {
      const answer = await peer.callTool({ name: 'memory_recall', arguments: { qeury: 'x' } });
      expect(answer.isError).toBe(true);
      expect(errorOf(answer)).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('query') });
    }));

  test('reads resources and prompts, and completes an argument', () =>
    use(undefined, async (peer) => {
      expect((await peer.listResources()).resources.map((resource) => resource.uri)).toContain('claw://status');
      expect((await peer.readResource({ uri: 'claw://status' })).contents[0]!.text).toContain('uptimeSeconds');
      expect((await peer.listPrompts()).prompts.map((prompt) => prompt.name)).toContain('machine-report');
      expect((await peer.getPrompt({ name: 'machine-report', arguments: { focus: 'disks' } })).messages).toHaveLength(1);
      expect(await peer.complete('machine-report', 'focus', 'me')).toEqual(['memory']);
      await expect(peer.readResource({ uri: 'claw://runs/none' })).rejects.toThrow();
    }));

  test('sees progress of a command', () =>
    use(undefined, async (peer) => {
      const seen: object[] = [];
      const command = ['sh', '-c', 'echo 1; sleep 0.15; echo 2; sleep 0.15; echo 3'];
      const answer = await peer.callTool({ name: 'shell_run', arguments: { command } }, { onprogress: (progress) => seen.push(progress) });
      expect(answer.structuredContent).toMatchObject({ ok: true });
      expect(seen.length).toBeGreaterThan(0);
    }));

  test('asks the person, and does what they said to exactly that call', () =>
    use('approve', async (peer) => {
      writeFileSync(file('gone'), 'x');
      const answer = await peer.callTool({ name: 'tool_call', arguments: { tool: 'file_delete', input: { path: file('gone') } } });
      expect(answer.isError).toBeUndefined();
      expect(() => readFileSync(file('gone'))).toThrow();
    }));

  test('leaves it when the person says no, or says nothing', async () => {
    writeFileSync(file('kept'), 'x');
    const call = { name: 'tool_call', arguments: { tool: 'file_delete', input: { path: file('kept') } } };
    await use('deny', async (peer) => expect(errorOf(await peer.callTool(call)).code).toBe('denied'));
    await use('cancel', async (peer) => expect(errorOf(await peer.callTool(call)).code).toBe('approval_required'));
    await use(undefined, async (peer) =>
      expect(errorOf(await peer.callTool(call))).toMatchObject({
        code: 'approval_required',
        hint: expect.stringContaining('claw approval answer'),
      }),
    );
    expect(readFileSync(file('kept'), 'utf8')).toBe('x');
  });

  test('cancels down to the child process', () =>
    use(undefined, async (peer) => {
      const stop = new AbortController();
      const marker = file('late');
      const call = peer.callTool(
        { name: 'shell_run', arguments: { command: ['sh', '-c', `sleep 1; touch ${marker}`] } },
        { signal: stop.signal },
      );
      setTimeout(() => stop.abort(new Error('enough')), 150);
      await expect(call).rejects.toThrow();
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      expect(() => readFileSync(marker)).toThrow();
    }));
});
