import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startModelServer, type ModelServer, type Turn } from '../../support/model-server.ts';

async function appWith(turns: Turn[], env: Record<string, string> = {}): Promise<{ app: TestApp; server: ModelServer }> {
  const server = await startModelServer(turns);
  const names = {
    CLAW_MODEL: 'openai/scripted',
    OPENAI_BASE_URL: server.url,
    ANTHROPIC_BASE_URL: server.url,
    ANTHROPIC_API_KEY: 'sk-of-the-test',
  };
  return { app: await startApp({ env: { ...names, ...env } }), server };
}

test('llm_prompt gives the text, the model and what it cost', async () => {
  const { app } = await appWith([{ text: 'Ten to the twenty-first bytes.' }]);
  expect(await app.output('llm_prompt', { prompt: 'what is a zettabyte' })).toEqual({
    text: 'Ten to the twenty-first bytes.',
    model: 'openai/scripted',
    stop: 'end',
    attempts: [{ model: 'openai/scripted', outcome: 'ok' }],
    usage: { inputTokens: 20, cachedTokens: 5, outputTokens: 7, tokens: 27 },
  });
});

test('without a model it says how to set one, although there is a key', async () => {
  const { app, server } = await appWith([], { CLAW_MODEL: 'none' });
  await expect(app.call('llm_prompt', { prompt: 'hello' })).rejects.toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('CLAW_MODEL'),
  });
  expect(server.requests).toHaveLength(0);
});

test('an answer that does not fit the schema is asked for once more, with what is wrong', async () => {
  const { app, server } = await appWith([{ text: '{"free": "ten"}' }, { text: '```json\n{"free": 10}\n```' }]);
  const schema = { type: 'object', properties: { free: { type: 'integer' } }, required: ['free'] };
  expect(await app.output('llm_prompt', { prompt: 'how much is free', schema })).toMatchObject({
    data: { free: 10 },
    usage: { outputTokens: 14 },
  });
  expect(JSON.stringify(server.requests[1]!.body)).toContain('does not fit the schema');
});

test('a model that keeps writing something else fails, and is asked no third time', async () => {
  const { app, server } = await appWith([{ text: 'Sure!' }, { text: 'Gladly!' }, { text: '{}' }]);
  const schema = { type: 'object', properties: { free: { type: 'integer' } }, required: ['free'] };
  await expect(app.call('llm_prompt', { prompt: 'how much is free', schema })).rejects.toMatchObject({ code: 'failed' });
  expect(server.requests).toHaveLength(2);
});

test('the chain goes on to the next provider, and the audit says why', async () => {
  const { app } = await appWith([{ status: 401 }, { text: 'Here.' }], { CLAW_MODEL: 'anthropic/first → openai/second' });
  expect(await app.output('llm_prompt', { prompt: 'hello' })).toMatchObject({ model: 'openai/second' });
  const { items } = await app.output<{ items: unknown[] }>('audit_search', { tool: 'llm_prompt' });
  expect(JSON.stringify(items)).toContain('unauthorized');
});

test('no secret reaches the model', async () => {
  const { app, server } = await appWith([{ text: 'ok' }]);
  await app.call('vault_set', { name: 'door', value: 'correct horse battery' });
  await app.call('llm_prompt', { prompt: 'is "correct horse battery" a good password', system: 'It is correct horse battery.' });
  expect(JSON.stringify(server.requests)).not.toContain('horse');
});

test('a budget is kept before the call that would pass it', async () => {
  const { app, server } = await appWith([{ text: 'one' }, { text: 'two' }, { text: 'three' }], { CLAW_MODEL_BUDGET: 'day 2 calls' });
  await app.call('llm_prompt', { prompt: 'one' });
  await app.call('llm_prompt', { prompt: 'two' });
  await expect(app.call('llm_prompt', { prompt: 'three' })).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining('day 2 calls'),
  });
  expect(server.requests).toHaveLength(2);
});

test('calls at the same time do not pass a budget together', async () => {
  const { app, server } = await appWith(
    Array.from({ length: 8 }, () => ({ text: 'ok', delayMs: 50 })),
    { CLAW_MODEL_BUDGET: 'day 3 calls' },
  );
  const all = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => app.call('llm_prompt', { prompt: `number ${index}` })));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(server.requests).toHaveLength(3);
});

test('a budget in tokens counts the most an answer may take, and then what it took', async () => {
  const { app } = await appWith([{ text: 'one' }, { text: 'two' }], { CLAW_MODEL_BUDGET: 'day 1000 tokens' });
  await expect(app.call('llm_prompt', { prompt: 'x', maxTokens: 2_000 })).rejects.toMatchObject({ code: 'denied' });
  await app.call('llm_prompt', { prompt: 'x', maxTokens: 900 });
  await app.call('llm_prompt', { prompt: 'y', maxTokens: 900 });
});

test('a budget in dollars needs the price, and keeps it', async () => {
  const unpriced = await appWith([], { CLAW_MODEL_BUDGET: 'day 1 USD' });
  await expect(unpriced.app.call('llm_prompt', { prompt: 'x' })).rejects.toMatchObject({
    code: 'bad_config',
    hint: expect.stringContaining('CLAW_MODEL_PRICES'),
  });
  const { app, server } = await appWith([{ text: 'ok' }], { CLAW_MODEL_BUDGET: 'day 0.01 USD', CLAW_MODEL_PRICES: 'openai/scripted=3/15' });
  await expect(app.call('llm_prompt', { prompt: 'x', maxTokens: 1_000 })).rejects.toMatchObject({ code: 'denied' });
  await app.call('llm_prompt', { prompt: 'x', maxTokens: 100 });
  expect(server.requests).toHaveLength(1);
});

test('a job stops at its own tokens, and its run and the status say what was used', async () => {
  const { app, server } = await appWith([{ text: 'one' }, { text: 'two' }]);
  const ask = (id: string): object => ({ id, tool: 'llm_prompt', input: { prompt: id } });
  const { id } = await app.output<{ id: string }>('cron_add', { schedule: '@daily', steps: [ask('a'), ask('b')], tokens: 20 });
  const { runId } = await app.output<{ runId: string }>('cron_run', { id });
  await app.backend.wait(runId, { timeoutMs: 5_000 });
  expect(server.requests).toHaveLength(1);
  expect(await app.output('run_show', { id: runId })).toMatchObject({ status: 'failed', usage: { tokens: 27 } });
  expect(await app.output('status_show')).toMatchObject({ model: 'openai/scripted' });
});

test.each([
  ['CLAW_MODEL', 'gpt'],
  ['CLAW_MODEL', 'anthropic/'],
  ['CLAW_MODEL_BUDGET', 'a lot'],
  ['CLAW_MODEL_BUDGET', 'day five USD'],
  ['CLAW_MODEL_PRICES', 'openai/x'],
])('%s=%s is a clear error at start', async (name, value) => {
  await expect(startApp({ env: { [name]: value } })).rejects.toMatchObject({ code: 'bad_config', message: expect.stringContaining(name) });
});

/** Reproduces what `claude -p --output-format json` prints (Claude Code, CLI reference), the arguments and stdin in its answer. */
function standInClaude(): string {
  const folder = temporaryFolder();
  const file = path.join(folder, 'claude');
  const script = `#!/bin/sh
input=$(cat | tr -d '"\\n')
printf '{"type":"result","subtype":"success","is_error":false,"result":"%s / %s","usage":{"input_tokens":9,"output_tokens":3}}' "$(echo "$*" | tr -d '"\\n')" "$input"
`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  return folder;
}

test("the owner's claude command can be the model: without tools, the prompt on stdin", async () => {
  const folder = standInClaude();
  const app = await startApp({ env: { CLAW_MODEL: 'claude-cli/sonnet' }, programs: { PATH: `${folder}:${process.env.PATH}` } });
  const { text, usage } = await app.output<{ text: string; usage: object }>('llm_prompt', { prompt: 'what is up' });
  expect(text).toMatch(/^-p --output-format json --model sonnet .*--max-turns 1 \/ what is up$/);
  expect(usage).toEqual({ inputTokens: 9, cachedTokens: 0, outputTokens: 3, tokens: 12 });
});

test('models of other providers are asked by name, with their own keys, and stand in a chain as any other', async () => {
  const server = await startModelServer((asked) =>
    asked.path.includes(':streamGenerateContent') ? { status: 403 } : { text: `by ${String(asked.body.model)}` },
  );
  const keys = { GOOGLE_API_KEY: 'key-of-google', MISTRAL_API_KEY: 'key-of-mistral', GROQ_API_KEY: 'key-of-groq' };
  const urls = { GOOGLE_BASE_URL: server.url, MISTRAL_BASE_URL: `${server.url}/mistral`, GROQ_BASE_URL: server.url };
  const models = { CLAW_MODEL: 'google/one → mistral/two', CLAW_MODEL_JOB: 'groq/openai/three' };
  const app = await startApp({ env: { ...models, ...keys, ...urls } });
  expect(await app.output('llm_prompt', { prompt: 'hello', role: 'chat' })).toMatchObject({
    text: 'by two',
    model: 'mistral/two',
    attempts: [
      { model: 'google/one', outcome: 'unauthorized' },
      { model: 'mistral/two', outcome: 'ok' },
    ],
  });
  expect(await app.output('llm_prompt', { prompt: 'hello', role: 'job' })).toMatchObject({
    text: 'by openai/three',
    model: 'groq/openai/three',
  });
  expect(server.requests.map(({ headers }) => headers['x-goog-api-key'] ?? headers.authorization)).toEqual([
    'key-of-google',
    'Bearer key-of-mistral',
    'Bearer key-of-groq',
  ]);
});

test('a provider without its key says which one it is', async () => {
  const app = await startApp({ env: { CLAW_MODEL: 'mistral/two' } });
  await expect(app.call('llm_prompt', { prompt: 'hello' })).rejects.toMatchObject({
    code: 'bad_config',
    message: 'mistral/two needs MISTRAL_API_KEY.',
  });
});
