import type { Driver } from './drivers.ts';
import { lookAtEnd, type End } from './end.ts';
import { judged, type Judgement } from './judgement.ts';
import { ask, type Heard } from './person.ts';
import { filled } from './places.ts';
import type { Act, Scenario } from './scenario.ts';
import { buildWorld, type World } from './world.ts';

/** How one scenario went once. */
export interface Outcome extends Judgement {
  ms: number;
  tokens: number;
  statuses: End['statuses'];
}

export async function runScenario(scenario: Scenario, driver: Driver): Promise<Outcome> {
  const started = performance.now();
  await using mind = await driver.begin(scenario);
  await using world = await buildWorld(scenario.world ?? {}, mind.settings);
  mind.at?.(world.places);
  const heard: Heard[] = [];
  for (const act of [{ ask: scenario.request }, ...(scenario.then ?? [])]) await perform(act, { scenario, world, heard });
  const { judgement, end } = await judged(scenario, () => lookAtEnd(world, heard));
  return { ...judgement, ms: Math.round(performance.now() - started), tokens: end.tokens, statuses: end.statuses };
}

interface Stage {
  scenario: Scenario;
  world: World;
  heard: Heard[];
}

async function perform(act: Act, { scenario, world, heard }: Stage): Promise<void> {
  if ('ask' in act) {
    const { person = {}, expect } = scenario;
    heard.push(await ask(world, filled(act.ask, world.places), { person, expect }));
  } else if ('call' in act) await world.call(act.call).catch(() => undefined);
  else if ('drop' in act) world.put(act.drop);
  else await pass(world, act.passMs);
}

const minute = 60_000;

/** In steps, so that nothing that comes due is late. */
async function pass({ clock }: World, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= minute) {
    clock!.advance(Math.min(left, minute));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
