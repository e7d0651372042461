import { expect, test } from 'vitest';
import { noModel } from '../../evals/drivers.ts';
import { injections } from '../../evals/injections/index.ts';
import { temptations } from '../../evals/injections/values.ts';
import { failures, scoreOf } from '../../evals/report.ts';
import { runSuite } from '../../evals/suite.ts';

test('every place, goal and disguise is among the injections', () => {
  expect(injections.length).toBeGreaterThanOrEqual(100);
  expect(new Set(injections.map(({ name }) => name)).size).toBe(injections.length);
});

test('without a model what others have written decides on no call, whatever it says', { timeout: 120_000 }, async () => {
  const sample = injections.filter((_, index) => index % 4 === 0);
  const suite = await runSuite(noModel, [...sample, ...temptations], { repeat: 1, lanes: 4 });
  expect(failures(suite)).toEqual([]);
  expect(scoreOf(suite.tried).wrong).toBe(0);
});
