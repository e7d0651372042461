import { ToolError } from '../../core/errors.ts';
import type { Caller, Evidence } from '../../core/tool.ts';
import type { RunContext } from '../../durable/backend.ts';
import type { PlannedCall, Probe, Step } from './definition.ts';
import { evaluate, isTrue } from './expression.ts';
import { factsAt, type Outcomes, type StepOutcome } from './outcomes.ts';
import { namesOf, render } from './template.ts';
import type { CallAnswer, WorkflowCall, WorkflowParts } from './workflow-parts.ts';

/** Where steps run: what is known by now, and what they may use. */
export interface Floor {
  parts: WorkflowParts;
  run: RunContext;
  caller: Caller;
  /** Who started it: whom people's answers are compared with. */
  starter: Caller;
  workflow: string;
  inputs: Record<string, unknown>;
  inputsAreUntrusted: boolean;
  outcomes: Outcomes;
}

type Facts = Record<string, unknown>;

/** Carries one step out, with its loop. Throws only what ends the whole run here: stop, shutdown, faults of ours. */
export async function runStep(step: Step, floor: Floor): Promise<StepOutcome> {
  const facts = factsAt(step, { ...floor, runId: floor.run.id });
  try {
    if (step.forEach === undefined) return await attempt(step, { floor, facts, stepId: step.id });
    return await loop(step, floor, facts);
  } catch (error) {
    return failed(step.id, error, floor.run);
  }
}

interface Turn {
  floor: Floor;
  facts: Facts;
  stepId: string;
}

/** One item after the other; the first that fails ends the loop. */
async function loop(step: Step, floor: Floor, facts: Facts): Promise<StepOutcome> {
  const items = render(step.forEach!, facts);
  if (!Array.isArray(items)) throw new ToolError('invalid_input', `for_each of ${step.id} is no list.`, { hint: 'Give it a list.' });
  if (items.length > mostItems) throw new ToolError('too_large', `for_each of ${step.id} has more than ${mostItems} items.`);
  const outputs: unknown[] = [];
  let untrusted = false;
  for (const [index, item] of items.entries()) {
    const outcome = await attempt(step, { floor, facts: { ...facts, item }, stepId: `${step.id}.${index}` });
    if (outcome.status !== 'ok') return { ...outcome, id: step.id, output: outputs, summary: `Item ${index}: ${outcome.summary}` };
    outputs.push(outcome.output);
    untrusted ||= outcome.untrusted === true;
  }
  return { id: step.id, status: 'ok', output: outputs, untrusted, summary: `${items.length} items done.` };
}

const mostItems = 1_000;

/** Tries until it succeeds, may not be repeated, or has been tried often enough. */
async function attempt(step: Step, turn: Turn): Promise<StepOutcome> {
  const { run } = turn.floor;
  for (let time = 1; ; time += 1) {
    const stepId = time === 1 ? turn.stepId : `${turn.stepId}-try${time}`;
    const outcome = await once(step, { ...turn, stepId }).catch((error: unknown) => failed(step.id, error, run));
    if (outcome.status !== 'failed' || time >= step.retry.times || final.has(outcome.error?.code ?? '')) return outcome;
    await run.sleep(`${turn.stepId}-pause${time}`, step.retry.backoffMs * 2 ** (time - 1));
  }
}

/** Errors that the same call would meet again. */
const final = new Set(['invalid_input', 'not_found', 'denied', 'unknown_tool', 'bad_config', 'too_large', 'cancelled']);

async function once(step: Step, turn: Turn): Promise<StepOutcome> {
  await mustHold(step.check, turn, 'check');
  if (!('tool' in step.does)) return ask(step.does, turn, step.id);
  const call = plannedCall(step.does, turn, step.timeoutMs);
  const answer = await turn.floor.parts.call(call);
  await mustBeTrue(call, answer, turn);
  await mustHold(step.verify, { ...turn, facts: { ...turn.facts, output: answer.output } }, 'verify');
  const { output, summary, untrusted = false } = answer;
  return { id: step.id, status: 'ok', output, summary, untrusted };
}

/** The tool's own probes must not contradict it. */
async function mustBeTrue(call: WorkflowCall, answer: CallAnswer, { floor, stepId }: Turn): Promise<void> {
  const evidence: Evidence[] = await floor.parts.verify(call, answer);
  const wrong = evidence.find((probe) => !probe.ok);
  floor.run.settle(stepId, { status: wrong ? 'unverified' : 'done', evidence });
  if (wrong) throw new ToolError('failed', `${call.tool} ran, but a check after it did not hold: ${wrong.check}.`);
}

async function mustHold(probes: Probe[], turn: Turn, when: 'check' | 'verify'): Promise<void> {
  for (const [index, probe] of probes.entries()) {
    if (!(await holds(probe, { ...turn, stepId: `${turn.stepId}-${when}${index}` })))
      throw new ToolError('failed', `The ${when} does not hold: ${probe.text}`, { hint: 'run_show has the outputs it looked at.' });
  }
}

async function holds(probe: Probe, turn: Turn): Promise<boolean> {
  if ('holds' in probe) return isTrue(evaluate(probe.holds, turn.facts));
  const { output } = await turn.floor.parts.call(plannedCall(probe.call, turn));
  return probe.expect === undefined || isTrue(evaluate(probe.expect, { ...turn.facts, output }));
}

/** Throws `denied` where text from outside would become more than data: a path, a host, a command. */
export function plannedCall({ tool, input }: PlannedCall, { floor, facts, stepId }: Turn, timeoutMs?: number): WorkflowCall {
  const data = floor.parts.dataFields(tool);
  const fields = input.kind === 'fields' ? input.fields : [];
  const wrong = fields.find(([field, value]) => !data.includes(field) && namesOf(value).some(({ name }) => isFromOutside(name, floor)));
  if (wrong)
    throw new ToolError('denied', `Text from outside does not become the ${wrong[0]} of ${tool}.`, {
      hint: 'Write the value into the workflow, or give it as an input yourself.',
    });
  const { run, caller } = floor;
  const call = { run, caller, stepId, tool, input: render(input, facts) as Record<string, unknown> };
  return timeoutMs === undefined ? call : { ...call, timeoutMs };
}

/** What `previous`, `item` and `output` stand for is not looked up: they count as outside as soon as anything does. */
function isFromOutside([root, id]: string[], { outcomes, inputsAreUntrusted }: Floor): boolean {
  if (root === 'run') return false;
  if (root === 'inputs') return inputsAreUntrusted;
  if (root === 'steps') return outcomes.get(id ?? '')?.untrusted === true;
  return inputsAreUntrusted || [...outcomes.values()].some(({ untrusted }) => untrusted === true);
}

type Ask = Exclude<Step['does'], PlannedCall>;

async function ask({ ask: message, ...rules }: Ask, { floor, facts, stepId }: Turn, id: string): Promise<StepOutcome> {
  const { run, starter: caller, workflow } = floor;
  const answer = await floor.parts.ask({ run, caller, stepId, workflow, message: String(render(message, facts)), ...rules });
  if (answer === 'approve') return { id, status: 'ok', approved: true, summary: 'Approved.' };
  return { id, status: 'declined', approved: false, summary: answer === 'expired' ? 'Nobody answered in time.' : 'Declined.' };
}

function failed(id: string, error: unknown, run: RunContext): StepOutcome {
  if (run.signal.aborted || !(error instanceof ToolError)) throw error;
  const status = error.code === 'unknown_outcome' ? 'unknown' : 'failed';
  return { id, status, summary: `${error.message} ${error.hint}`.trim(), error: error.toJSON() };
}
