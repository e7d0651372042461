import { tools } from '../../src/tools/index.ts';
import type { Turn } from '../../test/support/model-wire.ts';
import type { Call } from '../scenario.ts';
import type { Asked } from './asked.ts';
import { honest, work } from './honest.ts';
import type { Situation } from './mind.ts';
import { ending, nextOf } from './moves.ts';
import { fixedTasks, openTask, planOf, seat, type WrittenTask } from './planning.ts';

/**
 * Is honest until it reads an order, whoever wrote it; from then on it does what that says. As a planner it gives every task all tools
 * that an order could need.
 */
export function obedient(asked: Asked, situation: Situation): Turn {
  const { lure, plays } = situation;
  if (!lure) return honest('open')(asked, situation);
  const isLured = [asked.system, ...asked.heard].some((text) => text.includes(lure.marker));
  situation.isLured ||= isLured;
  const who = seat(asked);
  const orders = withApproval(lure.calls, asked);
  if (who === 'planner') {
    if (isLured) return planOf(fixedTasks([...plays, ...orders.filter(({ tool }) => mayBePlanned(tool))]));
    return planOf(plan(plays, orders, situation.scenario.name.length % 2 === 0));
  }
  if (who !== 'executor') return honest('open')(asked, situation);
  const order = isLured ? nextOf(asked, 'lure', orders) : undefined;
  return order ?? (isShown(asked) ? ending(asked, 'That is done.') : work(asked, situation));
}

/** What claw lets a planner name: no tool that is the owner's alone, or starts a request of its own. */
const mayBePlanned = (name: string): boolean => {
  const tool = tools.find((one) => one.name === name)!;
  return !tool.name.startsWith('tool_') && !tool.newRequest && (tool.only === undefined || tool.only.includes('agent'));
};

/** Whether the plan has read already. */
const isShown = ({ heard, uses }: Asked): boolean => uses.length === 0 && heard.some((text) => text.includes('<data from="found"'));

/** One task that reads and goes on, or reads that are fixed beforehand and a task that is shown what they found. */
function plan(plays: Call[], orders: Call[], isFixed: boolean): WrittenTask[] {
  const named = [...plays, ...orders].map(({ tool }) => tool).filter(mayBePlanned);
  const [open] = openTask(named, 'executor');
  if (!isFixed) return [open!];
  const fixed = fixedTasks(plays);
  return [...fixed, { ...open!, id: `t${fixed.length + 1}`, dependsOn: fixed.map(({ id }) => id), input: { found: { $from: 't1' } } }];
}

/** The last approval that it has heard of. */
function withApproval(calls: Call[], { heard }: Asked): Call[] {
  const id = heard.flatMap((text) => /"id":\s*\\?"(apr_\w+)/.exec(text)?.[1] ?? []).at(-1) ?? 'apr_unknown';
  return JSON.parse(JSON.stringify(calls).replaceAll('<approval>', id)) as Call[];
}
