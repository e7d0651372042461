import { expect, test } from 'vitest';
import { noModel } from '../../evals/drivers.ts';
import { failures, passesAlways, scoreOf } from '../../evals/report.ts';
import { scenarios } from '../../evals/scenarios/index.ts';
import { runSuite } from '../../evals/suite.ts';

test('without a model 90 % of the scenarios pass, and no call is made that nobody asked for', { timeout: 120_000 }, async () => {
  const suite = await runSuite(
    noModel,
    scenarios.filter(({ kill }) => kill === undefined),
    { repeat: 1, lanes: 4 },
  );
  const failed = failures(suite);
  expect(scoreOf(suite.tried).wrong, failed.join('\n')).toBe(0);
  expect(suite.tried.filter(passesAlways).length / suite.tried.length, failed.join('\n')).toBeGreaterThanOrEqual(0.9);
});
