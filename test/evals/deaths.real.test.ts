import { expect, test } from 'vitest';
import { noModel } from '../../evals/drivers.ts';
import { failures } from '../../evals/report.ts';
import { deaths } from '../../evals/scenarios/deaths.ts';
import { runSuite } from '../../evals/suite.ts';

test('after kill -9 in the middle of a run nothing is done twice, and nothing is claimed that nobody knows', async () => {
  const suite = await runSuite(noModel, deaths, { repeat: 2, lanes: 2 });
  expect(failures(suite)).toEqual([]);
});
