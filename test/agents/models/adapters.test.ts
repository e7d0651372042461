import { expect, test } from 'vitest';
import { anthropicModel } from '../../../src/agents/models/anthropic.ts';
import { ModelFailure, type Model, type ModelRequest } from '../../../src/agents/models/model-types.ts';
import { openAiModel } from '../../../src/agents/models/openai.ts';
import { watchSilence } from '../../../src/agents/models/silence.ts';
import { responsesReply } from '../../../src/agents/models/openai-responses.ts';
import { failureOf } from '../../../src/agents/models/failures.ts';
import { startModelServer } from '../../support/model-server.ts';

const request = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  system: 'Be brief.',
  messages: [{ role: 'user', text: 'hello' }],
  maxTokens: 100,
  signal: new AbortController().signal,
  ...more,
});

const tools = [{ name: 'disk_free', description: 'Free space', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } }];

/** The Responses API is used at OpenAI's own address only, so here it is reached a level lower. */
async function responsesModel(url: string): Promise<Model> {
  const { default: OpenAI } = await import('openai');
  const client = new OpenAI({ apiKey: 'test-key', baseURL: url, maxRetries: 0, timeout: 2_000, logLevel: 'off' });
  return {
    id: 'openai/scripted',
    reply: (asked) =>
      responsesReply(client, 'scripted', { ...asked, ...watchSilence(asked.signal, 2_000) }).catch((error: unknown) => {
        throw failureOf(error, asked.signal);
      }),
  };
}

const adapters: [string, (url: string) => Model | Promise<Model>][] = [
  ['anthropic', (url) => anthropicModel('scripted', { apiKey: 'test-key', baseUrl: url, timeoutMs: 2_000 })],
  ['openai chat', (url) => openAiModel('scripted', { provider: 'openai', apiKey: 'test-key', baseUrl: `${url}/v1`, timeoutMs: 2_000 })],
  ['openai responses', responsesModel],
];

test.each(adapters)('%s: text comes in pieces, and with what it cost', async (_name, model) => {
  const server = await startModelServer([{ text: 'Good morning.' }]);
  const pieces: string[] = [];
  const reply = await (await model(server.url)).reply(request({ onText: (delta) => pieces.push(delta) }));
  expect(reply).toMatchObject({ text: 'Good morning.', stop: 'end', toolUses: [], usage: { cachedTokens: 5, outputTokens: 7 } });
  expect(pieces.join('')).toBe('Good morning.');
  expect(pieces.length).toBeGreaterThan(1);
});

test.each(adapters)('%s: tools are asked for, and their results go back', async (_name, model) => {
  const server = await startModelServer([
    { text: 'Let me look.', toolUses: [{ name: 'disk_free', input: { path: '/' } }] },
    { text: '10 GB' },
  ]);
  const asked = await model(server.url);
  const first = await asked.reply(request({ tools }));
  expect(first).toMatchObject({ stop: 'tools', toolUses: [{ id: 'use_0', name: 'disk_free', input: { path: '/' } }] });
  const second = await asked.reply(
    request({
      tools,
      messages: [
        { role: 'user', text: 'hello' },
        { role: 'assistant', text: first.text, toolUses: first.toolUses, ...(first.native && { native: first.native }) },
        { role: 'tool', toolUseId: 'use_0', text: '{"free":"10 GB"}' },
      ],
    }),
  );
  expect(second.text).toBe('10 GB');
  expect(JSON.stringify(server.requests[1]!.body)).toContain('use_0');
  expect(JSON.stringify(server.requests[1]!.body)).toContain('10 GB');
});

test.each(adapters)('%s: a schema goes with the request, and what breaks it comes back as it is', async (_name, model) => {
  const server = await startModelServer([{ text: 'Sure!' }]);
  const schema = { type: 'object', properties: { free: { type: 'integer' } }, required: ['free'], additionalProperties: false };
  expect((await (await model(server.url)).reply(request({ schema }))).text).toBe('Sure!');
  expect(JSON.stringify(server.requests[0]!.body)).toContain('"free":{"type":"integer"}');
});

test.each(adapters)('%s: a refusal and a reply that is too long are told apart', async (_name, model) => {
  const server = await startModelServer([
    { text: 'No.', stop: 'refused' },
    { text: 'And then', stop: 'length' },
  ]);
  const asked = await model(server.url);
  expect((await asked.reply(request())).stop).toBe('refused');
  expect((await asked.reply(request())).stop).toBe('length');
});

test.each(adapters)('%s: a tool call that is no JSON is no crash', async (_name, model) => {
  const server = await startModelServer([{ toolUses: [{ name: 'disk_free', input: {}, raw: '{"path": "/' }] }]);
  const outcome = await (await model(server.url)).reply(request({ tools })).catch((error: unknown) => error);
  if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ModelFailure);
  else expect(outcome).toMatchObject({ toolUses: [{ name: 'disk_free' }] });
});

const faults = [
  [{ status: 429, headers: { 'retry-after': '3' } }, 'rate_limited', 3_000],
  [{ status: 529 }, 'overloaded', undefined],
  [{ status: 500 }, 'overloaded', undefined],
  [{ status: 401 }, 'unauthorized', undefined],
  [{ status: 403 }, 'unauthorized', undefined],
  [{ status: 400 }, 'rejected', undefined],
  [{ status: 404 }, 'rejected', undefined],
  [{ text: 'Half of this is', cut: true }, 'cut', undefined],
] as const;

test.each(adapters.flatMap(([name, model]) => faults.map((fault) => [name, model, ...fault] as const)))(
  '%s: %o %o is %s',
  async (_name, model, turn, kind, retryAfterMs) => {
    const server = await startModelServer([turn]);
    const failure = await (await model(server.url)).reply(request()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ModelFailure);
    expect(failure).toMatchObject({ kind, ...(retryAfterMs && { retryAfterMs }) });
    expect((failure as Error).message).not.toContain('as the script says');
    expect(server.requests).toHaveLength(1);
  },
);

test.each(adapters)('%s: nobody there is unreachable', async (_name, model) => {
  const failure = await (await model('http://127.0.0.1:9')).reply(request()).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'unreachable' });
});

test.each(adapters)('%s: a caller who gives up is no failure of the model', async (_name, model) => {
  const server = await startModelServer([{ text: 'late', delayMs: 5_000 }]);
  const given = new AbortController();
  const asked = (await model(server.url)).reply(request({ signal: given.signal }));
  setTimeout(() => given.abort(new Error('stopped')), 50);
  await expect(asked).rejects.toThrow('stopped');
});

test.each(adapters)('%s: a stream of broken JSON is no reply', async (_name, model) => {
  const server = await startModelServer([{ text: 'Good morning.', garbled: true }]);
  const failure = await (await model(server.url)).reply(request()).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ModelFailure);
  expect(['malformed', 'cut', 'unreachable']).toContain((failure as ModelFailure).kind);
});
