import { ToolError } from '../../core/errors.ts';
import type { Evidence } from '../../core/tool.ts';
import type { Gate, PlannedCall, Probe, Step } from './definition.ts';
import { evaluate, isTrue } from './expression.ts';
import { filledCall, isFromOutside, type Turn } from './filled-call.ts';
import type { Floor } from './floor.ts';
import { factsAt, type MadeCall, type StepOutcome } from './outcomes.ts';
import { honestError, mayTryAgain, outcomeOfError } from './step-errors.ts';
import { render } from './template.ts';
import type { CallAnswer, WorkflowCall } from './workflow-parts.ts';

const mostItems = 1_000;
const longestPauseMs = 86_400_000;

/** Carries one step out, with its loop. Throws only what ends the whole run here: stop, shutdown, faults of ours. */
export async function runStep(step: Step, floor: Floor): Promise<StepOutcome> {
  const made: MadeCall[] = [];
  const turn = { floor, facts: factsAt(step, floor), stepId: step.id, previous: step.previous, outside: [] };
  try {
    const outcome = step.forEach === undefined ? await attempts(step, turn, made) : await loop(step, turn, made);
    return { ...outcome, made };
  } catch (error) {
    return { ...outcomeOfError(step, error, floor), made };
  }
}

/** One item after the other; the first that fails ends the loop, and what was read by then stays read. */
async function loop(step: Step, turn: Turn, made: MadeCall[]): Promise<StepOutcome> {
  const items = itemsOf(step, turn);
  const outside = isFromOutside(step.forEach!, turn) ? ['item'] : [];
  const outputs: unknown[] = [];
  let untrusted = outside.length > 0;
  for (const [index, item] of items.entries()) {
    const one = { ...turn, outside, facts: { ...turn.facts, item }, stepId: `${step.id}.${index}` };
    const outcome = await attempts(step, one, made);
    untrusted ||= outcome.untrusted === true;
    if (outcome.status !== 'ok') return { ...outcome, untrusted, output: outputs, summary: `Item ${index}: ${outcome.summary}` };
    outputs.push(outcome.output);
  }
  const approved = 'ask' in step.does && { approved: true };
  return { id: step.id, status: 'ok', output: outputs, untrusted, summary: `${items.length} items done.`, ...approved };
}

function itemsOf(step: Step, { facts }: Turn): unknown[] {
  const items = render(step.forEach!, facts);
  if (!Array.isArray(items)) throw new ToolError('invalid_input', `for_each of ${step.id} is no list.`, { hint: 'Give it a list.' });
  if (items.length <= mostItems) return items;
  throw new ToolError('too_large', `for_each of ${step.id} has more than ${mostItems} items.`, { hint: 'Give it a shorter list.' });
}

/** Tries until it succeeds, may not be repeated, or has been tried often enough. */
async function attempts(step: Step, turn: Turn, made: MadeCall[]): Promise<StepOutcome> {
  for (let time = 1; ; time += 1) {
    const stepId = time === 1 ? turn.stepId : `${turn.stepId}.try${time}`;
    const outcome = await once(step, { ...turn, stepId }, made).catch((error: unknown) => outcomeOfError(step, error, turn.floor));
    if (outcome.status !== 'failed' || time >= step.retry.times || !mayTryAgain(outcome.error)) return outcome;
    await turn.floor.run.sleep(`${turn.stepId}.pause${time}`, Math.min(step.retry.backoffMs * 2 ** (time - 1), longestPauseMs));
  }
}

async function once(step: Step, turn: Turn, made: MadeCall[]): Promise<StepOutcome> {
  mustHold(await observed(step.check, turn, 'check'), 'check');
  if (!('tool' in step.does)) return ask(step.does, turn, step.id);
  const call = callOf(step, step.does, turn);
  const { parts } = turn.floor;
  const answer = await parts.call(call).catch((error: unknown) => {
    throw honestError(error, call, parts);
  });
  const { output, summary, untrusted = false } = answer;
  made.push({ stepId: turn.stepId, output, ...('item' in turn.facts && { item: turn.facts.item }) });
  const status = await verified(step, turn, { call, answer }).catch((error: unknown) => outcomeOfError(step, error, turn.floor));
  return { id: step.id, output, summary, untrusted, ...status };
}

function callOf({ timeoutMs }: Step, does: PlannedCall, turn: Turn): WorkflowCall {
  const call = filledCall(does, turn);
  return timeoutMs === undefined ? call : { ...call, timeoutMs };
}

/** The tool's own probes must not contradict it, and the step's must hold; all are kept as evidence. */
async function verified(step: Step, turn: Turn, made: { call: WorkflowCall; answer: CallAnswer }): Promise<{ status: 'ok' }> {
  const { output, untrusted } = made.answer;
  const own = await turn.floor.parts.verify(made.call, made.answer);
  const after = { ...turn, facts: { ...turn.facts, output }, outside: untrusted ? [...turn.outside, 'output'] : turn.outside };
  const evidence = [...own, ...(await observed(step.verify, after, 'verify'))];
  // Where nobody looked, the call's own record stands.
  if (evidence.length > 0) turn.floor.run.settle(turn.stepId, { status: evidence.every(({ ok }) => ok) ? 'done' : 'unverified', evidence });
  mustHold(evidence, 'verify');
  return { status: 'ok' };
}

function mustHold(evidence: Evidence[], when: 'check' | 'verify'): void {
  const wrong = evidence.find(({ ok }) => !ok);
  if (!wrong) return;
  const what = when === 'check' ? 'A check before it did not hold' : 'It ran, but a check after it did not hold';
  throw new ToolError('failed', `${what}: ${wrong.check}.`, { hint: 'run_show has the outputs that were looked at.' });
}

async function observed(probes: Probe[], turn: Turn, when: 'check' | 'verify'): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const [index, probe] of probes.entries()) {
    const ok = await holds(probe, { ...turn, stepId: `${turn.stepId}.${when}${index}` });
    evidence.push({ check: probe.text, ok, found: ok ? 'it holds' : 'it does not hold' });
  }
  return evidence;
}

async function holds(probe: Probe, turn: Turn): Promise<boolean> {
  if ('holds' in probe) return isTrue(evaluate(probe.holds, turn.facts));
  const { output } = await turn.floor.parts.call(filledCall(probe.call, turn));
  return probe.expect === undefined || isTrue(evaluate(probe.expect, { ...turn.facts, output }));
}

async function ask({ ask: message, ...rules }: Gate, { floor, facts, stepId }: Turn, id: string): Promise<StepOutcome> {
  const { run, starter: caller, workflow } = floor;
  const answer = await floor.parts.ask({ run, caller, stepId, workflow, message: String(render(message, facts)), ...rules });
  if (answer === 'approve') return { id, status: 'ok', approved: true, summary: 'Approved.' };
  return { id, status: 'declined', approved: false, summary: answer === 'expired' ? 'Nobody answered in time.' : 'Declined.' };
}
