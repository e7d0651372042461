import { InMemoryTransport } from '@modelcontextprotocol/server';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { manualClock } from '../../../src/core/clock.ts';
import { createChanges } from '../../../src/gate/changes.ts';
import { mcpFactory } from '../../../src/server/mcp/mcp-surface.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { connectLines } from '../../support/mcp-lines.ts';
import { root } from '../../support/processes.ts';

const until = async (condition: () => boolean): Promise<void> => {
  for (let look = 0; look < 300 && !condition(); look += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(condition()).toBe(true);
};
/** Time for a first look, against which changes are seen. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

/** A run that asks something. */
const ask = async (app: TestApp): Promise<string> =>
  (await app.output<{ runId: string }>('intake_run', { request: 'read the file' })).runId;

test('a client of 2025-11-25 hears of what it has subscribed to, and of nothing else', async () => {
  const app = await startApp();
  const id = await ask(app);
  const client = new Client({ name: 'old', version: '1' });
  const uris: string[] = [];
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void uris.push(params.uri));
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const server = await mcpFactory({ app, root, paths: app.paths }, {})({ era: 'legacy' });
  await server.connect(ours);
  await client.connect(theirs);
  await client.subscribeResource({ uri: `claw://runs/${id}` });
  await settle();
  await ask(app);
  await app.call('run_answer', { id, answer: 'never mind' });
  await until(() => uris.length > 0);
  await client.unsubscribeResource({ uri: `claw://runs/${id}` });
  await client.subscribeResource({ uri: 'claw://status' });
  await settle();
  await ask(app);
  await until(() => uris.includes('claw://status'));
  expect(new Set(uris)).toEqual(new Set([`claw://runs/${id}`, 'claw://status']));
  await client.close();
});

test('a client of 2026-07-28 hears over stdio of what it listens to', async () => {
  const app = await startApp();
  const lines = connectLines(app);
  void lines.ask('subscriptions/listen', { notifications: { resourceSubscriptions: ['claw://runs/latest'] } });
  await settle();
  await ask(app);
  const updated = (): unknown[] => lines.notifications.filter(({ method }) => method === 'notifications/resources/updated');
  await until(() => updated().length > 0);
  expect(updated()[0]).toMatchObject({ params: { uri: 'claw://runs/latest' } });
});

test('while nobody listens nothing is looked at', async () => {
  let looks = 0;
  const clock = manualClock();
  const changes = createChanges({
    backend: { list: async () => ((looks += 1), { items: [] }), steps: async () => [], isLeader: () => false },
    approvals: { list: () => [] },
    clock,
    log: silentLog,
  });
  const tick = async (): Promise<void> => {
    clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await tick();
  expect(looks).toBe(0);
  const ends = [changes.listen(() => {}), changes.listen(() => {})];
  await tick();
  await tick();
  const seen = looks;
  expect(seen).toBeGreaterThan(0);
  for (const end of ends) end();
  await tick();
  await tick();
  expect(looks).toBe(seen);
});
