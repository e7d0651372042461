import { referencesIn } from '../../core/reference.ts';
import type { Evidence } from '../../core/tool.ts';
import { filledInput } from '../../gate/references.ts';
import type { KeptResult } from '../../gate/step-call.ts';
import { defaultLimits, type LoopCall, type LoopEnd } from '../loop/loop-types.ts';
import { fenced } from '../loop/result-text.ts';
import { runLoop } from '../loop/tool-loop.ts';
import { promptText } from '../prompt-text.ts';
import { mayCall, usable } from './agent-caller.ts';
import { checksOf } from './checks.ts';
import type { Executor, TaskOutcome } from './execute.ts';
import { openTool, type Task } from './plan-types.ts';

export interface OpenFloor extends Executor {
  results: Map<string, KeptResult>;
}

/** What an earlier round has shown, for the round that is to mend it. */
export interface Earlier {
  calls: LoopCall[];
  lacks: string[];
}

const may = {
  planner: 'You only look: nothing is changed by this task.',
  verifier: 'You only check: nothing is changed by this task.',
  executor: 'You may change what the goal says, and nothing else.',
};

/**
 * A task for a model: a loop with the tools of its role. The status is the runtime's, from what the calls have proved; the model's
 * words are kept as its words.
 */
export async function performOpen(task: Task, floor: OpenFloor, earlier?: Earlier): Promise<TaskOutcome> {
  const outcome = await looped(task, floor, earlier);
  const checked = await checksOf(task, floor, earlier ? `${task.id}-repair` : task.id);
  const isLowered = outcome.status === 'done' && checked.some(({ ok }) => !ok);
  return { ...outcome, evidence: [...outcome.evidence, ...checked], ...(isLowered && { status: 'unverified' }) };
}

async function looped(task: Task, floor: OpenFloor, earlier: Earlier | undefined): Promise<TaskOutcome> {
  const { models, run, caller, gate, find, onProgress } = floor;
  const named = task.tools ?? [];
  const tools = usable(named.flatMap((name) => find(name) ?? [])).filter((tool) => mayCall(task.role, tool));
  const end = await runLoop(
    { gate, run, caller, models: models!, find, onProgress },
    {
      id: earlier ? `${task.id}-repair` : task.id,
      role: 'executor',
      system: promptText('executor', { may: may[task.role] }),
      messages: [{ role: 'user', text: messageFor(task, floor, earlier) }],
      tools,
      limits: defaultLimits,
    },
  );
  const calls = [...(earlier?.calls ?? []), ...end.calls];
  const evidence = evidenceOf(task, calls);
  const status = statusOf({ task, end, calls, evidence });
  const summary = end.reason ?? `${calls.length} calls, ${calls.filter(({ status: one }) => one === 'done').length} proved`;
  const outcome: TaskOutcome = { id: task.id, tool: openTool, status, summary, evidence, words: end.text, loop: calls };
  floor.results.set(task.id, keptOf(task, end, floor));
  return outcome;
}

function messageFor(task: Task, floor: OpenFloor, earlier: Earlier | undefined): string {
  const given = Object.entries(filledInput(task.input, floor)).map(([name, value]) => fenced(name, value, `${floor.run.id}-${name}`));
  const before = task.dependsOn
    .filter((id) => !referencesIn(task.input).includes(id))
    .flatMap((id) => {
      const kept = floor.results.get(id);
      return kept ? [fenced(`${id} ${kept.tool}`, kept.summary, `${floor.run.id}-${id}`)] : [];
    });
  return [
    `The request of the person, of which this task is a part:\n<request>\n${floor.request ?? ''}\n</request>`,
    `Your task: ${task.goal ?? ''}`,
    ...given,
    ...before,
    ...(earlier ? [evidenceText(earlier)] : []),
  ].join('\n\n');
}

/** Evidence only: what was said in the earlier round is no part of it. */
const evidenceText = ({ calls, lacks }: Earlier): string =>
  [
    'You have worked on this before. What claw recorded of it:',
    ...calls.map(({ tool, input, status }) => `- ${tool} ${JSON.stringify(input).slice(0, 200)}: ${status}`),
    ...(calls.length === 0 ? ['- no call was made'] : []),
    'What is not proved yet:',
    ...lacks.map((one) => `- ${one}`),
    'Mend that, and do nothing twice. If it cannot be done, say so.',
  ].join('\n');

/** Later calls put right what earlier ones left open, if they are of the same tool. */
function standing(calls: LoopCall[]): LoopCall[] {
  return calls.filter((call, index) => {
    const isBad = call.status === 'failed' || call.status === 'declined' || call.status === 'unverified';
    return !(isBad && calls.slice(index + 1).some(({ tool, status }) => tool === call.tool && status === 'done'));
  });
}

/** Of changes their own probes; of looking, that something was looked at. */
function evidenceOf({ role, dependsOn }: Task, calls: LoopCall[]): Evidence[] {
  const proved = calls.filter(({ status }) => status === 'done');
  const changes = standing(calls).filter((call) => call.changes);
  if (role === 'executor')
    return [
      {
        check: 'a change was made and proved',
        ok: proved.some((call) => call.changes),
        found: `${proved.filter((call) => call.changes).length} proved changes`,
      },
      ...changes.flatMap(({ evidence }) => evidence),
    ];
  const found = `${proved.length} calls${dependsOn.length > 0 ? `, results of ${dependsOn.join(', ')}` : ''}`;
  return [{ check: 'the answer rests on something that was read', ok: proved.length > 0 || dependsOn.length > 0, found }];
}

function statusOf({
  end: { end },
  calls,
  evidence,
}: {
  task: Task;
  end: LoopEnd;
  calls: LoopCall[];
  evidence: Evidence[];
}): TaskOutcome['status'] {
  const left = standing(calls);
  if (left.some(({ status }) => status === 'unknown')) return 'unknown';
  if (end !== 'answered' && end !== 'finished') return 'failed';
  if (left.some(({ status }) => status === 'declined')) return 'declined';
  const isOpen = left.some(({ changes, status }) => changes && status !== 'done');
  return !isOpen && evidence.every(({ ok }) => ok) ? 'done' : 'unverified';
}

/** What later tasks may refer to: the model's words, with the mark of what it has read. */
function keptOf({ id, input }: Task, { text, calls }: LoopEnd, { results }: OpenFloor): KeptResult {
  const sources = referencesIn(input);
  const hasRead = calls.some(({ kept }) => kept?.untrusted) || sources.some((source) => results.get(source)?.untrusted);
  return { tool: openTool, output: { text }, summary: text, callId: id, untrusted: hasRead };
}
