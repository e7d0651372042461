import type { Phrasebook } from '../core/phrasebook.ts';
import requests from './requests.json' with { type: 'json' };
import sentences from './sentence-vectors.json' with { type: 'json' };

/**
 * How people ask for the tools: more requests than a tool's own examples have room for, written by hand, and the vectors of all of
 * them, made by `npm run gen`. Large: to be imported with the first request.
 */
export const phrasebook: Phrasebook = {
  requests,
  fingerprint: sentences.fingerprint,
  vectors: new Map(Object.entries(sentences.vectors).map(([text, packed]) => [text, unpacked(packed)])),
};

/** Base64 of signed bytes, which stand for the numbers of a vector but for its length. */
function unpacked(packed: string): Float32Array {
  const bytes = Buffer.from(packed, 'base64');
  const vector = Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
