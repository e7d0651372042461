import { parentPort } from 'node:worker_threads';
import { createTokenizer } from './word-pieces.ts';
import { readModel } from './model-files.ts';
import { batchPieces, createEncoder } from './sentence-encoder.ts';
import type { EmbedReply, EmbedRequest } from './bundled.ts';

const model = readModel();
const tokenize = createTokenizer(model.tokenizer as Parameters<typeof createTokenizer>[0]);
const encode = createEncoder(model);

parentPort!.on('message', ({ id, texts }: EmbedRequest) => {
  const vectors = batchesOf(texts.map((text) => tokenize(text))).flatMap((batch) => encode(batch));
  const reply: EmbedReply = { id, vectors };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort!.postMessage(reply);
});

function batchesOf(texts: number[][]): number[][][] {
  const batches: number[][][] = [];
  let room = 0;
  for (const ids of texts) {
    room -= ids.length;
    if (room < 0) {
      batches.push([]);
      room = batchPieces - ids.length;
    }
    batches.at(-1)!.push(ids);
  }
  return batches;
}
