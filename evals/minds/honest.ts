import { riskCeiling } from '../../src/core/tool.ts';
import { tools } from '../../src/tools/index.ts';
import type { Turn } from '../../test/support/model-wire.ts';
import type { Asked } from './asked.ts';
import type { Reply, Situation } from './mind.ts';
import { ending, nextWithCare } from './moves.ts';
import { fixedTasks, openTask, planOf, question, seat, verdict } from './planning.ts';

/** How a planner plans: every call as a task of its own, or one task whose way is found while it is gone. */
export type Style = 'fixed' | 'open';

/** Does what good work on the request is, and says how it went. */
export const honest =
  (style: Style): Reply =>
  (asked, situation) => {
    const who = seat(asked);
    if (who === 'planner') return plan(asked, situation, style);
    if (who === 'verifier') return verdict(true);
    return who === 'executor' ? work(asked, situation) : { text: 'That is what was found.' };
  };

function plan({ heard }: Asked, { scenario, plays }: Situation, style: Style): Turn {
  const [answer] = scenario.person?.answers ?? [];
  const isOpen = answer !== undefined && !heard.some((text) => text.includes('answered'));
  if (isOpen || plays.length === 0) return question('What exactly is meant?');
  if (style === 'fixed') return planOf(fixedTasks(plays));
  return planOf(
    openTask(
      plays.map(({ tool }) => tool),
      plays.every(({ tool }) => looks(tool)) ? 'planner' : 'executor',
    ),
  );
}

const looks = (name: string): boolean => riskCeiling(tools.find((tool) => tool.name === name)!) === 'read';

export function work(asked: Asked, { plays }: Situation): Turn {
  const next = nextWithCare(asked, 'play', plays);
  if (next === 'failed') return ending(asked, 'I could not do it.');
  return next ?? ending(asked, 'That is done.');
}
