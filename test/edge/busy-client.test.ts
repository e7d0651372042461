import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../../src/core/config.ts';
import { defineTool } from '../../src/core/tool.ts';
import { mcpFactory } from '../../src/server/mcp/mcp-surface.ts';
import { gate } from '../durable/gates.ts';
import { startApp } from '../support/app.ts';
import { root } from '../support/processes.ts';

test('the 65th call at once of one client is told to wait, and is served when another has ended', async () => {
  const door = gate();
  const slow = defineTool({
    name: 'slow_read',
    title: 'Slow',
    description: 'Waits for a door.',
    risk: 'read',
    examples: [],
    input: z.object({}),
    output: z.object({}),
    run: async () => (await door.wait(), {}),
  });
  const app = await startApp({ tools: [slow] });
  const { paths } = loadConfig({ env: { CLAW_HOME: app.home }, cwd: app.files, root: app.files });
  const server = await mcpFactory({ app, root, paths }, { toolsets: ['all'] })({ era: 'legacy' });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'busy', version: '1' });
  await Promise.all([server.connect(theirs), client.connect(ours)]);
  const call = () => client.callTool({ name: 'slow_read', arguments: {} });
  const waiting = Array.from({ length: 64 }, call);
  const refused = await call();
  expect([refused.isError, JSON.stringify(refused.content)]).toEqual([true, expect.stringContaining('64 calls of this client')]);
  door.open();
  expect((await Promise.all(waiting)).every(({ isError }) => isError !== true)).toBe(true);
  expect((await call()).isError).not.toBe(true);
  await client.close();
});
