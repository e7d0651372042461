import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { measureReach, measureSplits, type RoutingSet } from '../../../evals/routing/measure.ts';
import { createPlanner } from '../../../src/agents/intake/planner.ts';
import { owner, startApp } from '../../support/app.ts';
import { sharedRouters } from '../../support/routers.ts';

/** Floors a little beneath what `npm run bench -- routing-own` prints. */
const file = path.join(import.meta.dirname, '../../../evals/routing/dev.json');

test(
  'sentences of people who have not seen the examples find their tool, and what no tool does is told from them',
  { timeout: 120_000 },
  async () => {
    const set = JSON.parse(readFileSync(file, 'utf8')) as RoutingSet;
    const app = await startApp();
    const routers = sharedRouters();
    const { router } = await routers.for(app.gate.list(owner));
    const reach = await measureReach(set, (sentences) => router.rank(sentences));
    expect(reach.first).toBeGreaterThan(0.91);
    expect(reach.five).toBeGreaterThan(0.98);
    expect(reach.auroc).toBeGreaterThan(0.97);
    const planner = createPlanner({ gate: app.gate, routers });
    const splits = await measureSplits(set, (request) => planner.plan(owner, request));
    expect(splits.right).toBeGreaterThan(0.8);
  },
);
