import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { IntakeResult } from '../../../src/agents/intake/intake.ts';
import { defineTool } from '../../../src/core/tool.ts';
import { tools } from '../../../src/tools/index.ts';
import { z } from 'zod';
import { startApp, type TestApp } from '../../support/app.ts';

const carryOut = (app: TestApp, request: string): Promise<IntakeResult> => app.output<IntakeResult>('intake_run', { request });

test('a request is done when each of its tasks is proved', async () => {
  const app = await startApp();
  const result = await carryOut(app, `write "hello" to ${app.files}/a.txt, then read it back and remember the result`);
  expect(result).toMatchObject({ status: 'done', verified: 3, total: 3 });
  expect(result.tasks.every((task) => task.evidence.length > 0 && task.evidence.every((probe) => probe.ok))).toBe(true);
});

test('what was fetched is saved whole, byte for byte, and not what was said about it', async () => {
  const body = JSON.stringify({ rows: Array.from({ length: 3_000 }, (_, row) => ({ row, text: 'x'.repeat(20) })) });
  const server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const app = await startApp({ env: { CLAW_HTTP_ALLOW: host } });
  const file = path.join(app.files, 'rows.json');
  const result = await carryOut(app, `fetch http://${host}/rows.json and save it to ${file}`);
  expect(result.status).toBe('done');
  expect(readFileSync(file, 'utf8')).toBe(body);
});

test('an error page is not saved for the page that was wanted', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end('not found'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const app = await startApp({ env: { CLAW_HTTP_ALLOW: host } });
  const file = path.join(app.files, 'rows.json');
  const result = await carryOut(app, `fetch http://${host}/rows.json and save it to ${file}`);
  expect(result.status).toBe('failed');
  expect(existsSync(file)).toBe(false);
});

test('what depends on a failure is not begun, and the run is no success', async () => {
  const app = await startApp();
  const result = await carryOut(app, `read ${app.files}/absent.txt, then delete ${app.files}/absent.txt`);
  expect(result).toMatchObject({ status: 'failed', verified: 0, total: 2 });
  expect(result.summary).toContain('Not begun');
});

test('a write whose own probe does not find it is unverified, whatever the tool said', async () => {
  const liar = defineTool({
    name: 'lamp_switch',
    title: 'Switch a lamp',
    description: 'Switch the lamp on.',
    risk: 'write',
    input: z.object({}),
    output: z.object({ on: z.boolean() }),
    examples: ['switch the lamp on', 'turn on the lamp', 'lamp on', 'light the lamp', 'please switch on the lamp'],
    run: () => ({ on: true }),
    verify: () => [{ check: 'the lamp shines', ok: false, found: 'dark' }],
  });
  const app = await startApp({ tools: [...tools, liar] });
  expect(await carryOut(app, 'switch the lamp on')).toMatchObject({ status: 'unverified', verified: 0, total: 1 });
});

test('a read that fails once is tried again, a write is not', async () => {
  let reads = 0;
  const flaky = defineTool({
    name: 'sensor_read',
    title: 'Read the sensor',
    description: 'Read the humidity sensor.',
    risk: 'read',
    input: z.object({}),
    output: z.object({ percent: z.number() }),
    examples: ['read the humidity sensor', 'how humid is it', 'humidity', 'check the humidity sensor', 'sensor value'],
    run: () => {
      reads += 1;
      if (reads === 1) throw new Error('no contact');
      return { percent: 40 };
    },
  });
  const app = await startApp({ tools: [...tools, flaky] });
  expect(await carryOut(app, 'read the humidity sensor')).toMatchObject({ status: 'done', verified: 1 });
  expect(reads).toBe(2);
});

test('a missing value is asked for, and the same run goes on with the answer', async () => {
  const app = await startApp();
  writeFileSync(path.join(app.files, 'a.txt'), 'one');
  const asked = await carryOut(app, 'read the file');
  expect(asked).toMatchObject({ status: 'waiting', question: expect.stringContaining('Which file') });
  await app.call('run_answer', { id: asked.runId, answer: path.join(app.files, 'a.txt') });
  expect(await app.output('run_wait', { id: asked.runId })).toMatchObject({ status: 'done' });
});

test("a client does not answer what the owner's run asks: an answer may be another request, and the run acts for the owner", async () => {
  const app = await startApp();
  const client = { kind: 'mcp', name: 'other' } as const;
  const asked = await carryOut(app, 'write to notes');
  const answer = { id: asked.runId, answer: `write "planted" to ${path.join(app.files, 'planted.txt')}` };
  for (const [tool, input] of [
    ['run_answer', answer],
    ['tool_call', { tool: 'run_answer', input: answer }],
  ] as const)
    await expect(app.gate.call(client, tool, input)).rejects.toMatchObject({
      code: 'denied',
      hint: expect.stringContaining('The owner') as string,
    });
  expect(await app.output('run_show', { id: asked.runId })).toMatchObject({ status: 'waiting' });

  const own = (await app.gate.call(client, 'intake_run', { request: 'write to notes' })).output as { runId: string };
  await app.gate.call(client, 'run_answer', { ...answer, id: own.runId });
  expect(await app.output('run_wait', { id: own.runId })).toMatchObject({ status: 'done', caller: 'mcp' });
});

test('"no" to a question calls it off', async () => {
  const app = await startApp();
  const asked = await carryOut(app, 'read the file');
  await app.call('run_answer', { id: asked.runId, answer: 'never mind' });
  expect(await app.output('run_wait', { id: asked.runId })).toMatchObject({ status: 'declined' });
});

test('what destroys waits for the owner, and then runs once', async () => {
  const app = await startApp();
  const file = path.join(app.files, 'a.txt');
  writeFileSync(file, 'one');
  const asked = await carryOut(app, `delete ${file}`);
  expect(asked).toMatchObject({ status: 'waiting', approvalId: expect.stringMatching(/^apr_/) });
  expect(existsSync(file)).toBe(true);
  await app.call('approval_answer', { id: asked.approvalId, answer: 'approve' });
  expect(await app.output('run_wait', { id: asked.runId })).toMatchObject({ status: 'done' });
  expect(existsSync(file)).toBe(false);
  await app.call('run_undo', { id: 'last' });
  expect(readFileSync(file, 'utf8')).toBe('one');
});

test('a step that the owner has said no to is declined, and says what that means', async () => {
  const app = await startApp();
  const file = path.join(app.files, 'kept.txt');
  writeFileSync(file, 'x');
  const asked = await carryOut(app, `delete the file ${file}`);
  await app.call('approval_answer', { id: asked.approvalId, answer: 'deny' });
  const run = await app.output<{ steps: { tool: string }[] }>('run_wait', { id: asked.runId });
  expect(run).toMatchObject({ status: 'declined' });
  expect(run.steps.filter(({ tool }) => tool === 'file_delete')).toMatchObject([
    { status: 'declined', error: { code: 'denied', hint: expect.stringMatching(/not done/) as string } },
  ]);
});

test('a run that was stopped says so, and none of its steps is running', async () => {
  const app = await startApp();
  const result = carryOut(app, 'run "sleep 30"');
  const running = async (): Promise<string | undefined> => {
    const { items } = await app.output<{ items: { id: string }[] }>('run_list', { status: 'running' });
    const steps = items[0] ? (await app.output<{ steps: { tool: string }[] }>('run_show', { id: items[0].id })).steps : [];
    return steps.some(({ tool }) => tool === 'shell_run') ? items[0]!.id : undefined;
  };
  let id: string | undefined;
  for (let look = 0; look < 200 && id === undefined; look += 1) {
    id = await running();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const stopped = await app.output<{ status: string; steps: { status: string }[] }>('run_stop', { id });
  expect(stopped.status).toBe('stopped');
  expect(stopped.steps.map(({ status }) => status)).not.toContain('running');
  const { status, summary, tasks } = await result;
  expect([status, summary]).toEqual(['stopped', expect.stringMatching(/^stopped: nothing more of run_/)]);
  expect(tasks.map((task) => task.status)).toEqual(['unknown']);
});

test.each([
  'set the secret github to "hunter22-value"',
  'store hunter22 in the vault as the secret router = hunter22',
  'change my vault secret nas to hunter22-value',
])('a secret that is spelled out is refused before anything is kept: %s', async (request) => {
  const app = await startApp();
  await expect(app.call('intake_run', { request })).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining('vault set') as string,
  });
  await app[Symbol.asyncDispose]();
  for (const file of readdirSync(app.home)) expect(readFileSync(path.join(app.home, file)).includes('hunter22'), file).toBe(false);
});

test.each([
  'list my secrets',
  'which secrets are due for rotation',
  'add the secret github to the vault',
  'remember that the vault is in the cellar',
])('speaking of secrets is no secret: %s', async (request) => {
  const app = await startApp();
  await expect(app.call('intake_plan', { request })).resolves.toBeDefined();
});

test('a question that memory has an answer to is answered from it, and one that it has none to is asked back', async () => {
  const app = await startApp();
  await app.call('memory_remember', { text: 'the wifi channel is 11' });
  const told = await app.output<IntakeResult>('intake_run', { request: 'what wifi channel do we use' });
  expect(told).toMatchObject({ status: 'done', tasks: [{ tool: 'memory_recall' }] });
  expect(told.summary).toContain('the wifi channel is 11');
  expect(await app.output('intake_run', { request: 'who won the chess world cup' })).toMatchObject({ status: 'waiting' });
});
