import { expect, test } from 'vitest';
import { replyOfChain } from '../../../src/agents/models/chain.ts';
import { openAiModel } from '../../../src/agents/models/openai.ts';
import type { ModelRequest } from '../../../src/agents/models/model-types.ts';
import { startModelServer, type ModelServer, type Turn } from '../../support/model-server.ts';

const request: ModelRequest = {
  system: '',
  messages: [{ role: 'user', text: 'hello' }],
  maxTokens: 100,
  signal: new AbortController().signal,
};
const free = { admit: () => () => undefined, random: () => 0 };
const model = (id: string, server: ModelServer): ReturnType<typeof openAiModel> =>
  openAiModel(id, { provider: 'openai', apiKey: 'test-key', baseUrl: server.url, timeoutMs: 600 });

async function chained(
  first: Turn[],
  second: Turn[] = [{ text: 'from the second' }],
): Promise<{ text: string; tried: string[]; asked: number[] }> {
  const [one, two] = [await startModelServer(first), await startModelServer(second)];
  const { reply, attempts } = await replyOfChain(request, { models: [model('one', one), model('two', two)], ...free });
  return { text: reply.text, tried: attempts.map((at) => `${at.model} ${at.outcome}`), asked: [one.requests.length, two.requests.length] };
}

test('a model that answers is the only one asked', async () => {
  expect(await chained([{ text: 'from the first' }])).toEqual({ text: 'from the first', tried: ['openai/one ok'], asked: [1, 0] });
});

test('429 with a short retry-after is waited out, and asked again', async () => {
  const { text, tried } = await chained([{ status: 429, headers: { 'retry-after-ms': '40' } }, { text: 'from the first' }]);
  expect(text).toBe('from the first');
  expect(tried).toEqual(['openai/one rate_limited', 'openai/one ok']);
});

test('429 with a long retry-after sends the next in the chain', async () => {
  const { text, tried } = await chained([{ status: 429, headers: { 'retry-after': '3600' } }]);
  expect(text).toBe('from the second');
  expect(tried).toEqual(['openai/one rate_limited', 'openai/two ok']);
});

test('a stream that is cut is asked for again', async () => {
  const { text, tried } = await chained([{ text: 'Half of this', cut: true }, { text: 'whole' }]);
  expect(text).toBe('whole');
  expect(tried).toEqual(['openai/one cut', 'openai/one ok']);
});

test('one that is too slow gives way to the next at once, and the last is asked again', async () => {
  const slow = await chained([{ text: 'late', delayMs: 2_000 }, { text: 'again' }]);
  expect(slow.tried).toEqual(['openai/one slow', 'openai/two ok']);
  const stalling = await chained([{ text: 'Half of this', stalls: true }]);
  expect(stalling.tried).toEqual(['openai/one slow', 'openai/two ok']);
  const last = await chained([{ status: 401 }], [{ text: 'late', delayMs: 2_000 }, { text: 'whole' }]);
  expect(last.tried).toEqual(['openai/one unauthorized', 'openai/two slow', 'openai/two ok']);
});

test('a model that stays overloaded is tried three times, then the next answers', async () => {
  const { text, asked } = await chained([{ status: 529 }, { status: 529 }, { status: 503 }, { text: 'too late' }]);
  expect(text).toBe('from the second');
  expect(asked).toEqual([3, 1]);
});

test.each([401, 402, 403, 400, 404])('%i is not asked twice', async (status) => {
  const { text, asked } = await chained([{ status }, { text: 'again' }]);
  expect(text).toBe('from the second');
  expect(asked).toEqual([1, 1]);
});

test('where none answers, the error names each and why', async () => {
  await expect(chained([{ status: 401 }], [{ status: 404 }])).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/openai\/one does not accept the key.*openai\/two does not know this model/),
  });
});

test('a caller who gives up while a wait goes on is not kept waiting', async () => {
  const server = await startModelServer([{ status: 429, headers: { 'retry-after': '15' } }, { text: 'too late' }]);
  const given = new AbortController();
  const asked = replyOfChain({ ...request, signal: given.signal }, { models: [model('one', server)], ...free });
  setTimeout(() => given.abort(), 100);
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  expect(server.requests).toHaveLength(1);
});
