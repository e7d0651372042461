import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { spokenFor } from '../src/agents/routing/meaning.ts';
import type { Tool } from '../src/core/tool.ts';
import { bundledEmbedder } from '../src/engines/embeddings/bundled.ts';
import { bundledFingerprint } from '../src/engines/embeddings/model-files.ts';

interface SentenceVectors {
  fingerprint: string;
  vectors: Record<string, string>;
}

/**
 * Writes the vectors of all sentences that stand for tools, a line each, in the order of the alphabet: so nobody's first request
 * waits for them. Sentences that the file has already are not computed again.
 */
export async function writeSentenceVectors(file: string, tools: Tool[]): Promise<void> {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SentenceVectors) : undefined;
  const old = known?.fingerprint === bundledFingerprint ? known.vectors : {};
  const texts = [...new Set(tools.flatMap(spokenFor))].toSorted();
  const missing = texts.filter((text) => old[text] === undefined);
  const embedder = bundledEmbedder();
  const computed = new Map((await embedder.embed(missing)).map((vector, index) => [missing[index]!, packed(vector)]));
  embedder.close();
  const lines = texts.map((text) => `${JSON.stringify(text)}: ${JSON.stringify(old[text] ?? computed.get(text))}`);
  writeFileSync(file, `{ "fingerprint": ${JSON.stringify(bundledFingerprint)}, "vectors": {\n${lines.join(',\n')}\n} }\n`);
}

/** As signed bytes: the largest number becomes 127. Cosines stay within 0.005 of what they were. */
function packed(vector: Float32Array): string {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Buffer.from(Int8Array.from(vector, (value) => Math.round((127 * value) / largest)).buffer).toString('base64');
}
