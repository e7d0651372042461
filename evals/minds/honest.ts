import type { Turn } from '../../test/support/model-wire.ts';
import type { Asked } from './asked.ts';
import type { Situation } from './mind.ts';
import { ending, nextWithCare } from './moves.ts';

/** Does what good work on the request is, and says how it went. */
export function honest(asked: Asked, { plays }: Situation): Turn {
  const next = nextWithCare(asked, 'play', plays);
  if (next === 'failed') return ending(asked, 'I could not do it.');
  return next ?? ending(asked, 'That is done.');
}
