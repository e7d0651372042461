import type { RunStatus } from '../../durable/backend.ts';
import type { LoopCall, LoopEnd } from '../loop/loop-types.ts';

export interface Verdict {
  status: RunStatus;
  /** In the runtime's words. */
  reason: string;
}

interface Judged extends Pick<LoopEnd, 'end' | 'reason' | 'calls' | 'finished'> {
  /** What was asked for and is not proved. */
  lacks: string[];
}

/**
 * How a piece of work has ended, by what the runtime saw: `done` needs calls that were proved, nothing left open, and nothing that was
 * asked for without proof. The model's own word counts only against it.
 */
export function verdictOn({ end, reason = '', calls, finished, lacks }: Judged): Verdict {
  const open = calls.filter((call) => call.changes && call.status !== 'done' && !wasMendedLater(call, calls));
  const worst = (['unknown', 'declined', 'unverified', 'failed'] as const).find((status) => open.some((call) => call.status === status));
  const proved = calls.filter(({ status }) => status === 'done');
  if (worst === 'unknown') return { status: 'unknown', reason: `It may have happened, or not: ${named(open)}.` };
  if (worst === 'declined') return { status: 'declined', reason: `The owner said no to ${named(open)}.` };
  if (end !== 'finished' && end !== 'answered') return { status: 'failed', reason: reason || 'It came to no end of its own.' };
  if (worst !== undefined) return { status: worst, reason: `Not proved: ${named(open)}.` };
  if ((finished as { done?: boolean } | undefined)?.done === false)
    return { status: 'failed', reason: 'The agent says that it is not done.' };
  if (proved.length === 0) return { status: 'unverified', reason: 'No tool was called that shows anything.' };
  if (lacks.length > 0) return { status: 'unverified', reason: lacks.join(' ') };
  return { status: 'done', reason: `${proved.length} of ${calls.length} calls proved.` };
}

/** The same tool has succeeded since: what failed before was a try. */
const wasMendedLater = ({ tool, status }: LoopCall, calls: LoopCall[]): boolean =>
  status === 'failed' && calls.findLast((call) => call.tool === tool && call.changes)?.status === 'done';

const named = (calls: LoopCall[]): string => [...new Set(calls.map(({ tool }) => tool))].slice(0, 5).join(', ');
