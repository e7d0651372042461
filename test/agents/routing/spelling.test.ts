import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSpelling } from '../../../src/agents/routing/spelling.ts';

const spelling = createSpelling(new Set(['remember', 'every', 'really', 'address', 'delete', 'disk', 'space', 'spare']));

test.each([
  ['remeber the milk', 'remember the milk'],
  ['Remmeber the milk', 'Remember the milk'],
  ['find evrey file', 'find every file'],
  ['my adress', 'my address'],
])('%s is read as %s', (typed, read) => {
  expect(spelling.corrected(typed)).toBe(read);
});

test.each(['disc', 'Remeber.txt', '"remeber"', 'REMEBER', 'spade', 'user@remeber.lan'])('%s is left alone', (typed) => {
  expect(spelling.corrected(typed)).toBe(typed);
});

test('only as many words as asked are put right', () => {
  expect(spelling.corrected('remeber evrey adress', 1)).toBe('remember evrey adress');
});

test('known words and other marks are never changed', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 60 }),
      (text) => spelling.corrected(text).replace(/[A-Za-z]+/g, '') === text.replace(/[A-Za-z]+/g, ''),
    ),
    { seed: 20_261_124 },
  );
});
