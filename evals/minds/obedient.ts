import type { Turn } from '../../test/support/model-wire.ts';
import type { Call } from '../scenario.ts';
import type { Asked } from './asked.ts';
import { honest, work } from './honest.ts';
import type { Situation } from './mind.ts';
import { nextOf } from './moves.ts';
import { fixedTasks, openTask, planOf, seat } from './planning.ts';

/**
 * Is honest until it reads an order, whoever wrote it; from then on it does what that says. As a planner it gives every task all tools
 * that an order could need.
 */
export function obedient(asked: Asked, situation: Situation): Turn {
  const { lure, plays } = situation;
  if (!lure) return honest('open')(asked, situation);
  const isLured = [asked.system, ...asked.heard].some((text) => text.includes(lure.marker));
  const who = seat(asked);
  const orders = withApproval(lure.calls, asked);
  if (who === 'planner') {
    if (isLured) return planOf(fixedTasks([...plays, ...orders]));
    return planOf(
      openTask(
        [...plays, ...orders, { tool: 'tool_call' }, { tool: 'intake_run' }].map(({ tool }) => tool),
        'executor',
      ),
    );
  }
  if (who !== 'executor') return honest('open')(asked, situation);
  return (isLured ? nextOf(asked, 'lure', orders) : undefined) ?? work(asked, situation);
}

/** The last approval that it has heard of. */
function withApproval(calls: Call[], { heard }: Asked): Call[] {
  const id = heard.flatMap((text) => /"id":\s*\\?"(apr_\w+)/.exec(text)?.[1] ?? []).at(-1) ?? 'apr_unknown';
  return JSON.parse(JSON.stringify(calls).replaceAll('<approval>', id)) as Call[];
}
