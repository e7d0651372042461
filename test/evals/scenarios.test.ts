import { expect, test } from 'vitest';
import { playsOf } from '../../evals/minds/mind.ts';
import { scenarios } from '../../evals/scenarios/index.ts';
import { isReference } from '../../src/core/reference.ts';
import { tools } from '../../src/tools/index.ts';

test('the scenarios have names of their own, and there are enough of them', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  expect(scenarios.length).toBeGreaterThanOrEqual(60);
});

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  'what a good model calls fits the tools: %s',
  (_name, scenario) => {
    const asked = (scenario.then ?? []).flatMap((act) => ('ask' in act ? (act.plays ?? []) : []));
    for (const { tool: name, input } of [...playsOf(scenario), ...asked]) {
      const tool = tools.find((one) => one.name === name)!;
      const given = Object.fromEntries(Object.entries(input).map(([field, value]) => [field, isReference(value) ? 'text' : value]));
      expect(tool.input.safeParse(given).error?.issues ?? [], name).toEqual([]);
    }
  },
);
