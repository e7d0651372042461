import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { createApp, type App } from '../src/app.ts';
import { loadConfig } from '../src/core/config.ts';
import { silentLog } from '../src/core/log.ts';
import { defineTool, type Caller } from '../src/core/tool.ts';
import { mcpFactory } from '../src/server/mcp/mcp-surface.ts';
import { median, timed } from './figures.ts';

const schemas = { input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) };
const shared = { title: 'No-op', description: 'Returns its input.', examples: [], ...schemas };
const read = defineTool({ ...shared, name: 'noop_read', risk: 'read', run: (_ctx, input) => input });
const write = defineTool({ ...shared, name: 'noop_write', risk: 'write', run: (_ctx, input) => input });

const caller: Caller = { kind: 'mcp' };
const input = { text: 'hello' };
const warm = 500;
const count = 3_000;
const rounds = 30;
const addedLimitMs = 0.25;

/** A no-op tool through the gate beside the same tool on a bare SDK server, in one run and over one kind of transport. */
export default async function bench(): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'claw-bench-'));
  try {
    const config = loadConfig({ env: { CLAW_HOME: path.join(home, 'data') }, cwd: home, root: home });
    await using app = await createApp({ config, tools: [read, write], log: silentLog });
    await reads(app);
    await effects(app, home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function reads(app: App): Promise<void> {
  await using bare = await connected(bareServer());
  const factory = mcpFactory(
    { app, root: path.dirname(import.meta.dirname), outputs: tmpdir(), secret: 'benchmark' },
    { toolsets: ['all'] },
  );
  await using ours = await connected(await factory({ era: 'legacy' }));
  const call = (client: Client) => () => client.callTool({ name: 'noop_read', arguments: input });
  const gate = (): Promise<unknown> => app.gate.call(caller, 'noop_read', input);
  for (const work of [call(bare.client), call(ours.client), gate]) await timed(warm, work);
  // In turn, so that a change of the machine's speed meets all three.
  const times: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, work] of [call(bare.client), call(ours.client), gate].entries())
      times[index]!.push(...(await timed(count / rounds, work)));
  }
  const [bareMs, oursMs, gateMs] = times.map(median) as [number, number, number];
  console.log(
    `read, p50 of ${count}: bare SDK server ${bareMs.toFixed(3)} ms, through the gate ${oursMs.toFixed(3)} ms (the gate alone ${gateMs.toFixed(3)} ms)`,
  );
  console.log(
    `the gate adds ${(oursMs - bareMs).toFixed(3)} ms to a read, ${((oursMs - bareMs) / addedLimitMs).toFixed(2)} of the limit of ${addedLimitMs} ms`,
  );
}

async function effects(app: App, folder: string): Promise<void> {
  const descriptor = openSync(path.join(folder, 'raw'), 'a');
  const rawFsync = (): void => {
    writeSync(descriptor, Buffer.alloc(4_096));
    fsyncSync(descriptor);
  };
  const fsyncMs = median(await timed(300, rawFsync));
  closeSync(descriptor);
  const call = (): Promise<unknown> => app.gate.call(caller, 'noop_write', input);
  await timed(warm, call);
  const oneMs = median(await timed(500, call));
  const lanes = 32;
  const together = await timed(20, () => Promise.all(Array.from({ length: lanes }, call)));
  const eachMs = median(together) / lanes;
  console.log(
    `effect, p50: one at a time ${oneMs.toFixed(3)} ms, a raw write and fsync ${fsyncMs.toFixed(3)} ms (ratio ${(oneMs / fsyncMs).toFixed(2)})`,
  );
  console.log(
    `effect, ${lanes} at once: ${eachMs.toFixed(3)} ms each (ratio to one at a time ${(eachMs / oneMs).toFixed(2)}, to the fsync ${(eachMs / fsyncMs).toFixed(2)})`,
  );
}

function bareServer(): McpServer {
  const server = new McpServer({ name: 'bare', version: '1.0.0' });
  server.registerTool(
    'noop_read',
    { description: 'Returns its input.', inputSchema: schemas.input, outputSchema: schemas.output },
    ({ text }) => ({
      content: [{ type: 'text', text: JSON.stringify({ text }) }],
      structuredContent: { text },
    }),
  );
  return server;
}

async function connected(server: Pick<McpServer, 'connect'>): Promise<AsyncDisposable & { client: Client }> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await Promise.all([server.connect(far), client.connect(near)]);
  return { client, [Symbol.asyncDispose]: () => client.close() };
}

if (import.meta.main) await bench();
