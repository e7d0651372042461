import { openedOnce } from '../core/opened-once.ts';
import type { Embedder } from '../core/embedder.ts';
import type { MemoryParts } from './memory-store.ts';
import type { MemoryStore } from './memory-types.ts';

/** The memory store for whoever can wait: every answer is a promise, and what `MemoryStore` promises holds. */
export type Memories = {
  [Method in keyof MemoryStore]: (...input: Parameters<MemoryStore[Method]>) => Promise<Awaited<ReturnType<MemoryStore[Method]>>>;
};

/** Where the code of the embedders is, and which one is chosen. */
export interface Embedding {
  embedder?: Embedder;
  vectorExtension: () => string;
}

export interface LazyEmbedding {
  get: () => Promise<Embedding>;
  close: () => Promise<void>;
}

/** One embedder for all who need one, chosen when the first asks. */
export function createLazyEmbedding(choose: () => Promise<Embedding>): LazyEmbedding {
  let chosen: Promise<Embedding> | undefined;
  return {
    get: () => (chosen ??= choose()),
    close: async () => (await chosen)?.embedder?.close(),
  };
}

export type LazyMemoryParts = Omit<MemoryParts, keyof Embedding> & { embedding: () => Promise<Embedding> };

/** memory.db, opened with its code at the first use: most processes start and end without a memory. */
export function createLazyMemory({ embedding, ...parts }: LazyMemoryParts): Memories {
  const { open: store, begun } = openedOnce(async (): Promise<MemoryStore> => {
    const [{ openMemoryStore }, chosen] = await Promise.all([import('./memory-store.ts'), embedding()]);
    return openMemoryStore({ ...parts, ...chosen });
  });
  return {
    remember: async (...input) => (await store()).remember(...input),
    recall: async (...input) => (await store()).recall(...input),
    list: async (...input) => (await store()).list(...input),
    get: async (...input) => (await store()).get(...input),
    holds: async (...input) => (await store()).holds(...input),
    history: async (...input) => (await store()).history(...input),
    select: async (...input) => (await store()).select(...input),
    update: async (...input) => (await store()).update(...input),
    forget: async (...input) => (await store()).forget(...input),
    restore: async (...input) => (await store()).restore(...input),
    purge: async (...input) => (await store()).purge(...input),
    maintain: async (...input) => (await store()).maintain(...input),
    context: async (...input) => (await store()).context(...input),
    import: async (...input) => (await store()).import(...input),
    export: async (...input) => (await store()).export(...input),
    stats: async () => (await store()).stats(),
    close: async () => (await begun())?.close(),
  };
}
