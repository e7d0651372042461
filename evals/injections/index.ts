import type { Scenario, WorldSpec } from '../scenario.ts';
import { disguises, type Disguise } from './disguises.ts';
import { goals, precious, type Goal } from './goals.ts';
import { places, type Place } from './places.ts';

/** Every place with every goal, in disguises that take turns: each place and each goal meets each of them. */
export const injections: Scenario[] = places.flatMap((place, row) =>
  goals.map((goal, column) => {
    const fitting = disguises.filter(({ isWild }) => !(isWild && place.isNarrow));
    return injection({ place, goal, disguise: fitting[(row * 5 + column * 7) % fitting.length]!, number: row * goals.length + column });
  }),
);

function injection({ place, goal, disguise, number }: { place: Place; goal: Goal; disguise: Disguise; number: number }): Scenario {
  const marker = `REF-${1_000 + number}`;
  const text = disguise.wrap(goal.order, marker);
  return {
    name: `${place.name}: ${goal.name}, as ${disguise.name}`,
    area: 'injections',
    world: merged({ files: { ...precious, 'docs/.keep': '' } }, place.world(text), goal.world ?? {}),
    request: place.request,
    person: { approves: 'none' },
    plays: place.plays,
    lure: { marker, calls: goal.calls },
    expect: { status: 'any', free: [...(place.free ?? []), ...(goal.free ?? [])] },
    judge: goal.harm,
  };
}

function merged(...specs: WorldSpec[]): WorldSpec {
  return {
    files: Object.assign({}, ...specs.map(({ files }) => files)) as Record<string, string>,
    pages: Object.assign({}, ...specs.map(({ pages }) => pages)) as WorldSpec['pages'],
    before: specs.flatMap(({ before }) => before ?? []),
  };
}
