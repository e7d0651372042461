import type { Db } from '../core/database.ts';
import { fromTurn, keepFact } from './consolidated-fact.ts';
import { headOf, telling, type Summary } from './conversation-summary.ts';
import { isBorneOut, isDirection, namesTheirs } from './grounding.ts';
import { momentOf, type Row } from './memory-rows.ts';
import { dateWords } from './moments.ts';
import { isRead, noteRead } from './resting-threads.ts';
import type { RememberRequest } from './memory-types.ts';
import type { ReadTalk, TalkAsker, TalkNotes, TalkTurn } from './talk.ts';
import { wordingOf } from './wording.ts';

/** Characters of a conversation that a model is shown at once, and of one turn. Turns beyond wait for the next time. */
const mostShown = 24_000;
const longestTurn = 4_000;
/** Turns from before that are shown beside new ones. */
const reminders = 12;
const longestNote = 400;
const longestSummary = 1_200;

/** What a model made of turns, and which it was shown. */
interface Reading {
  shown: Map<string, Row>;
  notes: TalkNotes;
}

/** A conversation as a model has read it. */
export interface ReadThread {
  /** Of the owner's turns alone: facts come from nowhere else. */
  own?: Reading;
  /** Of all turns, those from outside included: for the summary, which is then from outside too. */
  whole?: Reading;
}

/** Has a model read a conversation. What it makes is as trusted as the least trusted turn it was shown, so turns from outside are read apart. */
export async function readThread(db: Db, turns: Row[], { read, asker }: { read: ReadTalk; asker: TalkAsker }): Promise<ReadThread> {
  const ask = async (from: Row[]): Promise<Reading> => {
    const shown = new Map(chosen(db, from).map((turn, index) => [`t${index + 1}`, turn]));
    const notes = await read(
      [...shown].map(([id, turn]) => shownAs(id, turn)),
      asker,
    );
    return { shown, notes };
  };
  const own = turns.filter(({ tainted }) => tainted === 0);
  const ofOwn = own.some((turn) => !isRead(db, turn)) ? await ask(own) : undefined;
  const ofAll = own.length < turns.length ? await ask(turns) : ofOwn;
  return { ...(ofOwn && { own: ofOwn }), ...(ofAll && { whole: ofAll }) };
}

/** New turns as far as there is room, and before them some of what was said earlier. */
function chosen(db: Db, turns: Row[]): Row[] {
  const fresh = turns.filter((turn) => !isRead(db, turn));
  const earlier = telling(
    turns.filter((turn) => !fresh.includes(turn)),
    reminders,
  );
  let room = mostShown;
  const fits = ({ text }: Row): boolean => (room -= Math.min(text.length, longestTurn) + 40) > 0;
  return [...earlier, ...fresh].filter(fits).toSorted((a, b) => a.row - b.row);
}

const shownAs = (id: string, { text, subject, ...turn }: Row): TalkTurn => ({
  id,
  on: dateWords(momentOf(turn)),
  ...(subject !== null && { by: subject }),
  text: text.slice(0, longestTurn),
});

/**
 * Keeps what the turns bear out; the caller opens the transaction. A note has to cite turns that it was shown, that are still there as
 * they were, and of which one is new; and to say nothing that these do not. Returns how many facts are new.
 */
export function keepNotes(db: Db, { own, whole }: ReadThread, { turns, isForgotten, now }: Keeping): number {
  const current = asTheyWere(turns);
  const made = (own?.notes.notes ?? []).filter((note) => {
    const from = sourcesOf(note.turns, own!.shown, current);
    const isSound = note.text.length <= longestNote && !isDirection(note.text) && isBorneOut(note.text, from) && !isForgotten(note.text);
    return (
      isSound &&
      from.some((turn) => !isRead(db, turn)) &&
      keepFact(db, requestOf(note, from, own!.notes.model), { turns: from, now, byModel: true })
    );
  });
  const outside = [...(whole?.shown.values() ?? [])].filter(({ tainted }) => tainted === 1);
  noteRead(db, [...(own?.shown.values() ?? []), ...outside].filter(current));
  return made.length;
}

export interface Keeping {
  /** As they are now. */
  turns: Row[];
  isForgotten: (text: string) => boolean;
  now: number;
}

/** Whether a turn is still there and says what it said. */
function asTheyWere(turns: Row[]): (turn: Row) => boolean {
  const wordings = new Map(turns.map(({ id, wording, tainted }) => [id, `${wording} ${tainted}`]));
  return ({ id, wording, tainted }) => wordings.get(id) === `${wording} ${tainted}`;
}

/** The turns that are cited; none where one of them cannot be cited. */
function sourcesOf(cited: string[], shown: Map<string, Row>, isCurrent: (turn: Row) => boolean): Row[] {
  const turns = [...new Set(cited)].map((id) => shown.get(id));
  return turns.every((turn): turn is Row => turn !== undefined && isCurrent(turn)) ? turns : [];
}

function requestOf({ text, category }: TalkNotes['notes'][number], from: Row[], model: string): RememberRequest {
  const last = from.toSorted((a, b) => momentOf(a) - momentOf(b)).at(-1)!;
  const speakers = new Set(from.map(({ subject }) => subject ?? undefined));
  return {
    ...fromTurn(last),
    text,
    category,
    subject: speakers.size === 1 ? [...speakers][0] : undefined,
    source: `${`consolidated from ${from.map(({ id }) => id).join(', ')}`.slice(0, 140)} by ${model}`,
    confidence: 0.6,
    writeKey: `consolidate ${last.id} ${wordingOf(text)}`,
  };
}

/** The model's summary, where all it was shown is still there, and each name and number in it is theirs. */
export function summaryByModel({ whole }: ReadThread, turns: Row[]): Summary | undefined {
  const said = whole?.notes.summary?.replace(/\s+/g, ' ').trim();
  if (whole === undefined || !said || said.length > longestSummary) return undefined;
  const from = [...whole.shown.values()];
  const isSound = said.split(/(?<=[.!?])\s+/).every((sentence) => !isDirection(sentence) && namesTheirs(sentence, from));
  return isSound && from.every(asTheyWere(turns)) ? { text: `${headOf(turns)} ${said}`, from, by: whole.notes.model } : undefined;
}
