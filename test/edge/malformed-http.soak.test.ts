import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../durable/gates.ts';
import { root, startServe, type Served } from '../support/processes.ts';
import { expectAnswers, outcomeOf, type RpcAnswer } from './answers.ts';
import { leaksIn } from './leaks.ts';
import { initialize } from './line-client.ts';
import { openSse } from './sse-client.ts';
import { hugeMessage, malformedMessages, type Malformed } from './malformed-messages.ts';

const count = process.env.CLAW_SOAK === '1' ? 10_000 : 440;
const seed = 20_260_803;
const atOnce = 8;

let server: Served;
beforeAll(async () => {
  server = await startServe();
});
afterAll(() => server[Symbol.asyncDispose]());

const headers = (): Record<string, string> => ({
  Authorization: `Bearer ${readFileSync(path.join(server.home, 'token'), 'utf8').trim()}`,
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
});

interface Reply {
  status: number;
  text: string;
  answers: RpcAnswer[];
}

async function post(url: string, bytes: Uint8Array | string, more: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(url, { method: 'POST', headers: { ...headers(), ...more }, body: Buffer.from(bytes) });
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const lines = isStream ? text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : [])) : [text];
  return {
    status: response.status,
    text,
    answers: lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as RpcAnswer),
  };
}

async function newSession(): Promise<Record<string, string>> {
  const response = await fetch(`${server.url}/mcp`, { method: 'POST', headers: headers(), body: initialize('start').trim() });
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id')!, 'mcp-protocol-version': '2025-11-25' };
}

/** What must come back to one message: over HTTP a refusal is an answer too, so nothing is met with silence. */
function faultOf({ kind, bytes, answer }: Malformed, { status, answers, text }: Reply): string | undefined {
  const said = answers.map((one) => `${JSON.stringify(one.id ?? null)} ${outcomeOf(one)}`).join();
  const expected = answer ? `${JSON.stringify(answer.id)} ${answer.code}` : '';
  const isRight = answer ? said === expected : status === 202 || status === 400;
  const leaks = leaksIn(text, [server.home, root]);
  return isRight && leaks.length === 0
    ? undefined
    : `${kind}: ${status} ${said || text.slice(0, 100)} (${leaks.join()}) instead of ${expected} to ${bytes.toString().slice(0, 200)}`;
}

async function compare(messages: Malformed[], send: (message: Malformed) => Promise<Reply>): Promise<void> {
  const wrong: string[] = [];
  for (let at = 0; at < messages.length; at += atOnce) {
    const some = messages.slice(at, at + atOnce);
    const faults = await Promise.all(some.map(async (message) => faultOf(message, await send(message))));
    wrong.push(...faults.filter((fault) => fault !== undefined));
  }
  expect(wrong).toEqual([]);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
}

test('malformed messages over Streamable HTTP: each is answered with the right code and id', { timeout: 600_000 }, async () => {
  const session = await newSession();
  await compare(malformedMessages(seed, count), ({ bytes }) => post(`${server.url}/mcp`, bytes, session));
  console.log(`${count} malformed messages over HTTP, seed ${seed}: every request with a legal id answered with the right code`);
});

test('without a session, and in the revision without sessions, what is no message is refused in the same words', async () => {
  const messages = malformedMessages(seed + 1, 440).filter(({ answer }) => answer !== undefined && Number(answer.code) <= -32_600);
  const early = messages.filter(({ answer }) => answer!.code === -32_700 || answer!.code === -32_600);
  await compare(early, ({ bytes }) => post(`${server.url}/mcp`, bytes));
  await compare(early, ({ bytes }) => post(`${server.url}/mcp`, bytes, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'ping' }));
});

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'edge', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

test.each([
  ['nope', {}, -32_601],
  ['initialize/', {}, -32_601],
  ['tools/list', {}, 'result'],
  ['tools/list', { cursor: 7 }, -32_602],
  ['tools/call', { name: 'status_show', arguments: [] }, -32_602],
  ['tools/call', { name: 'none_such', arguments: {} }, 'result'],
  ['resources/read', { uri: 'claw://nothing/here' }, -32_602],
  ['prompts/get', { name: 'none' }, -32_602],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'x' } }, -32_602],
] as [string, { name?: string; uri?: string }, number | 'result'][])(
  'in the revision without sessions, %s with %j comes to the same',
  async (method, params, code) => {
    const named = params.name ?? params.uri;
    const more = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...(named !== undefined && { 'mcp-name': named }) };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'modern', method, params: { ...params, _meta: envelope } });
    const { answers, text } = await post(`${server.url}/mcp`, body, more);
    expect([answers.map(({ id }) => id), answers.map(outcomeOf), text]).toEqual([['modern'], [code], expect.anything()]);
  },
);

test('requests that come before a session begins are told so, with their own id', async () => {
  const { status, answers } = await post(`${server.url}/mcp`, '{"jsonrpc":"2.0","id":"early","method":"tools/list"}');
  expect([status, answers]).toMatchObject([400, [{ id: 'early', error: { message: expect.stringContaining('initialize') as string } }]]);
  const gone = await post(`${server.url}/mcp`, '{"jsonrpc":"2.0","id":9,"method":"tools/list"}', { 'mcp-session-id': 'gone' });
  expect([gone.status, gone.answers]).toMatchObject([404, [{ id: 9 }]]);
});

test('a body over the limit is refused before it is read', async () => {
  const { status, text } = await post(`${server.url}/mcp`, hugeMessage('huge', 12).bytes).catch(() => ({ status: 413, text: 'too_large' }));
  expect([status, text]).toEqual([413, expect.stringContaining('too_large')]);
});

test('malformed messages over HTTP+SSE are refused where they are posted, and the stream goes on', { timeout: 600_000 }, async () => {
  await using stream = await openSse(server.url, headers());
  await post(stream.endpoint, initialize('start').trim());
  const messages = malformedMessages(seed + 2, Math.min(count, 2_000)).filter(({ answer }) => answer);
  const refused: RpcAnswer[] = [];
  for (const { bytes } of messages) refused.push(...(await post(stream.endpoint, bytes)).answers);
  await until(async () => stream.answers.length + refused.length > messages.length);
  const answers = [...stream.answers.filter(({ id }) => id !== 'start'), ...refused];
  expectAnswers(messages, answers, [server.home, root]);
});
