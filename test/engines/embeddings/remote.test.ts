import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ollamaEmbedder, openAiEmbedder } from '../../../src/engines/embeddings/remote.ts';

interface Asked {
  path: string;
  headers: IncomingHttpHeaders;
  body: { model: string; input: string[] };
}

/** A server on loopback that answers as `answer` says, and what it was asked. */
async function serve(answer: (asked: Asked) => { status?: number; body: unknown }): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      asked.push({ path: request.url!, headers: request.headers, body: JSON.parse(text) as Asked['body'] });
      const { status = 200, body } = answer(asked.at(-1)!);
      response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const lengths = (input: string[]): number[][] => input.map((text) => [text.length, 0]);

test('OpenAI’s wire format is spoken, and answers out of order are put in order', async () => {
  const { url, asked } = await serve(({ body }) => ({
    body: {
      object: 'list',
      model: body.model,
      usage: { prompt_tokens: 2, total_tokens: 2 },
      data: body.input.map((text, index) => ({ object: 'embedding', index, embedding: [text.length, 1] })).toReversed(),
    },
  }));
  const embedder = openAiEmbedder({ model: 'text-embedding-3-small', baseUrl: `${url}/v1`, apiKey: 'sk-test-key' });
  const [one, two] = await embedder.embed(['a', 'aaa']);
  expect(one![0]).toBeCloseTo(Math.SQRT1_2, 5);
  expect(two![0]! / two![1]!).toBeCloseTo(3, 5);
  expect(embedder.dimensions).toBe(2);
  expect(asked[0]).toMatchObject({ path: '/v1/embeddings', body: { model: 'text-embedding-3-small', encoding_format: 'float' } });
  expect(asked[0]!.headers.authorization).toBe('Bearer sk-test-key');
});

test('Ollama’s wire format is spoken, in batches', async () => {
  const { url, asked } = await serve(({ body }) => ({ body: { model: body.model, embeddings: lengths(body.input) } }));
  const texts = Array.from({ length: 150 }, (_, index) => 'x'.repeat(index + 1));
  const vectors = await ollamaEmbedder({ model: 'nomic-embed-text', baseUrl: url }).embed(texts);
  expect(vectors).toHaveLength(150);
  expect(asked.map(({ path, body }) => [path, body.input.length])).toEqual([
    ['/api/embed', 64],
    ['/api/embed', 64],
    ['/api/embed', 22],
  ]);
});

test.each([
  ['an error status', { status: 500, body: 'secret words of the server' }],
  ['no JSON', { body: 'secret words of the server' }],
  ['too few vectors', { body: { embeddings: [[1]] } }],
  ['vectors of several sizes', { body: { embeddings: [[1], [1, 2]] } }],
])('%s is one typed error, without the server’s words', async (_name, answer) => {
  const { url } = await serve(() => answer);
  const failure = await ollamaEmbedder({ model: 'm', baseUrl: url })
    .embed(['a', 'b'])
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'unavailable', hint: expect.stringContaining('CLAW_EMBEDDINGS') as string });
  expect(String(failure)).not.toContain('secret words');
});
