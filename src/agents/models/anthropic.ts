import type Anthropic from '@anthropic-ai/sdk';
import { failureOf } from './failures.ts';
import { ModelFailure, type Message, type Model, type ModelReply, type ModelRequest } from './model-types.ts';
import { watchSilence, type Silence } from './silence.ts';

const provider = 'anthropic';

export interface Endpoint {
  apiKey: string;
  baseUrl: string;
  /** Ms of silence, before the first byte and between any two. */
  timeoutMs: number;
}

/** Messages API, streamed. The system prompt and the tools are marked for the prompt cache: they are the same in every round. */
export function anthropicModel(id: string, endpoint: Endpoint): Model {
  let client: Promise<Anthropic> | undefined;
  return {
    id: `${provider}/${id}`,
    reply: async (request) => {
      const connected = await (client ??= connect(endpoint));
      const silence = watchSilence(request.signal, endpoint.timeoutMs);
      try {
        return await ask(connected, id, { ...request, ...silence });
      } catch (error) {
        throw failureOf(error, silence.signal);
      } finally {
        silence.end();
      }
    },
  };
}

async function connect({ apiKey, baseUrl, timeoutMs }: Endpoint): Promise<Anthropic> {
  const { default: Client } = await import('@anthropic-ai/sdk');
  // Retries are ours (chain.ts): each has its reason on record. Nothing is taken from the environment.
  return new Client({ apiKey, authToken: null, baseURL: baseUrl, maxRetries: 0, timeout: timeoutMs, logLevel: 'off' });
}

async function ask(client: Anthropic, model: string, request: ModelRequest & Silence): Promise<ModelReply> {
  const { system, messages, tools = [], schema, maxTokens, signal, onText, heard } = request;
  const stream = client.messages.stream(
    {
      model,
      max_tokens: maxTokens,
      system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
      messages: joined(messages),
      ...(tools.length > 0 && { tools: tools.map((tool, index) => toolParam(tool, index === tools.length - 1)) }),
      ...(schema && { output_config: { format: { type: 'json_schema', schema } } }),
    },
    { signal },
  );
  stream.on('streamEvent', heard);
  if (onText) stream.on('text', onText);
  return replyOf(await stream.finalMessage());
}

const toolParam = ({ name, description, inputSchema }: NonNullable<ModelRequest['tools']>[number], isLast: boolean): Anthropic.Tool => ({
  name,
  description,
  input_schema: inputSchema as Anthropic.Tool.InputSchema,
  ...(isLast && { cache_control: { type: 'ephemeral' } }),
});

/** Results of tools are content of a user message here, and those of one round belong into one. */
function joined(messages: Message[]): Anthropic.MessageParam[] {
  const params: Anthropic.MessageParam[] = [];
  for (const message of messages) {
    const next = paramOf(message);
    const last = params.at(-1);
    if (last?.role === 'user' && next.role === 'user') (last.content as unknown[]).push(...(next.content as unknown[]));
    else params.push(next);
  }
  return params;
}

function paramOf(message: Message): Anthropic.MessageParam {
  if (message.role === 'user') return { role: 'user', content: [{ type: 'text', text: message.text }] };
  if (message.role === 'tool') {
    const { toolUseId, text, isError = false } = message;
    return { role: 'user', content: [{ type: 'tool_result', tool_use_id: toolUseId, content: text, is_error: isError }] };
  }
  if (message.native?.provider === provider) return { role: 'assistant', content: message.native.content as Anthropic.ContentBlockParam[] };
  const uses = message.toolUses.map(({ id, name, input }) => ({ type: 'tool_use' as const, id, name, input: input ?? {} }));
  return { role: 'assistant', content: [...(message.text ? [{ type: 'text' as const, text: message.text }] : []), ...uses] };
}

function replyOf({ content, stop_reason: reason, usage }: Anthropic.Message): ModelReply {
  if (!Array.isArray(content) || reason === null) throw new ModelFailure('cut');
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const toolUses = content.flatMap((block) => (block.type === 'tool_use' ? [{ id: block.id, name: block.name, input: block.input }] : []));
  const cached = usage.cache_read_input_tokens ?? 0;
  return {
    text: texts.join(''),
    toolUses,
    stop: stopOf(reason),
    usage: {
      inputTokens: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0),
      cachedTokens: cached,
      outputTokens: usage.output_tokens,
    },
    native: { provider, content },
  };
}

function stopOf(reason: Anthropic.StopReason): ModelReply['stop'] {
  if (reason === 'tool_use') return 'tools';
  if (reason === 'refusal') return 'refused';
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'length' : 'end';
}
