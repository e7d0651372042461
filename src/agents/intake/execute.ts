import { ToolError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import type { Caller, Evidence, Progress, Tool } from '../../core/tool.ts';
import type { RunContext } from '../../durable/backend.ts';
import type { Gate } from '../../gate/gate-types.ts';
import { mayChange } from '../loop/loop-call.ts';
import type { LoopCall } from '../loop/loop-types.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import { filledInput, misplacedField } from '../../gate/references.ts';
import { callAsStep, declinedText, expiredText, type KeptResult } from '../../gate/step-call.ts';
import { checksOf } from './checks.ts';
import type { Task } from './plan-types.ts';

export interface Executor {
  gate: Gate;
  run: RunContext;
  caller: Caller;
  find: (tool: string) => Tool | undefined;
  onProgress: (progress: Progress) => void;
  /** For open tasks. */
  models?: Pick<ModelDesk, 'reply'>;
  /** In the person's words. */
  request?: string;
}

export type TaskStatus = 'done' | 'unverified' | 'failed' | 'unknown' | 'skipped' | 'declined' | 'stopped';

export interface TaskOutcome {
  id: string;
  tool: string;
  status: TaskStatus;
  summary: string;
  evidence: Evidence[];
  /** Of a single call: with what, and whether it could change anything. */
  input?: Record<string, unknown>;
  changes?: boolean;
  /** Of an open task: what the model said, and the calls that were made. */
  words?: string;
  loop?: LoopCall[];
}

const lanes = 4;

/** Carries a plan out: what does not depend on each other side by side, what depends on a failure not at all. */
export async function execute(plan: Task[], executor: Executor, results = new Map<string, KeptResult>()): Promise<TaskOutcome[]> {
  const outcomes = new Map<string, TaskOutcome>();
  const open = new Set(plan);
  const running = new Map<string, Promise<void>>();
  while (open.size > 0 || running.size > 0) {
    executor.run.signal.throwIfAborted();
    for (const task of [...open].filter((one) => one.dependsOn.every((id) => outcomes.has(id))).slice(0, lanes - running.size)) {
      open.delete(task);
      running.set(
        task.id,
        perform(task, { ...executor, outcomes, results }).finally(() => running.delete(task.id)),
      );
    }
    await Promise.race(running.values());
  }
  return plan.map((task) => outcomes.get(task.id)!);
}

interface Floor extends Executor {
  outcomes: Map<string, TaskOutcome>;
  results: Map<string, KeptResult>;
}

async function perform(task: Task, floor: Floor): Promise<void> {
  const { outcomes, onProgress } = floor;
  const missing = task.dependsOn.find((id) => !usable.has(outcomes.get(id)!.status));
  const outcome = missing === undefined ? await attempt(task, floor) : skipped(task, missing);
  outcomes.set(task.id, outcome);
  onProgress({ message: `${task.id} ${task.tool}: ${outcome.status}`, done: outcomes.size });
}

const usable = new Set<TaskStatus>(['done', 'unverified']);

const skipped = (task: Task, missing: string): TaskOutcome => ({
  id: task.id,
  tool: task.tool,
  status: 'skipped',
  summary: `Not begun, because ${missing} did not succeed.`,
  evidence: [],
});

/** One try and, where another can help and cannot harm, one repair. */
async function attempt(task: Task, floor: Floor): Promise<TaskOutcome> {
  if (task.goal !== undefined) return (await import('./open-task.ts')).performOpen(task, floor);
  const first = await once(task, task.id, floor);
  const tool = floor.find(task.tool);
  const mayRepeat = tool !== undefined && (tool.idempotent === true || tool.risk === 'read');
  if (!mayRepeat || !(first.status === 'failed' || first.status === 'unverified') || final.has(first.code ?? '')) return first;
  const second = await once(task, `${task.id}-repair`, floor);
  return second.status === 'done' ? { ...second, summary: `${second.summary} (at the second try)` } : first;
}

/** Errors that the same call would meet again. */
const final = new Set(['invalid_input', 'not_found', 'denied', 'unknown_tool', 'conflict', 'bad_config', 'too_large', 'cancelled']);

async function once(task: Task, stepId: string, floor: Floor): Promise<TaskOutcome & { code?: string }> {
  const { run, results } = floor;
  const told = { id: task.id, tool: task.tool };
  const field = misplacedField(task, floor);
  if (field !== undefined) return { ...told, status: 'failed', evidence: [], code: 'denied', summary: outsideIn(field, task) };
  let { input } = task;
  try {
    input = filledInput(task.input, floor);
    const kept = await callAsStep(floor, { ...floor, stepId, tool: task.tool, input });
    results.set(task.id, kept);
    const evidence = await floor.gate.verify(
      floor.caller,
      { tool: task.tool, input, output: kept.output, callId: kept.callId },
      { signal: run.signal },
    );
    const isProved = evidence.length > 0 && evidence.every((probe) => probe.ok);
    evidence.push(...(await checksOf(task, floor, stepId)));
    const status = isProved && evidence.every((probe) => probe.ok) ? 'done' : 'unverified';
    run.settle(stepId, { status, evidence });
    const tool = floor.find(task.tool);
    return { ...told, status, evidence, summary: kept.summary, input, changes: tool !== undefined && mayChange(tool, input) };
  } catch (error) {
    if (run.signal.aborted || !(error instanceof ToolError)) throw error;
    return { ...told, ...(await outcomeOfError(error, { task, stepId, input, floor })), code: error.code };
  }
}

interface Failure {
  task: Task;
  stepId: string;
  input: Record<string, unknown>;
  floor: Floor;
}

/** A step that was cut off may have happened: its own probe can tell, else nobody can. */
async function outcomeOfError(
  error: ToolError,
  { task, stepId, input, floor }: Failure,
): Promise<Pick<TaskOutcome, 'status' | 'summary' | 'evidence'>> {
  if (error.code === 'unknown_outcome') {
    floor.run.settle(stepId, { status: 'unknown', error: error.toJSON() });
    return {
      status: 'unknown',
      evidence: [],
      summary: `It may have happened, or not: ${error.hint || `look with the tools of ${task.tool.split('_')[0]}`} Arguments: ${canonicalJson(input).slice(0, 200)}`,
    };
  }
  if (error.code === 'denied' && [declinedText, expiredText].includes(error.message))
    return { status: 'declined', evidence: [], summary: error.message };
  return { status: 'failed', evidence: [], summary: `${error.message} ${error.hint}`.trim() };
}

const outsideIn = (field: string, { tool }: Task): string =>
  `Text from outside does not become the ${field} of ${tool}. Say yourself what it is, in a new request.`;
