import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/core/log.ts';
import { defineTool } from '../../src/core/tool.ts';
import { createMcpRoutes } from '../../src/server/http/mcp-routes.ts';
import { mcpFactory } from '../../src/server/mcp/mcp-surface.ts';
import { tools } from '../../src/tools/index.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { root } from '../support/processes.ts';

const send = defineTool({
  name: 'demo_send',
  title: 'Send',
  description: 'For tests.',
  examples: [],
  risk: 'write',
  effects: { sends: true },
  input: z.object({ to: z.string() }),
  output: z.object({}),
  run: () => ({}),
});

let app: TestApp;
let url: string;

beforeEach(async () => {
  const server = createServer((_request, response) => response.end('x'.repeat(20_000)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  app = await startApp({ tools: [...tools, send], env: { CLAW_HTTP_ALLOW: '127.0.0.0/8' } });
});

const factory = (): ReturnType<typeof mcpFactory> => mcpFactory({ app, root, paths: app.paths }, { toolsets: ['all'] });

async function overPipe(): Promise<Client> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'pipe', version: '1.0.0' });
  const server = await factory()({ era: 'legacy' });
  await Promise.all([server.connect(far), client.connect(near)]);
  onTestFinished(() => client.close());
  return client;
}

/** A client of Streamable HTTP whose requests are handed to the routes without a port. */
async function overHttp(
  name: string,
  mode: 'auto' | 'legacy',
  routes = createMcpRoutes({ factory: factory(), log: silentLog }),
): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(new URL('http://127.0.0.1/mcp'), {
    fetch: (input, init) => routes.streamable(new Request(input, init)),
  });
  const client = new Client({ name, version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return client;
}

async function sends(client: Client): Promise<string> {
  const { isError, content } = await client.callTool({ name: 'demo_send', arguments: { to: 'anna' } });
  if (isError !== true) return 'sent';
  const [block] = content as { text: string }[];
  return (JSON.parse(block!.text) as { code: string }).code;
}
const fetches = (client: Client): Promise<{ _meta?: Record<string, unknown> }> =>
  client.callTool({ name: 'http_request', arguments: { url } });

test.for([
  ['a pipe', () => overPipe()],
  ['HTTP with a session', () => overHttp('old', 'legacy')],
  ['HTTP without one', () => overHttp('new', 'auto')],
] as const)('over %s, two calls of one connection are not two strangers', async ([, connect]) => {
  const client = await connect();
  expect(await sends(client)).toBe('sent');
  await fetches(client);
  expect(await sends(client)).toBe('approval_required');
});

test('connections do not taint each other, nor do clients of the stateless protocol', async () => {
  const routes = createMcpRoutes({ factory: factory(), log: silentLog });
  await fetches(await overPipe());
  await fetches(await overHttp('one', 'auto', routes));
  expect(await sends(await overPipe())).toBe('sent');
  expect(await sends(await overHttp('two', 'auto', routes))).toBe('sent');
  expect(await sends(await overHttp('one', 'auto', routes))).toBe('approval_required');
});

test('the whole of an output that was cut counts as read from outside', async () => {
  const { _meta } = await fetches(await overPipe());
  const reader = await overPipe();
  await reader.readResource({ uri: `claw://outputs/${String(_meta?.['claw/callId'])}` });
  expect(await sends(reader)).toBe('approval_required');
});
