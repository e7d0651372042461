import type { Db } from '../core/database.ts';
import type { Embedder } from '../core/embedder.ts';
import { embedPending } from './memory-life.ts';

/** After the last write, so that a command that ends at once does not start the model. */
const restMs = 1_500;

export interface BackgroundEmbedding {
  /** Something was written; its vector is computed soon, if this process lives that long. */
  soon(): void;
  close(): Promise<void>;
}

/** Computes vectors after the answer. What it does not get to stays pending in the database, for any process. */
export function backgroundEmbedding(db: Db, embedder: Embedder | undefined, now: () => number): BackgroundEmbedding {
  const end = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<unknown> | undefined;
  const work = (): void => {
    if (working) return;
    working = embedPending(db, embedder, { embedMs: 600_000, now, signal: end.signal })
      // The next write, recall or memory_maintain tries again, and says what is wrong.
      .catch(() => {})
      .finally(() => (working = undefined));
  };
  return {
    soon: () => {
      if (!embedder || end.signal.aborted) return;
      clearTimeout(timer);
      timer = setTimeout(work, restMs).unref();
    },
    close: async () => {
      clearTimeout(timer);
      end.abort();
      embedder?.close();
      await working;
    },
  };
}
