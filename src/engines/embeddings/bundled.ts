import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ToolError } from '../../core/errors.ts';
import type { Embedder } from '../../core/embedder.ts';
import { bundledFingerprint } from './model-files.ts';
import { dimensions } from './model-shape.ts';

export interface EmbedRequest {
  id: number;
  texts: string[];
}

export interface EmbedReply {
  id: number;
  vectors: Float32Array[];
}

/** Texts a message to the worker, so that a question waits behind at most so many. */
const batchSize = 32;

/**
 * all-MiniLM-L6-v2 on this machine, without network. It computes in a worker thread that starts with the first text and ends,
 * giving its memory back, after `idleMs` without one.
 */
export function bundledEmbedder({ idleMs = 60_000 }: { idleMs?: number } = {}): Embedder {
  const waiting = new Map<number, PromiseWithResolvers<Float32Array[]>>();
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;

  const end = (error: Error = closed()): void => {
    clearTimeout(idle);
    void worker?.removeAllListeners('exit').terminate();
    worker = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const rest = (): void => {
    worker?.unref();
    clearTimeout(idle);
    idle = setTimeout(end, idleMs).unref();
  };
  const start = (): Worker => {
    const started = new Worker(new URL(`./bundled-worker${path.extname(import.meta.filename)}`, import.meta.url));
    started.on('message', ({ id, vectors }: EmbedReply) => {
      waiting.get(id)?.resolve(vectors);
      waiting.delete(id);
      if (waiting.size === 0) rest();
    });
    started.on('error', (error) => end(failed(error)));
    started.on('exit', () => end());
    return started;
  };
  const ask = (texts: string[]): Promise<Float32Array[]> => {
    clearTimeout(idle);
    worker ??= start();
    worker.ref();
    const request: EmbedRequest = { id: (lastId += 1), texts };
    const answer = Promise.withResolvers<Float32Array[]>();
    waiting.set(request.id, answer);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(request);
    return answer.promise;
  };
  return {
    fingerprint: bundledFingerprint,
    dimensions,
    embed: async (texts, signal) => {
      const vectors: Float32Array[] = [];
      for (let start = 0; start < texts.length; start += batchSize) {
        signal?.throwIfAborted();
        vectors.push(...(await ask(texts.slice(start, start + batchSize))));
      }
      return vectors;
    },
    close: () => end(),
  };
}

const closed = (): ToolError =>
  new ToolError('unavailable', 'The embedding model was stopped.', { hint: 'Try again; memory is searched by words meanwhile.' });

// A ToolError loses its class on the way out of the worker, not its fields.
function failed(error: unknown): ToolError {
  const { message, hint } = error as { message: string; hint?: string };
  if (hint !== undefined) return new ToolError('unavailable', message, { hint, cause: error });
  return new ToolError('unavailable', 'The embedding model failed.', { hint: 'Memory is searched by words meanwhile.', cause: error });
}
