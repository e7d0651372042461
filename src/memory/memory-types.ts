import type { ContextSnippet } from './memory-context.ts';
import type { ExchangeFormat } from './memory-exchange.ts';
import type { TalkAsker } from './talk.ts';

export const categories = ['fact', 'preference', 'project_context', 'conversation_summary', 'conversation'] as const;
export type Category = (typeof categories)[number];

export interface Memory {
  id: string;
  text: string;
  category: Category;
  namespace: string;
  /** Writing the same key in a namespace and category replaces the text. */
  key?: string;
  tags: string[];
  /** Whom or what it is about; of a turn of a conversation, who speaks. */
  subject?: string;
  /** The conversation it is a turn of. Turns of one thread are each other's neighbours, in the order they were written. */
  thread?: string;
  /** Who wrote it, and in which run or call. */
  source: string;
  /** Its text came from outside; whoever reads it must not take it for the owner's word. */
  tainted: boolean;
  /** 0 to 1, as the writer saw it. */
  confidence: number;
  /** Never archived for want of use. */
  pinned: boolean;
  createdAt: string;
  updatedAt: string;
  /** When it began and ceased to be true; it began when it was written, unless it says otherwise. */
  validFrom?: string;
  validUntil?: string;
  accessedAt?: string;
  accessCount: number;
}

export interface RememberRequest {
  text: string;
  category: Category;
  namespace: string;
  key?: string;
  tags: string[];
  subject?: string;
  thread?: string;
  /** ms since 1970. */
  validFrom?: number;
  validUntil?: number;
  confidence?: number;
  pinned?: boolean;
  source: string;
  tainted: boolean;
  /** Repeating a write with the same one changes nothing. */
  writeKey: string;
  /** A person says it, who may also take back that it was forgotten. Anyone else is refused what was forgotten. */
  mayRevive: boolean;
}

/** What stays out does not change; `null` and the empty subject take away. */
export interface MemoryChanges {
  text?: string;
  tags?: string[];
  subject?: string;
  confidence?: number;
  pinned?: boolean;
  validUntil?: number | null;
}

/** What the write did, and how to take it back. */
export interface Remembered {
  memory: Memory;
  change: 'created' | 'updated' | 'merged';
  /** The revision before, for undo. */
  previousText?: string;
}

export interface MemoryFilter {
  category?: Category;
  namespace?: string;
  tag?: string;
  subject?: string;
  /** The beginning of the source. */
  source?: string;
  tainted?: boolean;
  /** When it was true, or else written: ms since 1970. */
  since?: number;
  until?: number;
}

export interface Paging {
  limit: number;
  offset: number;
}

export interface RecallQuery extends MemoryFilter, Paging {
  query: string;
  /** `asOf` of the first page: later ones rank by the same vectors, whatever was computed meanwhile. */
  asOf?: number;
}

export interface Recalled extends Memory {
  /** 0 to 1: how well it fits, by all that was looked at. */
  score: number;
  /** The parts of the score, and the words of the query that were found. */
  why: string;
}

export interface Recall {
  items: Recalled[];
  hasMore: boolean;
  /** Which vectors were there; 0 where only words were searched. */
  asOf: number;
  /** `full_text`: by words only, for the reason that `notice` gives. */
  search: 'hybrid' | 'full_text';
  /** What is missing from the search: the model, or vectors that are still to be computed. */
  notice?: string;
}

export interface Revision {
  text: string;
  source: string;
  tainted: boolean;
  /** When we believed it: ISO 8601; the current one has no end. */
  from: string;
  until?: string;
}

export interface MemoryStats {
  memories: number;
  archived: number;
  byCategory: Record<string, number>;
  /** The 100 that have most. */
  byNamespace: Record<string, number>;
  bytes: number;
  /** The model's fingerprint, or none: search is then by words only. */
  embeddings: string;
  /** Memories that are not yet found by meaning. */
  withoutVector: number;
}

export interface MaintainOptions {
  /** Archives and embeds nothing. */
  onlyCheck?: boolean;
  /** Writes anew what does not agree. */
  repair: boolean;
  embedMs: number;
  /** In whose call a model may read conversations; absent where it is to be done by rules. */
  asker?: TalkAsker | undefined;
  signal?: AbortSignal;
}

export interface Maintained {
  /** Not used for 90 days and not pinned. */
  archived: number;
  /** Facts, preferences and summaries made of conversations. */
  consolidated: number;
  /** The model that has read conversations. */
  model?: string;
  /** Why a model was asked in vain, and what waits. */
  notice?: string;
  embedded: number;
  withoutVector: number;
  /** What did not agree, in words; empty when all is well. */
  problems: string[];
  /** Rows written anew into the indexes. */
  repaired: number;
}

export interface ImportRequest {
  text: string;
  format: ExchangeFormat;
  /** For memories that name none. */
  namespace: string;
  source: string;
  /** The file came from outside; a memory may say so of itself. */
  tainted: boolean;
  writeKey: string;
}

export interface ImportResult {
  created: number;
  updated: number;
  known: number;
  forgotten: number;
  unreadable: number;
  /** The first 20 that were created. */
  ids: string[];
}

/** What agents and people asked to be kept. It knows nothing of tools, runs or models. */
export interface MemoryStore {
  /**
   * A duplicate in the same namespace and category merges with the one there; a fact that contradicts one replaces it, and the old
   * one stays in its history. Text from outside replaces nothing that is the owner's word. Throws `denied` for what was forgotten.
   */
  remember(request: RememberRequest): Remembered;
  recall(query: RecallQuery, signal?: AbortSignal): Promise<Recall>;
  /** Newest first. */
  list(filter: MemoryFilter & Paging): Memory[];
  get(id: string): Memory | undefined;
  /** Whether the memory says that text, as far as a text with secrets in it is kept. */
  holds(id: string, text: string): boolean;
  /** Newest first; also of what was forgotten. Throws `not_found`. */
  history(id: string): Revision[];
  /** By filters, and by words that all have to be in the text. Oldest first. */
  select(filter: MemoryFilter & { words?: string }, most: number): Memory[];
  /** A text from outside does not replace the owner's word (`denied`). Throws `not_found`. */
  update(id: string, changes: MemoryChanges, origin: { source: string; tainted: boolean }): { memory: Memory; before: Memory };
  /** Moves them to the archive under `batch`, from where `restore` brings them back, and keeps others from writing them again. */
  forget(ids: string[], batch: string): Memory[];
  /** By id or by batch. Throws `not_found`. */
  restore(idOrBatch: string): Memory[];
  /**
   * Removes text, history, words and vectors of what is archived from the file. What remains is a hash that keeps it from coming back.
   * Throws `unavailable` where other processes keep the file from being written anew; asked again, it goes on.
   */
  purge(ids: string[] | 'forgotten', signal?: AbortSignal): Promise<number>;
  /** Archives what is old and unused, consolidates conversations that rest, computes missing vectors for at most `embedMs`, and compares rows with indexes. */
  maintain(options: MaintainOptions): Promise<Maintained>;
  /** The best of what is remembered for a request, as one text; with `ownWord` nothing that came from outside. */
  context(
    wanted: { request: string; namespace?: string; maxTokens: number; ownWord: boolean },
    signal?: AbortSignal,
  ): Promise<ContextSnippet & Pick<Recall, 'search' | 'notice'>>;
  /** Everything in one transaction; what was forgotten is left out. */
  import(request: ImportRequest): ImportResult;
  export(filter: MemoryFilter & { format: 'jsonl' | 'markdown' }): { text: string; memories: number; tainted: boolean };
  stats(): MemoryStats;
  close(): void;
}
