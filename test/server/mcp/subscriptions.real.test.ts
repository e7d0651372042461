import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { modernMeta } from '../../support/mcp-lines.ts';
import { claw, startServe } from '../../support/processes.ts';

test('a stream of subscriptions/listen over HTTP tells what changes, by whomever it is changed', async () => {
  await using server = await startServe();
  const stream = await fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${readFileSync(path.join(server.home, 'token'), 'utf8').trim()}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'subscriptions/listen',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'subscriptions/listen',
      params: { notifications: { resourceSubscriptions: ['claw://runs/latest'] }, _meta: modernMeta },
    }),
  });
  expect(stream.status).toBe(200);
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  const readUntil = async (text: string): Promise<void> => {
    while (!seen.includes(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`It ended after: ${seen}`);
      seen += value;
    }
  };
  await readUntil('notifications/subscriptions/acknowledged');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await claw(['do', 'check the disk', '--no-daemon'], { home: server.home });
  await readUntil('"uri":"claw://runs/latest"');
  expect(seen).toContain('notifications/resources/updated');
  await reader.cancel();
});
