/** What the model does next: an answer, or a fault. */
export interface Turn {
  text?: string;
  /** With `raw` in place of the input's JSON; ids are made where there are none. */
  toolUses?: { id?: string; name: string; input: unknown; raw?: string }[];
  stop?: 'refused' | 'length';
  /** An HTTP error in place of an answer. */
  status?: number;
  headers?: Record<string, string>;
  /** The connection breaks after the first delta. */
  cut?: boolean;
  /** Nothing more comes after the first half, and the connection stays. */
  stalls?: boolean;
  /** What comes is none of the provider's: JSON that breaks off. */
  garbled?: boolean;
  /** Ms before the first byte. */
  delayMs?: number;
}

/**
 * The events of a turn, by the path that was asked: the streams of the Anthropic Messages API (platform.claude.com/docs, Streaming
 * messages), of OpenAI Chat Completions and of OpenAI Responses (platform.openai.com/docs/api-reference, streaming).
 */
export function eventsOf(path: string, turn: Turn): string[] {
  const events = path.endsWith('/messages') ? anthropic(turn) : path.endsWith('/responses') ? responses(turn) : chat(turn);
  const kept = turn.cut || turn.stalls ? events.slice(0, Math.ceil(events.length / 2)) : events;
  const shown = (data: string): string => (turn.garbled ? data.slice(0, data.length >> 1) : data);
  return kept.map(({ event, data }) => `${event ? `event: ${event}\n` : ''}data: ${shown(data)}\n\n`);
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
    ...toolUses.map(({ id, name, input, raw }, index) => ({
      start: { type: 'tool_use', id: id ?? idOf(index), name, input: {} },
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
    ...toolUses.map(({ id, name, input, raw }, index) =>
      chunk({
        delta: {
          tool_calls: [{ index, id: id ?? idOf(index), type: 'function', function: { name, arguments: raw ?? JSON.stringify(input) } }],
        },
      }),
    ),
    chunk({ delta: {}, finish_reason: reason }),
    chunk(undefined, { usage: { prompt_tokens: 20, completion_tokens: 7, total_tokens: 27, prompt_tokens_details: { cached_tokens: 5 } } }),
    { data: '[DONE]' },
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
  const calls = toolUses.map(({ id, name, input, raw }, index) => ({
    id: `fc_${index}`,
    type: 'function_call',
    status: 'completed',
    call_id: id ?? idOf(index),
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
