import Database from 'better-sqlite3';
import type { Embedder } from '../../src/core/embedder.ts';
import { queryTerms, ftsQuery } from '../../src/core/query-terms.ts';
import { namedTime, timeFit } from '../../src/memory/moments.ts';
import { withoutNames } from '../../src/memory/vector-store.ts';
import { weights } from '../../src/memory/memory-search.ts';
import { add, report } from '../memory.ts';
import type { Conversation } from './locomo.ts';

/** Sums over questions. */
export interface Measured {
  five: number;
  ten: number;
  gain: number;
  count: number;
}

/** What each part says of each turn, for one question. */
interface Signals {
  plainWords: number[];
  words: number[];
  plainMeaning: number[];
  own: number[];
  meaning: number[];
  subject: number[];
  time: number[];
  ids: string[];
  evidence: string[];
}

type Score = (signals: Signals) => number[];

/** The peers, in the same run, over the same turns: full text alone, vectors alone, and reciprocal-rank fusion of both (k = 60). Then ours, part by part. */
export async function measured(conversations: Conversation[], embedder: Embedder): Promise<void> {
  const all: Signals[][] = [];
  for (const conversation of conversations) all.push(await signalsOf(conversation, embedder));
  const show = (label: string, score: Score): void => report(label, evaluated(all.flat(), score));
  show('full text alone (FTS5, BM25)', (signals) => signals.plainWords);
  show('vectors alone (MiniLM)', (signals) => signals.plainMeaning);
  show('reciprocal-rank fusion of these two', ({ plainWords, plainMeaning }) => fusedRanks(plainWords, plainMeaning));
  show('full text, neighbours beside, names out', (signals) => signals.words);
  show('vectors, names out', (signals) => signals.own);
  show('vectors, names out, with their window', (signals) => signals.meaning);
  show('score fusion, no window', (signals) => sum([signals.own, 1], [signals.words, weights.words]));
  show('score fusion', (signals) => sum([signals.meaning, 1], [signals.words, weights.words]));
  show('… and subject', (signals) => sum([signals.meaning, 1], [signals.words, weights.words], [signals.subject, weights.subject]));
  show('… and time', ours(weights));
  report('… with weights chosen on the other conversations', leftOut(all));
}

const ours =
  ({ words, subject, time }: typeof weights): Score =>
  (signals) =>
    sum([signals.meaning, 1], [signals.words, words], [signals.subject, subject], [signals.time, time]);

/** For each conversation the weights that are best on all others. */
function leftOut(all: Signals[][]): Measured {
  const steps = [0.1, 0.2, 0.3, 0.4, 0.5];
  const grid = steps.flatMap((words) => steps.flatMap((subject) => steps.map((time) => ({ words, subject, time }))));
  const tried = grid.map((choice) => all.map((one) => evaluated(one, ours(choice))));
  const total: Measured = { five: 0, ten: 0, gain: 0, count: 0 };
  for (const index of all.keys()) {
    const others = tried.map((each) => each.reduce((sum, { ten }, place) => sum + (place === index ? 0 : ten), 0));
    const chosen = tried[others.indexOf(Math.max(...others))]![index]!;
    for (const key of Object.keys(total) as (keyof Measured)[]) total[key] += chosen[key];
  }
  return total;
}

function evaluated(all: Signals[], score: Score): Measured {
  const sums: Measured = { five: 0, ten: 0, gain: 0, count: 0 };
  for (const signals of all) {
    const scores = score(signals);
    const order = scores.map((value, index) => ({ value, index })).toSorted((a, b) => b.value - a.value);
    const found = order.slice(0, 10).map(({ index }) => signals.ids[index]!);
    add(sums, found, signals.evidence);
  }
  return sums;
}

const sum = (...parts: [number[], number][]): number[] =>
  parts[0]![0].map((_value, index) => parts.reduce((total, [values, weight]) => total + weight * values[index]!, 0));

function fusedRanks(...lists: number[][]): number[] {
  const fused = lists[0]!.map(() => 0);
  for (const list of lists) {
    const order = list.map((value, index) => ({ value, index })).toSorted((a, b) => b.value - a.value);
    for (const [rank, { index }] of order.entries()) fused[index]! += 1 / (60 + rank + 1);
  }
  return fused;
}

async function signalsOf({ turns, questions }: Conversation, embedder: Embedder): Promise<Signals[]> {
  const names = [...new Set(turns.map(({ speaker }) => speaker.toLowerCase()))];
  const session = (id: string): string => id.split(':')[0]!;
  const beside = turns.map((turn, index) =>
    [turns[index - 1], turns[index + 1]].map((one) => (one && session(one.id) === session(turn.id) ? one : undefined)),
  );
  const bare = (text: string): string => withoutNames(text, names);
  const window = (index: number): string =>
    [beside[index]![0], turns[index], beside[index]![1]].flatMap((turn) => (turn ? [bare(turn.text)] : [])).join(' ');
  const plain = await embedder.embed(turns.map(({ text }) => text));
  const own = await embedder.embed(turns.map(({ text }) => bare(text)));
  const windows = await embedder.embed(turns.map((_turn, index) => window(index)));
  const combined = own.map((vector, index) => unitOf(vector.map((value, at) => value + windows[index]![at]!)));
  const texts = fullText(
    turns.map(({ text, time }, index) => ({ text, time, around: beside[index]!.map((turn) => turn?.text ?? '').join(' ') })),
  );
  const signals: Signals[] = [];
  for (const { text, evidence } of questions) {
    const [asked, stripped] = await embedder.embed([text, bare(text)]);
    const terms = queryTerms(text);
    const telling = terms.filter((term) => !names.includes(term));
    const named = names.filter((name) => terms.includes(name));
    const time = namedTime(text);
    signals.push({
      plainWords: texts(terms, [1, 0, 0]),
      words: texts(telling.length > 0 ? telling : terms, [1, 0.4, 1]),
      plainMeaning: plain.map((vector) => dot(vector, asked!)),
      own: own.map((vector) => dot(vector, stripped!)),
      meaning: combined.map((vector) => dot(vector, stripped!)),
      subject: turns.map(({ speaker }) => Number(named.includes(speaker.toLowerCase()))),
      time: turns.map((turn) => (time ? timeFit(time, turn.time) : 0)),
      ids: turns.map(({ id }) => id),
      evidence,
    });
  }
  return signals;
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((total, value, index) => total + value * b[index]!, 0);
const unitOf = (vector: Float32Array): Float32Array => {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
};

/** BM25 of every turn over the best one's, with weights for text, neighbours and date. */
function fullText(
  rows: { text: string; around: string; time: number }[],
): (terms: string[], columns: [number, number, number]) => number[] {
  const db = new Database(':memory:');
  db.exec("CREATE VIRTUAL TABLE turns USING fts5 (text, around, dates, tokenize = 'porter unicode61 remove_diacritics 2')");
  const insert = db.prepare('INSERT INTO turns (rowid, text, around, dates) VALUES (?, ?, ?, ?)');
  const date = (time: number): string =>
    new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  for (const [index, { text, around, time }] of rows.entries()) insert.run(index, text, around, date(time));
  return (terms, [text, around, dates]) => {
    const columns = ['text', ...(around > 0 ? ['around'] : []), ...(dates > 0 ? ['dates'] : [])].join(' ');
    const found = db
      .prepare('SELECT rowid AS row, -bm25(turns, ?, ?, ?) AS score FROM turns WHERE turns MATCH ? ORDER BY score DESC')
      .all(text, around, dates, `{${columns}} : (${ftsQuery(terms)})`) as { row: number; score: number }[];
    const scores = rows.map(() => 0);
    for (const { row, score } of found) scores[row] = Math.max(0, score) / (found[0]!.score || 1);
    return scores;
  };
}
