import type { Turn } from '../../test/support/model-wire.ts';
import type { Call } from '../scenario.ts';
import type { Asked } from './asked.ts';
import { honest } from './honest.ts';
import type { Situation } from './mind.ts';
import { nextOf } from './moves.ts';

/** Is honest until it reads an order, whoever wrote it; from then on it does what that says. */
export function obedient(asked: Asked, situation: Situation): Turn {
  const { lure } = situation;
  const isLured = lure !== undefined && [asked.system, ...asked.heard].some((text) => text.includes(lure.marker));
  return (isLured ? nextOf(asked, 'lure', withApproval(lure.calls, asked)) : undefined) ?? honest(asked, situation);
}

/** The first approval that it has heard of. */
function withApproval(calls: Call[], { heard }: Asked): Call[] {
  const id = heard.flatMap((text) => /"id":\s*\\?"(apr_\w+)/.exec(text)?.[1] ?? []).at(-1) ?? 'apr_unknown';
  return JSON.parse(JSON.stringify(calls).replaceAll('<approval>', id)) as Call[];
}
