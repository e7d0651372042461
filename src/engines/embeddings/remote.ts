import { z } from 'zod';
import { unit, type Embedder } from '../../core/embedder.ts';
import { ToolError } from '../../core/errors.ts';

/** How one provider's HTTP API asks for vectors. */
interface Wire {
  provider: string;
  model: string;
  url: string;
  headers: Record<string, string>;
  request: (texts: string[]) => unknown;
  /** Vectors in the order of the texts. */
  answer: z.ZodType<number[][]>;
}

const vector = z.array(z.number()).min(1);
const batchSize = 64;
const deadlineMs = 20_000;

export interface RemoteOptions {
  model: string;
  /** Such as https://api.openai.com/v1 or http://127.0.0.1:11434, without a slash at the end. */
  baseUrl: string;
}

/** `POST {base}/embeddings` as OpenAI defines it (https://platform.openai.com/docs/api-reference/embeddings); many servers speak it. */
export function openAiEmbedder({ model, baseUrl, apiKey }: RemoteOptions & { apiKey?: string }): Embedder {
  return remoteEmbedder({
    provider: 'openai',
    model,
    url: `${baseUrl}/embeddings`,
    headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
    request: (input) => ({ model, input, encoding_format: 'float' }),
    answer: z
      .object({ data: z.array(z.object({ index: z.number(), embedding: vector })) })
      .transform(({ data }) => data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding)),
  });
}

/** `POST {base}/api/embed` of Ollama (https://github.com/ollama/ollama/blob/main/docs/api.md). */
export function ollamaEmbedder({ model, baseUrl }: RemoteOptions): Embedder {
  return remoteEmbedder({
    provider: 'ollama',
    model,
    url: `${baseUrl}/api/embed`,
    headers: {},
    request: (input) => ({ model, input, truncate: true }),
    answer: z.object({ embeddings: z.array(vector) }).transform(({ embeddings }) => embeddings),
  });
}

function remoteEmbedder(wire: Wire): Embedder {
  let dimensions: number | undefined;
  const batch = async (texts: string[], signal?: AbortSignal): Promise<Float32Array[]> => {
    const vectors = await ask(wire, texts, signal);
    dimensions ??= vectors[0]?.length;
    if (vectors.length !== texts.length || vectors.some(({ length }) => length !== dimensions)) throw unusable(wire, 'a strange answer');
    return vectors.map((one) => unit(one));
  };
  return {
    fingerprint: `${wire.provider}/${wire.model}`,
    get dimensions() {
      return dimensions;
    },
    embed: async (texts, signal) => {
      const vectors: Float32Array[] = [];
      for (let start = 0; start < texts.length; start += batchSize) {
        vectors.push(...(await batch(texts.slice(start, start + batchSize), signal)));
      }
      return vectors;
    },
    close: () => {},
  };
}

async function ask(wire: Wire, texts: string[], signal?: AbortSignal): Promise<number[][]> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const response = await fetch(wire.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...wire.headers },
    body: JSON.stringify(wire.request(texts)),
    redirect: 'error',
    signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unusable(wire, 'no answer', error);
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw unusable(wire, `HTTP ${response.status}`);
  }
  const parsed = wire.answer.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) throw unusable(wire, 'a strange answer');
  return parsed.data;
}

const unusable = ({ provider, model }: Wire, why: string, cause?: unknown): ToolError =>
  new ToolError('unavailable', `No embeddings from ${provider}/${model}: ${why}.`, {
    hint: 'Check the server and its key, or set CLAW_EMBEDDINGS to bundled or none. Memory is searched by words meanwhile.',
    cause,
  });
