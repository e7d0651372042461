import type OpenAI from 'openai';
import { looseJson } from './loose-json.ts';
import { ModelFailure, type Message, type ModelReply, type ModelRequest } from './model-types.ts';
import type { Silence } from './silence.ts';

type ChatMessage = OpenAI.ChatCompletionMessageParam;

/** Chat Completions, streamed. */
export async function chatReply(client: OpenAI, model: string, request: ModelRequest & Silence): Promise<ModelReply> {
  const { system, messages, tools = [], schema, maxTokens, signal, onText, heard } = request;
  const stream = await client.chat.completions.create(
    {
      model,
      messages: [{ role: 'system', content: system }, ...messages.map(paramOf)],
      max_tokens: maxTokens,
      stream: true,
      stream_options: { include_usage: true },
      ...(tools.length > 0 && {
        tools: tools.map(({ name, description, inputSchema }) => ({
          type: 'function' as const,
          function: { name, description, parameters: inputSchema },
        })),
      }),
      ...(schema && { response_format: { type: 'json_schema' as const, json_schema: { name: 'reply', schema } } }),
    },
    { signal },
  );
  const said = new Said();
  for await (const chunk of stream) {
    heard();
    said.take(chunk);
    const delta = chunk.choices[0]?.delta.content;
    if (delta) onText?.(delta);
  }
  return said.reply();
}

function paramOf(message: Message): ChatMessage {
  if (message.role === 'user') return { role: 'user', content: message.text };
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolUseId, content: message.text };
  const calls = message.toolUses.map(({ id, name, input }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: JSON.stringify(input ?? {}) },
  }));
  return { role: 'assistant', content: message.text || null, ...(calls.length > 0 && { tool_calls: calls }) };
}

/** What has come of a reply. */
class Said {
  #text = '';
  #isRefused = false;
  #reason: string | undefined;
  #usage: OpenAI.CompletionUsage | undefined;
  readonly #calls = new Map<number, { id: string; name: string; json: string }>();

  take({ choices: [choice], usage }: OpenAI.ChatCompletionChunk): void {
    this.#usage = usage ?? this.#usage;
    this.#reason = choice?.finish_reason ?? this.#reason;
    this.#text += choice?.delta.content ?? '';
    this.#isRefused ||= Boolean(choice?.delta.refusal);
    for (const { index, id, function: part } of choice?.delta.tool_calls ?? []) {
      const call = this.#calls.get(index) ?? { id: '', name: '', json: '' };
      this.#calls.set(index, {
        id: call.id || (id ?? ''),
        name: call.name || (part?.name ?? ''),
        json: call.json + (part?.arguments ?? ''),
      });
    }
  }

  reply(): ModelReply {
    if (this.#reason === undefined) throw new ModelFailure('cut');
    const toolUses = [...this.#calls.values()].map(({ id, name, json }) => ({ id, name, input: looseJson(json || '{}') }));
    const isRefused = this.#isRefused || this.#reason === 'content_filter';
    return {
      text: this.#text,
      toolUses,
      // Some servers say "stop" where they ask for tools.
      stop: isRefused ? 'refused' : toolUses.length > 0 ? 'tools' : this.#reason === 'length' ? 'length' : 'end',
      usage: {
        inputTokens: this.#usage?.prompt_tokens ?? 0,
        cachedTokens: this.#usage?.prompt_tokens_details?.cached_tokens ?? 0,
        outputTokens: this.#usage?.completion_tokens ?? 0,
      },
    };
  }
}
