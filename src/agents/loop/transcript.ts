import type { Message } from '../models/model-types.ts';

/** One reply and what came of it. */
export interface Round {
  said: Extract<Message, { role: 'assistant' }>;
  results: Extract<Message, { role: 'tool' }>[];
  /** The runtime's words after it, for what is no result of a call. */
  note?: string;
  /** One line for each call, for when the round itself is no longer there. */
  lines: string[];
}

/** Results of the last two rounds stay whole as long as anything else can go. */
const kept = 2;
const shortResult = 300;
/** No model needs fewer for English or JSON. */
const charactersPerToken = 3;

/**
 * The messages of the next request, in at most `room` tokens where that is possible. What gives way, in this order: long results of
 * older rounds, older rounds, long results of the last ones. The first messages, with the request, never do.
 */
export function messagesFor(first: Message[], rounds: Round[], room: number): Message[] {
  const fits = (messages: Message[]): boolean => JSON.stringify(messages).length <= room * charactersPerToken;
  const whole = [...first, ...rounds.flatMap(spoken)];
  if (fits(whole)) return whole;
  const older = rounds.slice(0, -kept).map((round) => shortened(round, shortResult));
  const last = rounds.slice(-kept);
  for (let dropped = 0; dropped <= older.length; dropped += 1) {
    const messages = [...first, ...recalled(older.slice(0, dropped), room), ...[...older.slice(dropped), ...last].flatMap(spoken)];
    if (fits(messages)) return messages;
  }
  const left = room * charactersPerToken - JSON.stringify([...first, ...recalled(older, room)]).length;
  const results = last.flatMap((round) => round.results).length;
  const share = Math.max(shortResult, Math.floor(left / 2 / Math.max(1, results)));
  return [...first, ...recalled(older, room), ...last.map((round) => shortened(round, share)).flatMap(spoken)];
}

const spoken = ({ said, results, note }: Round): Message[] => [said, ...results, ...(note === undefined ? [] : [userMessage(note)])];

const userMessage = (text: string): Message => ({ role: 'user', text });

function shortened(round: Round, most: number): Round {
  const short = (text: string): string =>
    text.length <= most ? text : `${text.slice(0, most)} … [shortened by claw from ${text.length} characters; call again if you need it]`;
  return { ...round, results: round.results.map((result) => ({ ...result, text: short(result.text) })) };
}

/** What was called in rounds that are no longer there. */
function recalled(rounds: Round[], room: number): Message[] {
  const lines = rounds.flatMap((round) => round.lines);
  if (rounds.length === 0) return [];
  const most = Math.floor((room * charactersPerToken) / 4);
  const shown: string[] = [];
  for (let size = 0, index = lines.length - 1; index >= 0 && size < most; index -= 1) {
    size += lines[index]!.length;
    shown.unshift(lines[index]!);
  }
  const head = `Earlier in this task (${rounds.length} replies, left out by claw), these calls were made:`;
  return [userMessage([head, ...shown].join('\n'))];
}
