import { RunEnd, type RunHandler } from '../../durable/backend.ts';
import type { Taints } from '../../gate/taint.ts';
import type { FiringEnds } from './firing-end.ts';
import { FiringRun, type FiringInput, type FiringRunParts } from './firing-run.ts';

export interface FiringParts extends FiringRunParts {
  taints: Pick<Taints, 'inherit' | 'fix'>;
  ends: FiringEnds;
}

/** A firing's run: the job's calls one after the other, as far as they succeed, and then its end. */
export function firingHandler(parts: FiringParts): RunHandler {
  return async (run) => {
    const input = run.input as FiringInput;
    parts.taints.inherit(run.id, input.taint);
    parts.taints.fix(run.id, [...input.steps, ...parts.ends.calls(input)]);
    const outcomes = await new FiringRun(parts, run, input).outcomes();
    const status = outcomes.at(-1)?.status ?? 'done';
    const summary = outcomes.map((outcome) => outcome.summary).join('\n');
    const spec = { id: 'end', tool: 'cron_history', input: { id: input.jobId }, idempotent: true };
    await run.step(spec, (attempt) => parts.ends.record({ ...input, runId: run.id, status, outcomes }, attempt.commit));
    return new RunEnd(status, { firingId: input.firingId, summary, steps: outcomes });
  };
}
