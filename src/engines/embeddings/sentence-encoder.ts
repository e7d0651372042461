import { unit } from '../../core/embedder.ts';
import { addAndNorm, attend, gelu, normalise, type Norm } from './encoder-layers.ts';
import { compileKernel, panelWidth, rowBlock } from './matrix-kernel.ts';
import type { ModelFiles, Weights } from './model-files.ts';
import { createRoom, floats, multiply, placeDense, type Dense } from './model-memory.ts';
import { dimensions, innerSize, layers } from './model-shape.ts';

/** Word pieces computed at once; longer lists of texts are cut into batches. */
export const batchPieces = 1_024;
const bertModel = 'StatefulPartitionedCall/model/tf_bert_model/bert';

interface Layer {
  query: Dense;
  key: Dense;
  value: Dense;
  attended: Dense;
  attendedNorm: Norm;
  widen: Dense;
  narrow: Dense;
  narrowNorm: Norm;
}

/**
 * The forward pass of all-MiniLM-L6-v2: BERT with 6 layers (Devlin et al. 2018), then the mean over all word pieces, length 1
 * (Reimers & Gurevych 2019). Texts lie one after the other without padding, so a vector does not depend on its batch.
 * Takes at most `batchPieces` word pieces together.
 */
export function createEncoder({ weights }: Pick<ModelFiles, 'weights'>): (texts: number[][]) => Float32Array[] {
  const room = createRoom();
  const panel = compileKernel(room.memory);
  const denseOf = (name: string): Dense => {
    const at = (part: string): Weights => weights(`${bertModel}/encoder/${name}/${part}/ReadVariableOp`);
    return placeDense(room, at('Tensordot'), at('BiasAdd'));
  };
  const normOf = (name: string): Norm => ({
    gain: floats(weights(`${bertModel}/${name}/LayerNorm/batchnorm/mul/ReadVariableOp`)),
    shift: floats(weights(`${bertModel}/${name}/LayerNorm/batchnorm/ReadVariableOp`)),
  });
  const stack = Array.from({ length: layers }, (_, index): Layer => {
    const layer = `layer_._${index}`;
    return {
      query: denseOf(`${layer}/attention/self/query`),
      key: denseOf(`${layer}/attention/self/key`),
      value: denseOf(`${layer}/attention/self/value`),
      attended: denseOf(`${layer}/attention/output/dense`),
      attendedNorm: normOf(`encoder/${layer}/attention/output`),
      widen: denseOf(`${layer}/intermediate/dense`),
      narrow: denseOf(`${layer}/output/dense`),
      narrowNorm: normOf(`encoder/${layer}/output`),
    };
  });
  const embedding = { words: weights('unknown'), places: weights('unknown_0'), kinds: weights('unknown_1'), norm: normOf('embeddings') };
  const [state, query, key, value, mixed] = Array.from({ length: 5 }, () => room.reserve(batchPieces * dimensions));
  const wide = room.reserve(batchPieces * innerSize);
  const scratch = room.reserve(innerSize * panelWidth);
  room.settle();
  const view = (offset: number, length: number): Float32Array => new Float32Array(room.memory.buffer, offset, length);

  return (texts) => {
    const count = texts.reduce((sum, ids) => sum + ids.length, 0);
    const rows = Math.ceil(count / rowBlock) * rowBlock;
    const of = (offset: number | undefined, width = dimensions): Float32Array => view(offset!, rows * width);
    const project = (dense: Dense, from: number, to: number): void => multiply(panel, dense, { from, to, rows, scratch });
    embedPieces(texts, embedding, of(state));
    for (const layer of stack) {
      project(layer.query, state!, query!);
      project(layer.key, state!, key!);
      project(layer.value, state!, value!);
      attend(texts, { query: of(query), key: of(key), value: of(value), mixed: of(mixed) });
      project(layer.attended, mixed!, query!);
      addAndNorm(of(state), of(query), layer.attendedNorm);
      project(layer.widen, state!, wide);
      gelu(of(wide, innerSize));
      project(layer.narrow, wide, query!);
      addAndNorm(of(state), of(query), layer.narrowNorm);
    }
    return means(texts, of(state));
  };
}

interface Embedding {
  words: Weights;
  places: Weights;
  kinds: Weights;
  norm: Norm;
}

function embedPieces(texts: number[][], { words, places, kinds, norm }: Embedding, state: Float32Array): void {
  state.fill(0);
  let row = 0;
  for (const ids of texts) {
    for (const [place, id] of ids.entries()) {
      const start = row * dimensions;
      for (let column = 0; column < dimensions; column += 1) {
        const word = words.bytes[id * dimensions + column]! * words.scale + words.min;
        const position = places.bytes[place * dimensions + column]! * places.scale + places.min;
        state[start + column] = word + position + kinds.bytes[column]! * kinds.scale + kinds.min;
      }
      row += 1;
    }
  }
  normalise(state, norm);
}

function means(texts: number[][], state: Float32Array): Float32Array[] {
  let start = 0;
  return texts.map(({ length }) => {
    const sum = new Float32Array(dimensions);
    for (let row = 0; row < length; row += 1, start += dimensions) {
      for (let column = 0; column < dimensions; column += 1) sum[column] = sum[column]! + state[start + column]!;
    }
    return unit(sum);
  });
}
