import { expect } from 'vitest';
import { leaksIn } from './leaks.ts';
import type { Malformed } from './malformed-messages.ts';

export interface RpcAnswer {
  id?: string | number | null;
  result?: unknown;
  error?: { code: number; message: string };
}

export const outcomeOf = ({ result, error }: RpcAnswer): number | 'result' => (result === undefined ? (error?.code ?? 0) : 'result');

/** What should have been said, beside what was, message by message; empty where they agree. `answers` in any order. */
export function disagreements(messages: Malformed[], answers: RpcAnswer[]): string[] {
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  const wrong: string[] = [];
  for (const { kind, bytes, answer } of messages) {
    if (!answer || answer.id === null) continue;
    const given = byId.get(answer.id);
    const said = given === undefined ? 'silence' : outcomeOf(given);
    if (said !== answer.code) wrong.push(`${kind}: ${said} instead of ${answer.code} to ${bytes.toString('utf8').slice(0, 300)}`);
  }
  return wrong;
}

/** How often each code was said to nobody in particular. */
export function countOfNull(answers: { id?: unknown; code: number | 'result' }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { id, code } of answers) if ((id ?? null) === null) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** Each request is answered once and rightly, each message without a legal id to nobody, and nothing else is said. */
export function expectAnswers(messages: Malformed[], answers: RpcAnswer[], folders: string[]): void {
  const expected = messages.flatMap(({ answer }) => (answer ? [answer] : []));
  expect(disagreements(messages, answers)).toEqual([]);
  expect(countOfNull(answers.map((answer) => ({ id: answer.id, code: outcomeOf(answer) })))).toEqual(countOfNull(expected));
  expect(answers).toHaveLength(expected.length);
  expect(answers.filter(isUnforeseen)).toEqual([]);
  expect(answers.filter((answer) => leaksIn(JSON.stringify(answer), folders).length > 0)).toEqual([]);
}

/** A result that says `internal` is a failure that nobody thought of. */
const isUnforeseen = (answer: RpcAnswer): boolean => JSON.stringify(answer.result ?? null).includes('\\"code\\":\\"internal\\"');
