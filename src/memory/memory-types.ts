export const categories = ['fact', 'preference', 'project_context', 'conversation_summary'] as const;
export type Category = (typeof categories)[number];

export interface Memory {
  id: string;
  text: string;
  category: Category;
  namespace: string;
  /** Writing the same key in a namespace and category replaces the text. */
  key?: string;
  tags: string[];
  /** Who wrote it, and in which run or call. */
  source: string;
  /** Its text came from outside; whoever reads it must not take it for the owner's word. */
  tainted: boolean;
  createdAt: string;
  updatedAt: string;
  accessCount: number;
}

export interface RememberRequest {
  text: string;
  category: Category;
  namespace: string;
  key?: string;
  tags: string[];
  source: string;
  tainted: boolean;
  /** Repeating a write with the same one changes nothing. */
  writeKey: string;
}

/** What the write did, and how to take it back. */
export interface Remembered {
  memory: Memory;
  change: 'created' | 'updated' | 'merged';
  /** The revision before, for undo. */
  previousText?: string;
}

export interface RecallQuery {
  query: string;
  category?: Category;
  namespace?: string;
  tag?: string;
  limit: number;
  offset: number;
}

export interface Recalled extends Memory {
  /** 0 to 1, of the best hit. */
  score: number;
  /** The words of the query that were found. */
  why: string;
}

/** What agents and people asked to be kept. It knows nothing of tools, runs or models. */
export interface MemoryStore {
  /** An exact duplicate in the same namespace and category merges with the one there. */
  remember(request: RememberRequest): Remembered;
  recall(query: RecallQuery): Recalled[];
  /** Newest first. */
  list(filter: Omit<RecallQuery, 'query'>): Memory[];
  get(id: string): Memory | undefined;
  /** Whether the memory is that text, as far as a text with secrets in it is kept. */
  holds(id: string, text: string): boolean;
  /** Moves it to the archive, from where `restore` brings it back. Throws `not_found`. */
  forget(id: string): Memory;
  restore(id: string): Memory;
  stats(): { memories: number; archived: number; byCategory: Record<string, number>; bytes: number };
  close(): void;
}
