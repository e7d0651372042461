import type { Db } from '../core/database.ts';
import { ToolError } from '../core/errors.ts';
import { fromTurn, keepFact } from './consolidated-fact.ts';
import { keepSummary, summaryByRules } from './conversation-summary.ts';
import { isBorneOut, isDirection } from './grounding.ts';
import type { Row } from './memory-rows.ts';
import { isRead, noteRead, restingThreads, turnsOf, type Thread } from './resting-threads.ts';
import { statementsIn } from './statements.ts';
import type { ReadTalk, TalkAsker } from './talk.ts';
import { keepNotes, readThread, summaryByModel, type Keeping, type ReadThread } from './talk-notes.ts';

/** Models are asked for so long in one go; conversations that are left wait for the next. */
const mostAskingMs = 120_000;
/** Useless answers after which a model is asked no more. */
const mostFailures = 3;

export interface Consolidation {
  now: () => number;
  /** Absent where it is to be done by rules. */
  reading?: { read: ReadTalk; asker: TalkAsker };
}

export interface Consolidated {
  /** Memories written. */
  made: number;
  /** The model that has read conversations. */
  model?: string;
  /** Why a model was asked in vain, and what waits. */
  notice?: string;
}

/**
 * Makes facts, preferences and a summary of conversations that rest: by a model where there is one, otherwise, and where it fails, by
 * rules. Each knows what it was made from, so that forgetting a turn forgets what came of it; what was forgotten is not made again.
 */
export async function consolidate(db: Db, { now, reading }: Consolidation): Promise<Consolidated> {
  const done: Consolidated = { made: 0 };
  const reader = reading && askedWithin(reading);
  const threads = restingThreads(db, now());
  for (const [index, thread] of threads.entries()) {
    const turns = turnsOf(db, thread);
    const isNew = turns.some((turn) => !isRead(db, turn));
    if (isNew && reader?.isOver()) {
      done.notice = told(done.notice, `${threads.length - index} conversations wait for the next time.`);
      break;
    }
    const found = isNew ? await reader?.read(db, turns) : undefined;
    if (found?.whole) done.model = found.whole.notes.model;
    done.made += db.transaction(() => consolidateThread(db, thread, { found, now: now() }));
  }
  if (reader?.failure() !== undefined)
    done.notice = told(done.notice, `Read by rules, for the model gave nothing of use: ${reader.failure()!}`);
  return done;
}

const told = (...notices: (string | undefined)[]): string => notices.filter(Boolean).join(' ');

interface BoundedReader {
  read(db: Db, turns: Row[]): Promise<ReadThread | undefined>;
  isOver(): boolean;
  failure(): string | undefined;
}

/** Undefined in place of an answer where the model fails, and without asking where it is not to be asked any more. */
function askedWithin(reading: NonNullable<Consolidation['reading']>): BoundedReader {
  const until = performance.now() + mostAskingMs;
  let failures = 0;
  let failure: string | undefined;
  return {
    isOver: () => failures < mostFailures && performance.now() > until,
    failure: () => failure,
    read: async (db, turns) => {
      if (failures >= mostFailures) return undefined;
      try {
        return await readThread(db, turns, reading);
      } catch (error) {
        reading.asker.signal.throwIfAborted();
        if (!(error instanceof ToolError)) throw error;
        // What is no answer of the model's own, such as a budget that is spent, will be no other for the next.
        failures += error.code === 'failed' ? 1 : mostFailures;
        failure = error.message;
        return undefined;
      }
    },
  };
}

/** Returns how many memories it wrote. What was forgotten or changed while a model read is looked at as it is now. */
function consolidateThread(db: Db, thread: Thread, { found, now }: { found?: ReadThread | undefined; now: number }): number {
  const turns = turnsOf(db, thread);
  if (turns.length === 0) return 0;
  const keeping = { turns, isForgotten: forgottenIn(db, thread), now };
  const facts = found ? keepNotes(db, found, keeping) : factsByRules(db, keeping);
  const summary = (found && summaryByModel(found, turns)) ?? summaryByRules(turns);
  return facts + Number(keepSummary(db, summary, { ...thread, turns, now }));
}

/** Sentences in which someone says something lasting. Text from outside gets no more standing than it has: it may ask to be taken for a fact. */
function factsByRules(db: Db, { turns, isForgotten, now }: Keeping): number {
  const fresh = turns.filter((turn) => turn.tainted === 0 && !isRead(db, turn));
  const made = fresh.flatMap((turn) =>
    statementsIn(turn.text, turn.subject ?? undefined)
      .filter(({ text }) => !isDirection(text) && !isForgotten(text))
      .filter((statement, index) =>
        keepFact(
          db,
          { ...statement, ...fromTurn(turn), writeKey: `consolidate ${turn.id} ${turn.edition} ${index}` },
          { turns: [turn], now },
        ),
      ),
  );
  noteRead(db, turns);
  return made.length;
}

/** What nothing is compared with beyond: the newest that were forgotten and not purged. */
const mostForgotten = 1_000;

/** Whether a text is, in other words, what was forgotten: one that has every name and most words of it. */
function forgottenIn(db: Db, { namespace }: Thread): (text: string) => boolean {
  const sql = "SELECT * FROM memories WHERE namespace = ? AND archivedBy LIKE 'fgt%' ORDER BY archivedAt DESC LIMIT ?";
  const forgotten = db.prepare(sql).all(namespace, mostForgotten) as Row[];
  return (text) => forgotten.some((row) => isBorneOut(text, [row]));
}
