import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { momentOf, type Row } from './memory-rows.ts';
import type { RememberRequest } from './memory-types.ts';
import { remember, replace } from './memory-writing.ts';
import { dateWords } from './moments.ts';
import { queryTerms } from './query-terms.ts';
import { knownAbout } from './sameness.ts';
import { statementsIn } from './statements.ts';

/** A conversation is looked at when nobody has added to it for so long. */
const restMs = 60 * 60 * 1_000;
const fewestTurns = 4;
/** In one go; what is left waits for the next. */
const mostThreads = 50;
const mostTurns = 2_000;
/** Turns quoted in a summary, and characters of each. */
const quoted = 5;
const longestQuote = 160;

interface Thread {
  namespace: string;
  thread: string;
}

/**
 * Makes facts, preferences and a summary of conversations that rest, by rules and without a model: sentences in which someone says
 * something lasting, and the turns that share most words with the others. Each knows what it was made from, so that forgetting a turn
 * forgets what came of it; what was forgotten is not made again. Returns how many memories it wrote.
 */
export function consolidate(db: Db, now: number): number {
  return restingThreads(db, now).reduce((sum, thread) => sum + db.transaction(() => consolidateThread(db, thread, now)), 0);
}

/** Conversations with turns that their summary does not know yet. */
function restingThreads(db: Db, now: number): Thread[] {
  return db
    .prepare(
      `SELECT namespace, thread FROM memories AS turn WHERE thread IS NOT NULL AND archivedAt IS NULL
       GROUP BY namespace, thread HAVING count(*) >= ${fewestTurns} AND max(updatedAt) < @before
         AND max(updatedAt) >= coalesce((SELECT updatedAt FROM memories WHERE namespace = turn.namespace
           AND category = 'conversation_summary' AND key = 'thread ' || turn.thread AND archivedAt IS NULL), 0)
       LIMIT ${mostThreads}`,
    )
    .all({ before: now - restMs }) as Thread[];
}

function consolidateThread(db: Db, { namespace, thread }: Thread, now: number): number {
  const turns = db
    .prepare('SELECT * FROM memories WHERE namespace = ? AND thread = ? AND archivedAt IS NULL ORDER BY row LIMIT ?')
    .all(namespace, thread, mostTurns) as Row[];
  // Text from outside gets no more standing than it has: it may ask to be taken for a fact.
  const own = turns.filter(({ tainted }) => tainted === 0);
  const written = own.flatMap((turn) =>
    statementsIn(turn.text, turn.subject ?? 'The user').map((statement, index) =>
      keep(db, { ...statement, ...fromTurn(turn), writeKey: `consolidate ${turn.id} ${turn.edition} ${index}` }, { turn, now }),
    ),
  );
  return written.filter(Boolean).length + Number(summarise(db, { namespace, thread, turns, now }));
}

const fromTurn = (turn: Row): Omit<RememberRequest, 'text' | 'category' | 'writeKey'> => ({
  namespace: turn.namespace,
  tags: [],
  subject: turn.subject ?? undefined,
  source: `consolidated from ${turn.id}`,
  tainted: turn.tainted === 1,
  validFrom: momentOf(turn),
  confidence: 0.7,
  mayRevive: false,
});

/** Whether it is new. What is known from a later time is not replaced by what was said before. */
function keep(db: Db, request: RememberRequest, { turn, now }: { turn: Row; now: number }): boolean {
  const known = knownAbout(db, request);
  if (known && !known.isSame && momentOf(known.row) >= momentOf(turn)) return false;
  try {
    const { memory, change } = remember(db, request, now);
    if (change !== 'merged') noteOrigin(db, memory.id, [turn]);
    return change !== 'merged';
  } catch (error) {
    if (error instanceof ToolError && error.code === 'denied') return false;
    throw error;
  }
}

function noteOrigin(db: Db, memory: string, turns: Row[]): void {
  for (const { id } of turns) db.prepare('INSERT OR IGNORE INTO derived VALUES (?, ?)').run(memory, id);
}

/** Whether there is a new summary. One that a person has forgotten is not made again, unless it went along with a turn. */
function summarise(db: Db, { namespace, thread, turns, now }: Thread & { turns: Row[]; now: number }): boolean {
  const key = `thread ${thread}`;
  const find = (condition: string): Row | undefined =>
    db
      .prepare(`SELECT * FROM memories WHERE namespace = ? AND category = 'conversation_summary' AND key = ? AND ${condition}`)
      .get(namespace, key) as Row | undefined;
  const isUnwanted = find(
    `archivedBy LIKE 'fgt%' AND NOT EXISTS (SELECT 1 FROM derived JOIN memories AS turn ON turn.id = derived.origin
       WHERE derived.memory = memories.id AND turn.archivedBy = memories.archivedBy)`,
  );
  if (isUnwanted) return false;
  const chosen = telling(turns);
  const request: RememberRequest = {
    ...fromTurn(turns.at(-1)!),
    subject: undefined,
    text: summaryOf(turns, chosen),
    category: 'conversation_summary',
    key,
    source: `consolidated from ${turns.length} turns of ${thread}`.slice(0, 200),
    tainted: chosen.some(({ tainted }) => tainted === 1),
    writeKey: `consolidate ${thread} ${now}`,
  };
  const known = find('archivedAt IS NULL');
  const { id } = known ? replace(db, known, { request, now }) : remember(db, request, now).memory;
  db.prepare('DELETE FROM derived WHERE memory = ?').run(id);
  noteOrigin(db, id, chosen);
  return true;
}

/** The turns that share most words with the others, in their order: what a conversation keeps coming back to. */
function telling(turns: Row[]): Row[] {
  const terms = turns.map(({ text }) => new Set(queryTerms(text)));
  const counts = new Map<string, number>();
  for (const each of terms) for (const term of each) counts.set(term, (counts.get(term) ?? 0) + 1);
  const score = (each: Set<string>): number => [...each].reduce((sum, term) => sum + counts.get(term)! - 1, 0) / (each.size + 8);
  const best = turns.map((turn, index) => ({ turn, score: score(terms[index]!) })).toSorted((a, b) => b.score - a.score);
  return best
    .slice(0, quoted)
    .map(({ turn }) => turn)
    .toSorted((a, b) => a.row - b.row);
}

function summaryOf(turns: Row[], chosen: Row[]): string {
  const speakers = [...new Set(turns.flatMap(({ subject }) => subject ?? []))].slice(0, 5);
  const [first, last] = [turns[0]!, turns.at(-1)!].map((turn) => dateWords(momentOf(turn)));
  const time = first === last ? first : `${first} to ${last}`;
  const lines = chosen.map(({ subject, text }) => {
    const flat = text.replace(/\s+/g, ' ').trim();
    return `${subject === null ? '' : `${subject}: `}${flat.length > longestQuote ? `${flat.slice(0, longestQuote)}…` : flat}`;
  });
  return `Conversation${speakers.length > 0 ? ` of ${speakers.join(' and ')}` : ''}, ${time}, ${turns.length} turns. ${lines.join(' / ')}`;
}
