import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** What the model does next: an answer, or a fault. */
export interface Turn {
  text?: string;
  toolUses?: { name: string; input: unknown; raw?: string }[];
  stop?: 'refused' | 'length';
  /** An HTTP error in place of an answer. */
  status?: number;
  headers?: Record<string, string>;
  /** The connection breaks after the first delta. */
  cut?: boolean;
  /** Ms before the first byte. */
  delayMs?: number;
}

export interface ModelServer {
  url: string;
  /** The bodies of the requests so far. */
  requests: { path: string; headers: IncomingMessage['headers']; body: Record<string, unknown> }[];
}

type Script = Turn[] | ((request: ModelServer['requests'][number], index: number) => Turn);

/**
 * A model provider on loopback with a script for a model. It speaks the streams of the Anthropic Messages API
 * (platform.claude.com/docs, Streaming messages), of OpenAI Chat Completions and of OpenAI Responses
 * (platform.openai.com/docs/api-reference, streaming), and of the Gemini API (ai.google.dev/api, streamGenerateContent), as the official
 * clients read them. Below /mistral it is the Mistral API (docs.mistral.ai/api), whose last chunk has the reason and the usage.
 */
export async function startModelServer(script: Script): Promise<ModelServer> {
  const requests: ModelServer['requests'] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = { path: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as never };
    const index = requests.push(asked) - 1;
    const turn = typeof script === 'function' ? script(asked, index) : (script[index] ?? { status: 500 });
    await wait(turn.delayMs ?? 0);
    answer(asked.path, turn, response);
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function answer(path: string, turn: Turn, response: ServerResponse): void {
  if (turn.status !== undefined) {
    const body = { type: 'error', error: { type: 'scripted_error', message: 'as the script says' } };
    response.writeHead(turn.status, { 'content-type': 'application/json', ...turn.headers }).end(JSON.stringify(body));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = path.startsWith('/mistral/')
    ? mistral(turn)
    : path.includes(':streamGenerateContent')
      ? gemini(turn)
      : path.endsWith('/messages')
        ? anthropic(turn)
        : path.endsWith('/responses')
          ? responses(turn)
          : chat(turn);
  const kept = turn.cut ? events.slice(0, Math.ceil(events.length / 2)) : events;
  for (const { event, data } of kept) response.write(`${event ? `event: ${event}\n` : ''}data: ${data}\n\n`);
  if (turn.cut) setTimeout(() => response.destroy(), 20);
  else response.end();
}

interface ServerEvent {
  event?: string;
  data: string;
}

const named = (data: { type: string; [key: string]: unknown }): ServerEvent => ({ event: data.type, data: JSON.stringify(data) });
const idOf = (index: number): string => `use_${index}`;

function anthropic({ text = '', toolUses = [], stop }: Turn): ServerEvent[] {
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'scripted',
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
  const usage = { input_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 5, output_tokens: 1 };
  const blocks = [
    ...(text ? [{ start: { type: 'text', text: '' }, deltas: halves(text).map((part) => ({ type: 'text_delta', text: part })) }] : []),
    ...toolUses.map(({ name, input, raw }, index) => ({
      start: { type: 'tool_use', id: idOf(index), name, input: {} },
      deltas: halves(raw ?? JSON.stringify(input)).map((part) => ({ type: 'input_json_delta', partial_json: part })),
    })),
  ];
  const reason = stop === 'refused' ? 'refusal' : stop === 'length' ? 'max_tokens' : toolUses.length > 0 ? 'tool_use' : 'end_turn';
  return [
    named({ type: 'message_start', message: { ...message, usage } }),
    ...blocks.flatMap(({ start, deltas }, index) => [
      named({ type: 'content_block_start', index, content_block: start }),
      ...deltas.map((delta) => named({ type: 'content_block_delta', index, delta })),
      named({ type: 'content_block_stop', index }),
    ]),
    named({ type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 7 } }),
    named({ type: 'message_stop' }),
  ];
}

function chat({ text = '', toolUses = [], stop }: Turn): ServerEvent[] {
  const chunk = (choice: object | undefined, rest: object = {}): ServerEvent => ({
    data: JSON.stringify({
      id: 'chatcmpl_1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'scripted',
      choices: choice ? [{ index: 0, finish_reason: null, ...choice }] : [],
      ...rest,
    }),
  });
  const reason = stop === 'refused' ? 'content_filter' : stop === 'length' ? 'length' : toolUses.length > 0 ? 'tool_calls' : 'stop';
  return [
    chunk({ delta: { role: 'assistant', content: '' } }),
    ...halves(text).map((part) => chunk({ delta: { content: part } })),
    ...toolUses.map(({ name, input, raw }, index) =>
      chunk({
        delta: { tool_calls: [{ index, id: idOf(index), type: 'function', function: { name, arguments: raw ?? JSON.stringify(input) } }] },
      }),
    ),
    chunk({ delta: {}, finish_reason: reason }),
    chunk(undefined, { usage: { prompt_tokens: 20, completion_tokens: 7, total_tokens: 27, prompt_tokens_details: { cached_tokens: 5 } } }),
    { data: '[DONE]' },
  ];
}

function mistral(turn: Turn): ServerEvent[] {
  const events = chat(turn);
  const [reason, usage] = events.slice(-3, -1).map(({ data }) => JSON.parse(data) as { usage?: object });
  return [...events.slice(0, -3), { data: JSON.stringify({ ...reason, usage: usage!.usage }) }, ...events.slice(-1)];
}

function gemini({ text = '', toolUses = [], stop }: Turn): ServerEvent[] {
  const reason = stop === 'refused' ? 'SAFETY' : stop === 'length' ? 'MAX_TOKENS' : 'STOP';
  const chunk = (parts: object[], rest: object = {}): ServerEvent => ({
    data: JSON.stringify({ candidates: [{ index: 0, content: { role: 'model', parts }, ...rest }], modelVersion: 'scripted' }),
  });
  const usageMetadata = { promptTokenCount: 20, candidatesTokenCount: 7, totalTokenCount: 27, cachedContentTokenCount: 5 };
  const calls = toolUses.map(({ name, input }, index) => ({
    functionCall: { id: idOf(index), name, args: input },
    thoughtSignature: 'signed',
  }));
  const last = JSON.parse(chunk([], { finishReason: reason }).data) as object;
  return [
    ...halves(text).map((part) => chunk([{ text: part }])),
    ...(calls.length > 0 ? [chunk(calls)] : []),
    { data: JSON.stringify({ ...last, usageMetadata }) },
  ];
}

function responses({ text = '', toolUses = [], stop }: Turn): ServerEvent[] {
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: stop === 'refused' ? [{ type: 'refusal', refusal: text }] : [{ type: 'output_text', text, annotations: [] }],
  };
  const calls = toolUses.map(({ name, input, raw }, index) => ({
    id: `fc_${index}`,
    type: 'function_call',
    status: 'completed',
    call_id: idOf(index),
    name,
    arguments: raw ?? JSON.stringify(input),
  }));
  const output = [...(text ? [message] : []), ...calls];
  const base = { id: 'resp_1', object: 'response', created_at: 1, model: 'scripted', error: null };
  const usage = { input_tokens: 20, input_tokens_details: { cached_tokens: 5 }, output_tokens: 7, total_tokens: 27 };
  const ended =
    stop === 'length'
      ? { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
      : { status: 'completed', incomplete_details: null };
  let sequence = 0;
  const numbered = (data: { type: string; [key: string]: unknown }): ServerEvent => named({ ...data, sequence_number: (sequence += 1) });
  return [
    numbered({ type: 'response.created', response: { ...base, status: 'in_progress', output: [] } }),
    ...output.flatMap((item, index) => [
      numbered({ type: 'response.output_item.added', output_index: index, item: { ...item, content: [] } }),
      ...(item === message && stop !== 'refused'
        ? [
            numbered({
              type: 'response.content_part.added',
              output_index: index,
              item_id: 'msg_1',
              content_index: 0,
              part: { type: 'output_text', text: '', annotations: [] },
            }),
            ...halves(text).map((delta) =>
              numbered({ type: 'response.output_text.delta', output_index: index, item_id: 'msg_1', content_index: 0, delta }),
            ),
          ]
        : []),
      numbered({ type: 'response.output_item.done', output_index: index, item }),
    ]),
    numbered({ type: stop === 'length' ? 'response.incomplete' : 'response.completed', response: { ...base, ...ended, output, usage } }),
  ];
}

const halves = (text: string): string[] => (text === '' ? [] : [text.slice(0, text.length >> 1), text.slice(text.length >> 1)]);
