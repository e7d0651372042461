import type OpenAI from 'openai';
import { looseJson } from './loose-json.ts';
import { ModelFailure, type Message, type ModelReply, type ModelRequest } from './model-types.ts';
import type { Silence } from './silence.ts';

const provider = 'openai-responses';

type Item = OpenAI.Responses.ResponseInputItem;

/** Responses API, streamed, nothing kept at the provider: reasoning comes back encrypted, and goes with the next request. */
export async function responsesReply(client: OpenAI, model: string, request: ModelRequest & Silence): Promise<ModelReply> {
  const { system, messages, tools = [], schema, maxTokens, signal, onText, heard } = request;
  const stream = await client.responses.create(
    {
      model,
      instructions: system,
      input: messages.flatMap(itemsOf),
      max_output_tokens: maxTokens,
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      ...(tools.length > 0 && {
        tools: tools.map(({ name, description, inputSchema }) => ({
          type: 'function' as const,
          name,
          description,
          parameters: inputSchema,
          strict: false,
        })),
      }),
      ...(schema && { text: { format: { type: 'json_schema' as const, name: 'reply', schema, strict: false } } }),
    },
    { signal },
  );
  for await (const event of stream) {
    heard();
    if (event.type === 'response.output_text.delta') onText?.(event.delta);
    if (event.type === 'response.completed' || event.type === 'response.incomplete') return replyOf(event.response);
    if (event.type === 'response.failed' || event.type === 'error') throw new ModelFailure('overloaded');
  }
  throw new ModelFailure('cut');
}

function itemsOf(message: Message): Item[] {
  if (message.role === 'user') return [{ role: 'user', content: message.text }];
  if (message.role === 'tool') return [{ type: 'function_call_output', call_id: message.toolUseId, output: message.text }];
  if (message.native?.provider === provider) return message.native.content as Item[];
  const calls = message.toolUses.map(({ id, name, input }): Item => ({
    type: 'function_call',
    call_id: id,
    name,
    arguments: JSON.stringify(input ?? {}),
  }));
  return [...(message.text ? [{ role: 'assistant' as const, content: message.text }] : []), ...calls];
}

function replyOf({ output, status, incomplete_details: incomplete, usage }: OpenAI.Responses.Response): ModelReply {
  const toolUses = output.flatMap((item) =>
    item.type === 'function_call' ? [{ id: item.call_id, name: item.name, input: looseJson(item.arguments) }] : [],
  );
  const parts = output.flatMap((item) => (item.type === 'message' ? item.content : []));
  const isRefused = parts.some((part) => part.type === 'refusal') || incomplete?.reason === 'content_filter';
  return {
    text: parts.flatMap((part) => (part.type === 'output_text' ? [part.text] : [])).join(''),
    toolUses,
    stop: isRefused ? 'refused' : toolUses.length > 0 ? 'tools' : status === 'incomplete' ? 'length' : 'end',
    usage: {
      inputTokens: usage?.input_tokens ?? 0,
      cachedTokens: usage?.input_tokens_details?.cached_tokens ?? 0,
      outputTokens: usage?.output_tokens ?? 0,
    },
    native: { provider, content: output },
  };
}
