import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { momentOf, type Row } from './memory-rows.ts';
import type { RememberRequest } from './memory-types.ts';
import { remember } from './memory-writing.ts';
import { knownAbout } from './sameness.ts';

const start = 'consolidated from';

/** What a memory made of a turn has from it. */
export const fromTurn = (turn: Row): Omit<RememberRequest, 'text' | 'category' | 'writeKey'> => ({
  namespace: turn.namespace,
  tags: [],
  subject: turn.subject ?? undefined,
  source: `${start} ${turn.id}`,
  tainted: turn.tainted === 1,
  validFrom: momentOf(turn),
  confidence: 0.7,
  mayRevive: false,
});

export interface KeepingFact {
  turns: Row[];
  now: number;
  /** What somebody wrote is then not replaced, only what was consolidated before. */
  byModel?: boolean;
}

/** Whether it is new. What is known from a later time is not replaced by what was said before; what was forgotten stays so. */
export function keepFact(db: Db, request: RememberRequest, { turns, now, byModel = false }: KeepingFact): boolean {
  const known = knownAbout(db, request);
  if (known && !known.isSame) {
    if (momentOf(known.row) >= Math.max(...turns.map(momentOf))) return false;
    if (byModel && !known.row.source.startsWith(start)) return false;
  }
  const kept = unlessForgotten(() => remember(db, request, now));
  if (!kept || kept.change === 'merged') return false;
  noteOrigin(db, kept.memory.id, turns);
  return true;
}

/** Forgetting a turn forgets what was made of it. */
export function noteOrigin(db: Db, memory: string, turns: Row[]): void {
  for (const { id } of turns) db.prepare('INSERT OR IGNORE INTO derived VALUES (?, ?)').run(memory, id);
}

/** Undefined where tombstones keep it from being written. */
export function unlessForgotten<T>(write: () => T): T | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof ToolError && error.code === 'denied') return undefined;
    throw error;
  }
}
