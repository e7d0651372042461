/** What is known beforehand of how people ask for tools. */
export interface Phrasebook {
  /** More ways to ask for a tool than its own examples, by its name. */
  requests: Record<string, string[]>;
  /** The model that `vectors` come from: `Embedder.fingerprint`. */
  fingerprint: string;
  /** Vectors of length 1 of what tools are and how they are asked for, by the text. */
  vectors: Map<string, Float32Array>;
}

export const emptyPhrasebook: Phrasebook = { requests: {}, fingerprint: '', vectors: new Map() };
