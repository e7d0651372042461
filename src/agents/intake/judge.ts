import { unmet, type AskedChange, type ProvedCall } from './changes-asked.ts';
import type { TaskOutcome } from './execute.ts';
import { performOpen, type OpenFloor } from './open-task.ts';
import type { Plan, Task } from './plan-types.ts';
import type { RecordedCall } from '../verifier/model-verifier.ts';

export interface Judged {
  outcomes: TaskOutcome[];
  /** What the request wants and nothing proves, in words for the person; while there is any, the run is not done. */
  lacks: string[];
}

interface Judging {
  plan: Plan;
  outcomes: TaskOutcome[];
  /** What the request itself wants changed, by the rules. */
  asked: AskedChange[];
  floor: OpenFloor;
  /** Whether the owner has a model for the role verifier. */
  isVerified: boolean;
}

/** A round that is to mend what the first left open, and no further one. */
const mostRepairs = 1;

/** Holds what was done against the request, and lets a task for a model mend what is missing. */
export async function judge({ plan, asked, floor, isVerified, ...first }: Judging): Promise<Judged> {
  let { outcomes } = first;
  for (let round = 1; ; round += 1) {
    const lacks = await lacking({ asked, outcomes, floor, isVerified, round });
    const task = round > mostRepairs ? undefined : mendable(plan, outcomes, lacks);
    if (!task) return { outcomes, lacks };
    const before = outcomes.find(({ id }) => id === task.id)!;
    const open = before.evidence.filter(({ ok }) => !ok).map(({ check, found }) => `${check} (${found})`);
    const mended = await performOpen(task, floor, { calls: before.loop ?? [], lacks: [...open, ...lacks] });
    outcomes = outcomes.map((outcome) => (outcome.id === task.id ? mended : outcome));
  }
}

async function lacking({ asked, outcomes, floor, isVerified, round }: Omit<Judging, 'plan'> & { round: number }): Promise<string[]> {
  const left = unmet(asked, outcomes.flatMap(provedIn)).map(
    ({ text, tools: [tool] }) => `"${short(text)}" asks for a change${tool === undefined ? '' : ` (${tool})`}, and none was proved.`,
  );
  if (left.length > 0 || !isVerified || outcomes.some(({ status }) => status !== 'done')) return left;
  const { missedByVerifier } = await import('../verifier/model-verifier.ts');
  const { run, caller, models, request = '' } = floor;
  const missed = await missedByVerifier({
    id: `verify-${round}`,
    request,
    calls: outcomes.flatMap((one) => recordIn(one, floor)),
    run,
    caller,
    models: models!,
  });
  return missed.map((one) => `The verifier, a model, misses: ${short(one)}`);
}

/** The last task for a model that ended by itself and left something unproved. What was refused, or cut off, is not begun again. */
function mendable({ tasks }: Plan, outcomes: TaskOutcome[], lacks: string[]): Task | undefined {
  const statusOf = (id: string): string | undefined => outcomes.find((outcome) => outcome.id === id)?.status;
  const open = tasks.filter(({ goal }) => goal !== undefined);
  const unproved = open.findLast(({ id }) => statusOf(id) === 'unverified');
  return unproved ?? (lacks.length > 0 ? open.findLast(({ id, role }) => role === 'executor' && statusOf(id) === 'done') : undefined);
}

const provedIn = ({ tool, status, changes = true, loop }: TaskOutcome): ProvedCall[] =>
  loop?.map((call) => ({ ...call, isProved: call.status === 'done' })) ?? [{ tool, changes, isProved: status === 'done' }];

function recordIn({ id, tool, input, status, evidence, loop }: TaskOutcome, { results }: OpenFloor): RecordedCall[] {
  if (loop) return loop.map((call) => ({ ...call, output: call.kept?.output }));
  return [{ tool, input, status, evidence, output: results.get(id)?.output }];
}

const short = (text: string): string => (text.length > 200 ? `${text.slice(0, 200).trimEnd()} …` : text);
