import { randomBytes } from 'node:crypto';
import { isoTime } from '../../core/clock.ts';
import type { InboxMessage, TurnReason, TurnRow } from './agent-rows.ts';

interface Shown {
  /** ISO 8601. */
  now: string;
  because: TurnReason;
  missed: number;
  messages: InboxMessage[];
  /** Latest first. */
  earlier: TurnRow[];
}

const reasons: Record<TurnReason, string> = {
  start: 'It has just been started.',
  schedule: 'Its time has come.',
  message: 'There are messages for it.',
};
const mostOfATurn = 600;

/** What a model is told at the beginning of a turn: the runtime's words, and fenced as data what others and earlier turns have said. */
export function turnText({ now, because, missed, messages, earlier }: Shown): string {
  const late = missed > 0 ? ` ${missed} earlier times passed while nothing could wake it.` : '';
  return [
    `It is ${now}. ${reasons[because]}${late}`,
    ...messages.map(({ sender, text, at, taint }) =>
      fenced(`message from ${sender} at ${isoTime(at)}${taint.untrusted ? ', who had read text from outside' : ''}`, text),
    ),
    ...earlier
      .toReversed()
      .map(({ turn, status, endedAt, summary, answer }) =>
        fenced(`turn ${turn}, ended ${isoTime(endedAt)}: ${status}`, `${short(summary)}\nIt said: ${short(answer)}`),
      ),
  ].join('\n\n');
}

function fenced(from: string, text: string): string {
  const id = randomBytes(6).toString('hex');
  return `<data from="${from.replaceAll('"', "'")}" id="${id}">\n${text}\n</data ${id}>`;
}

const short = (text: string): string => (text.length > mostOfATurn ? `… ${text.slice(-mostOfATurn)}` : text);
