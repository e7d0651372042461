import type OpenAI from 'openai';
import type { Endpoint } from './anthropic.ts';
import { failureOf } from './failures.ts';
import type { Model, ModelReply, ModelRequest } from './model-types.ts';
import { chatReply } from './openai-chat.ts';
import { responsesReply } from './openai-responses.ts';
import { watchSilence } from './silence.ts';

interface OpenAiOptions extends Endpoint {
  /** What the name of the model starts with: `openai`, or `ollama`. */
  provider: string;
}

const own = 'https://api.openai.com/v1';

/** Responses API at OpenAI itself; Chat Completions everywhere else, which is what Ollama, llama.cpp and vLLM speak. */
export function openAiModel(id: string, { provider, ...endpoint }: OpenAiOptions): Model {
  let client: Promise<OpenAI> | undefined;
  const ask = endpoint.baseUrl === own ? responsesReply : chatReply;
  return {
    id: `${provider}/${id}`,
    reply: async (request: ModelRequest): Promise<ModelReply> => {
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

async function connect({ apiKey, baseUrl, timeoutMs }: Endpoint): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    apiKey,
    baseURL: baseUrl,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: 'off',
  });
}
