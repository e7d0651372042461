import type { Db } from '../core/database.ts';
import type { Embedder } from '../core/embedder.ts';
import { embedPending } from './memory-life.ts';

/** After the last write, so that a command that ends at once does not start the model. */
const restMs = 1_500;

export interface BackgroundEmbedding {
  /** Something has no vector of this model; it is computed soon, if this process lives that long. */
  soon(): void;
  close(): Promise<void>;
}

/** Computes vectors after the answer. What it does not get to stays pending in the database, for any process. */
export function backgroundEmbedding(db: Db, embedder: Embedder | undefined, now: () => number): BackgroundEmbedding {
  const end = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<unknown> | undefined;
  const soon = (): void => {
    if (!embedder || end.signal.aborted || working) return;
    clearTimeout(timer);
    timer = setTimeout(work, restMs).unref();
  };
  function work(): void {
    working = embedPending(db, embedder, { embedMs: 600_000, now, signal: end.signal })
      // The next write, recall or memory_maintain tries again, and says what is wrong.
      .catch(() => 0)
      .then((embedded) => {
        working = undefined;
        // What was written meanwhile, and what there was no time for.
        if (embedded > 0) soon();
      });
  }
  return {
    soon,
    close: async () => {
      clearTimeout(timer);
      end.abort();
      embedder?.close();
      await working;
    },
  };
}
