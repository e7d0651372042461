import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp } from '../../support/app.ts';
import { connectLines, type RpcAnswer } from '../../support/mcp-lines.ts';

const errorIn = ({ result }: RpcAnswer): { code: string; hint: string; runId: string } =>
  JSON.parse((result!.content as { text: string }[])[0]!.text) as { code: string; hint: string; runId: string };
const shell = (script: string): Record<string, unknown> => ({ name: 'shell_run', arguments: { script, timeoutMs: 600_000 } });

test('a call that takes longer than a client waits is answered with the run that it goes on as', async () => {
  const app = await startApp();
  const client = connectLines(app, {}, { patienceMs: 200 });
  const answer = await client.ask('tools/call', shell('sleep 1; echo at last'));
  expect(answer).toMatchObject({ result: { isError: true } });
  const { code, hint, runId } = errorIn(answer);
  expect([code, hint]).toEqual(['timeout', expect.stringContaining(`run_wait {"id":"${runId}"}`)]);
  expect(await app.output('run_wait', { id: runId })).toMatchObject({
    kind: 'call',
    status: 'done',
    output: { output: { stdout: 'at last\n' } },
    steps: [{ tool: 'shell_run', status: 'done', evidence: [{ ok: true }] }],
  });
  const { items } = await app.output<{ items: { event: string }[] }>('audit_search', { tool: 'shell_run' });
  expect(items.map(({ event }) => event)).toEqual(['verified', 'ok', 'started']);
});

test('a command that then fails is unverified, and run_stop ends one that goes on', async () => {
  const app = await startApp();
  const client = connectLines(app, {}, { patienceMs: 100 });
  const failing = errorIn(await client.ask('tools/call', shell('sleep 0.4; exit 3')));
  expect(await app.output('run_wait', { id: failing.runId })).toMatchObject({ status: 'unverified', steps: [{ status: 'unverified' }] });
  const marker = path.join(app.files, 'late');
  const endless = errorIn(await client.ask('tools/call', shell(`sleep 1; touch ${marker}`)));
  expect(await app.output('run_stop', { id: endless.runId })).toMatchObject({ status: 'stopped' });
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  expect(existsSync(marker)).toBe(false);
});

test('until it is answered a call is cancelled by its client', async () => {
  const app = await startApp();
  const client = connectLines(app, {}, { patienceMs: 30_000 });
  const marker = path.join(app.files, 'late');
  const id = client.nextId();
  void client.ask('tools/call', shell(`sleep 0.8; touch ${marker}`));
  await new Promise((resolve) => setTimeout(resolve, 200));
  client.notify('notifications/cancelled', { requestId: id });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(existsSync(marker)).toBe(false);
});

test('a call that goes on when the process ends is unknown, not lost', async () => {
  const app = await startApp();
  const client = connectLines(app, {}, { patienceMs: 100 });
  const { runId } = errorIn(await client.ask('tools/call', shell('sleep 30')));
  await app[Symbol.asyncDispose]();
  const again = await startApp({ home: app.home, recover: true });
  expect(await again.output('run_wait', { id: runId, timeoutMs: 5_000 })).toMatchObject({
    status: 'unknown',
    steps: [{ status: 'unknown' }],
  });
});
