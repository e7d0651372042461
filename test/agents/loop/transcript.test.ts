import { expect, test } from 'vitest';
import { messagesFor, type Round } from '../../../src/agents/loop/transcript.ts';
import type { Message } from '../../../src/agents/models/model-types.ts';

const request: Message[] = [{ role: 'user', text: 'THE REQUEST. Stop when told to.' }];
const round = (index: number, length: number): Round => ({
  said: { role: 'assistant', text: '', toolUses: [{ id: `use_${index}`, name: 'file_read', input: { path: `${index}.txt` } }] },
  results: [{ role: 'tool', toolUseId: `use_${index}`, text: `result ${index} ${'x'.repeat(length)}` }],
  lines: [`- file_read ${index}.txt → done`],
});
const rounds = (count: number, length: number): Round[] => Array.from({ length: count }, (_, index) => round(index, length));
const size = (messages: Message[]): number => JSON.stringify(messages).length / 3;

test('what fits stays as it is', () => {
  expect(messagesFor(request, rounds(3, 10), 1_000)).toHaveLength(7);
});

test('older results are shortened first, and the request and the last two rounds stay whole', () => {
  const messages = messagesFor(request, rounds(6, 3_000), 3_500);
  expect(size(messages)).toBeLessThanOrEqual(3_500);
  expect(messages[0]).toEqual(request[0]);
  expect(messages).toHaveLength(13);
  expect(messages[2]!.text).toMatch(/shortened by claw/);
  expect(messages.at(-1)!.text).toHaveLength(3_000 + 'result 5 '.length);
});

test('then older rounds go, with a line for each call, and no result is left without its call', () => {
  const messages = messagesFor(request, rounds(60, 3_000), 4_000);
  expect(size(messages)).toBeLessThanOrEqual(4_000);
  expect(messages[0]).toEqual(request[0]);
  expect(messages[1]!.text).toMatch(/left out by claw[^]*0\.txt → done/);
  const asked = messages.flatMap((message) => (message.role === 'assistant' ? message.toolUses.map(({ id }) => id) : []));
  const answered = messages.flatMap((message) => (message.role === 'tool' ? [message.toolUseId] : []));
  expect(answered).toEqual(asked);
});

test('at last the last results are shortened too', () => {
  const messages = messagesFor(request, rounds(10, 60_000), 4_000);
  expect(size(messages)).toBeLessThanOrEqual(4_000);
  expect(messages[0]).toEqual(request[0]);
});
