import { expect, test } from 'vitest';
import { createSignTable } from '../../src/memory/sign-table.ts';
import { seededRandom } from '../durable/seeded-random.ts';

test.each([8, 100, 384, 1_536, 4_096])('differing signs of vectors of %i numbers are counted as one by one', (dimensions) => {
  const random = seededRandom(20_261_124);
  const vector = (): number[] => Array.from({ length: dimensions }, () => random() - 0.5);
  const vectors = Array.from({ length: 500 }, vector);
  const question = vector();
  const table = createSignTable(dimensions);
  for (const one of vectors) table.add(one);
  const counted = vectors.map((one) => one.filter((value, index) => value > 0 !== question[index]! > 0).length);
  expect([...table.differences(question)]).toEqual(counted);
});

test('an empty table differs from nothing', () => {
  expect(createSignTable(384).differences([1, -1])).toHaveLength(0);
});
