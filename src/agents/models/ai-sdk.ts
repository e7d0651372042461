import type * as Ai from 'ai';
import type { ModelProvider } from '../../core/model-providers.ts';
import type { Endpoint } from './anthropic.ts';
import { failureOf } from './failures.ts';
import { looseJson } from './loose-json.ts';
import { ModelFailure, type Message, type Model, type ModelReply, type ModelRequest } from './model-types.ts';

/** Those that are asked through the AI SDK: their own APIs are no dialect of another's. */
const providers = ['google', 'mistral'] as const;
type AiSdkProvider = (typeof providers)[number];

export const isOfAiSdk = (provider: ModelProvider): provider is AiSdkProvider => (providers as readonly string[]).includes(provider);

interface Parts {
  ai: typeof Ai;
  model: Ai.LanguageModel;
}

/** Any provider that has a package for the AI SDK (`ai`), streamed. It and the package are loaded with the first request. */
export function aiSdkModel(id: string, { provider, ...endpoint }: Endpoint & { provider: AiSdkProvider }): Model {
  let parts: Promise<Parts> | undefined;
  return {
    id: `${provider}/${id}`,
    reply: async (request) => {
      // The SDK has no deadline for the first byte alone.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), endpoint.timeoutMs);
      try {
        parts ??= load(id, provider, endpoint);
        return await ask(await parts, provider, { ...request, begun: () => clearTimeout(timer), late: late.signal });
      } catch (error) {
        if (late.signal.aborted && !request.signal.aborted) throw new ModelFailure('unreachable', { cause: error });
        throw failureOf(explained(error), request.signal);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function load(id: string, provider: AiSdkProvider, { apiKey, baseUrl: baseURL }: Endpoint): Promise<Parts> {
  // It writes hints for developers to the console otherwise.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const ai = await import('ai');
  if (provider === 'google') return { ai, model: (await import('@ai-sdk/google')).createGoogle({ apiKey, baseURL })(id) };
  return { ai, model: (await import('@ai-sdk/mistral')).createMistral({ apiKey, baseURL })(id) };
}

type Asked = ModelRequest & { begun: () => void; late: AbortSignal };

async function ask({ ai, model }: Parts, provider: string, asked: Asked): Promise<ModelReply> {
  const { system, messages, tools = [], schema, maxTokens, signal, onText, begun, late } = asked;
  const result = ai.streamText({
    model,
    instructions: system,
    messages: messages.flatMap((message) => messagesOf(message, provider, messages)),
    maxOutputTokens: maxTokens,
    // Retries are ours (chain.ts): each has its reason on record.
    maxRetries: 0,
    abortSignal: AbortSignal.any([signal, late]),
    // Errors come with the stream as well; by default they are also written to the console.
    onError: () => {},
    ...(tools.length > 0 && {
      tools: Object.fromEntries(
        tools.map(({ name, description, inputSchema }) => [name, ai.tool({ description, inputSchema: ai.jsonSchema(inputSchema) })]),
      ),
    }),
    ...(schema && { output: ai.Output.object({ schema: ai.jsonSchema(schema) }) }),
  });
  const toolUses: ModelReply['toolUses'] = [];
  let text = '';
  let end: { reason: Ai.FinishReason; usage: Ai.LanguageModelUsage } | undefined;
  for await (const part of result.stream) {
    if (part.type !== 'start' && part.type !== 'start-step') begun();
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') {
      text += part.text;
      onText?.(part.text);
    }
    if (part.type === 'tool-call')
      toolUses.push({
        id: part.toolCallId,
        name: part.toolName,
        input: part.invalid === true ? looseJson(String(part.input)) : part.input,
      });
    if (part.type === 'finish') end = { reason: part.finishReason, usage: part.totalUsage };
  }
  if (!end || end.reason === 'error' || end.reason === 'interrupted') throw new ModelFailure('cut');
  return {
    text,
    toolUses,
    stop: end.reason === 'content-filter' ? 'refused' : toolUses.length > 0 ? 'tools' : end.reason === 'length' ? 'length' : 'end',
    usage: usageOf(end.usage),
    native: { provider, content: await result.responseMessages },
  };
}

const usageOf = ({ inputTokens = 0, outputTokens = 0, inputTokenDetails }: Ai.LanguageModelUsage): ModelReply['usage'] => ({
  inputTokens,
  cachedTokens: inputTokenDetails.cacheReadTokens ?? 0,
  outputTokens,
});

/** What this provider has said goes back as it was said: with its signatures of thoughts, without which some refuse to go on. */
function messagesOf(message: Message, provider: string, all: Message[]): Ai.ModelMessage[] {
  if (message.role === 'user') return [{ role: 'user', content: message.text }];
  if (message.role === 'tool') {
    const { toolUseId: toolCallId, text: value, isError = false } = message;
    const toolName = nameOf(toolCallId, all);
    return [
      { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output: { type: isError ? 'error-text' : 'text', value } }] },
    ];
  }
  if (message.native?.provider === provider) return message.native.content as Ai.ModelMessage[];
  const calls = message.toolUses.map(({ id: toolCallId, name: toolName, input = {} }) => ({
    type: 'tool-call' as const,
    toolCallId,
    toolName,
    input,
  }));
  return [{ role: 'assistant', content: [...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]), ...calls] }];
}

const nameOf = (toolUseId: string, messages: Message[]): string =>
  messages.flatMap((message) => (message.role === 'assistant' ? message.toolUses : [])).find(({ id }) => id === toolUseId)?.name ?? 'tool';

/** The errors of this SDK, as those of the others look. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { statusCode, responseHeaders, isRetryable } = error as Ai.APICallError;
  if (statusCode !== undefined && statusCode >= 400)
    return Object.assign(new Error('the provider answered with an error', { cause: error }), {
      status: statusCode,
      headers: new Headers(responseHeaders),
    });
  // A request that got no answer at all counts as one that could be repeated.
  if (error.name === 'AI_APICallError' && statusCode === undefined && isRetryable) return new ModelFailure('unreachable', { cause: error });
  if (error.name === 'AI_JSONParseError' || error.name === 'AI_TypeValidationError') return new ModelFailure('malformed', { cause: error });
  return error;
}
