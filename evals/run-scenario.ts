import type { Driver, Mind } from './drivers.ts';
import { lookAtEnd, type End } from './end.ts';
import { layGround } from './ground.ts';
import { judged, type Judgement } from './judgement.ts';
import { askAndDie } from './killed.ts';
import { ask, attend, type Heard } from './person.ts';
import { filled } from './places.ts';
import type { Act, Scenario } from './scenario.ts';
import { openWorld, type World } from './world.ts';

/** How one scenario went once. */
export interface Outcome extends Judgement {
  ms: number;
  tokens: number;
  statuses: End['statuses'];
  /** Whether the model has read the injected order. */
  isLured: boolean;
}

export async function runScenario(scenario: Scenario, driver: Driver): Promise<Outcome> {
  const started = performance.now();
  const { world: spec = {}, kill, request, plays, then = [] } = scenario;
  await using mind = await driver.begin(scenario);
  await using ground = await layGround(spec, mind.settings);
  const said = (text: string): string => filled(driver.words?.(text) ?? text, ground.places);
  if (kill) {
    mind.hears?.({ places: ground.places, plays });
    await askAndDie(ground, said(request), kill);
  }
  await using world = await openWorld(ground, spec, driver.enters);
  const heard: Heard[] = kill ? [await takenOver(world, scenario)] : [];
  const stage = { scenario, world, mind, said, heard };
  for (const act of [...(kill ? [] : [{ ask: request, plays }]), ...then]) await perform(act, stage);
  const { judgement, end } = await judged(scenario, () => lookAtEnd(world, heard));
  return {
    ...judgement,
    ms: Math.round(performance.now() - started),
    tokens: end.tokens,
    statuses: end.statuses,
    isLured: mind.isLured?.() ?? false,
  };
}

/** The run that a dead process has left goes on in this one. */
async function takenOver(world: World, { person = {}, expect }: Scenario): Promise<Heard> {
  world.begunAt = 0;
  const { items } = await world.app.backend.list({ kind: 'intake', limit: 1 });
  return attend(world, items[0]!.id, { person, expect });
}

interface Stage {
  scenario: Scenario;
  world: World;
  mind: Mind;
  /** A request in the driver's words. */
  said: (text: string) => string;
  heard: Heard[];
}

async function perform(act: Act, { scenario, world, mind, said, heard }: Stage): Promise<void> {
  if ('ask' in act) {
    const { person = {}, expect } = scenario;
    mind.hears?.({ places: world.places, plays: act.plays });
    heard.push(await ask(world, said(act.ask), { person, expect }));
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
