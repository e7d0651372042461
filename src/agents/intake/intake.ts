import type { Caller, Progress, Taint, Tool } from '../../core/tool.ts';
import { RunEnd, type DurableBackend, type RunContext } from '../../durable/backend.ts';
import { shuttingDown } from '../../gate/closing.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import type { KeptResult } from '../../gate/step-call.ts';
import type { Taints } from '../../gate/taint.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import type { Catalog } from '../routing/catalog.ts';
import type { Routers } from '../routing/routers.ts';
import { agentFor } from './agent-caller.ts';
import { createChooser, type PlanRequest } from './choose-plan.ts';
import { completePlan } from './complete-plan.ts';
import { execute } from './execute.ts';
import type { Plan } from './plan-types.ts';
import { createPlanner } from './planner.ts';
import { report, resultOf, statusOf, withWords, type IntakeResult, type RunState } from './result.ts';

export const intakeKind = 'intake';

export type { IntakeResult } from './result.ts';

/** Requests in plain language, from words to proof. */
export interface Intake {
  /** Returns when the run has ended, asks something, or `waitMs` has passed: then poll with run_wait. */
  run(
    caller: Caller,
    request: string,
    options: { waitMs: number; signal: AbortSignal; taint: Taint; onProgress: (progress: Progress) => void },
  ): Promise<IntakeResult>;
  /** What would be done; nothing is. */
  plan(caller: Caller, request: string, options: { signal: AbortSignal; runId?: string | undefined }): Promise<Plan>;
}

export interface IntakeParts {
  gate: OpenGate;
  backend: DurableBackend;
  taints: Pick<Taints, 'fix' | 'inherit'>;
  models: Pick<ModelDesk, 'isSet' | 'reply'>;
  catalog: Pick<Catalog, 'search'>;
  routers: Routers;
}

interface IntakeInput {
  request: string;
  caller: Caller;
  /** What the one who asks has read: a request made after reading a page may be the page's. */
  taint?: Taint;
}

export function createIntake({ gate, backend, taints, models, catalog, routers }: IntakeParts): Intake {
  const rules = createPlanner({ gate, routers });
  const chooser = createChooser({ rules, gate, models, catalog });
  const listeners = new Map<string, (progress: Progress) => void>();
  const find =
    (caller: Caller) =>
    (name: string): Tool | undefined =>
      gate.list(caller).find((tool) => tool.name === name);

  /** request → plan, with questions → execution, verification, repair → report */
  const handler = async (run: RunContext): Promise<RunEnd> => {
    const { request, caller, taint } = run.input as IntakeInput;
    taints.inherit(run.id, taint);
    const plan = await completePlan(run, { chooser, models, caller, request });
    if (!plan) return new RunEnd('declined', { summary: 'Not begun: the question was answered with no.' });
    taints.fix(run.id, plan.tasks);
    return plan.madeBy?.planner === 'model' ? byModel(run, plan) : byRules(run, plan);
  };
  backend.register(intakeKind, handler);

  const progressOf =
    (run: RunContext, { tasks }: Plan) =>
    (progress: Progress): void =>
      listeners.get(run.id)?.({ total: tasks.length, ...progress });

  async function byRules(run: RunContext, plan: Plan): Promise<RunEnd> {
    const { caller } = run.input as IntakeInput;
    const outcomes = await execute(plan.tasks, { gate, run, caller, find: find(caller), onProgress: progressOf(run, plan) });
    run.setState({ plan, outcomes } satisfies RunState);
    return new RunEnd(statusOf(outcomes, []), { summary: report(outcomes, []) });
  }

  /** What a model has planned an agent carries out, and it is held against what the request itself asks for. */
  async function byModel(run: RunContext, plan: Plan): Promise<RunEnd> {
    const { request, caller: asker } = run.input as IntakeInput;
    const [{ judge }, { answerTo }, { gateForNamed }] = await Promise.all([
      import('./judge.ts'),
      import('./answer.ts'),
      import('./named-calls.ts'),
    ]);
    const caller = agentFor(asker);
    const results = new Map<string, KeptResult>();
    const asked = await rules.changesAsked(asker, request);
    const named = { gate, runId: run.id, taints, find: find(caller), request, asked };
    const floor = { ...named, gate: gateForNamed(named), run, caller, onProgress: progressOf(run, plan), models, results };
    const carriedOut = await execute(plan.tasks, floor, results);
    const { outcomes, lacks } = await judge({ plan, outcomes: carriedOut, asked, floor, isVerified: models.isSet('verifier') });
    const reply = await answerTo(plan, outcomes, floor);
    run.setState({ plan, outcomes: outcomes.map(({ loop: _loop, input: _input, ...shown }) => shown) } satisfies RunState);
    return new RunEnd(statusOf(outcomes, lacks), {
      summary: withWords(report(outcomes, lacks), reply),
      ...(reply !== undefined && { reply }),
    });
  }

  return {
    plan: (caller, request, { signal, runId }) => {
      const ask: PlanRequest['ask'] = (asked) => models.reply({ ...asked, signal }, { role: 'planner', caller, runId });
      return chooser.plan({ caller, request, answers: {}, answered: [], ask, signal });
    },
    run: async (caller, request, { waitMs, signal, taint, onProgress }) => {
      const runId = await backend.start({ kind: intakeKind, input: { request, caller, taint } satisfies IntakeInput, caller: caller.kind });
      listeners.set(runId, onProgress);
      // Whoever asked has called it off; the end of this process is no such word, and the run goes on with the next.
      const leave = new AbortController();
      const cancel = (): void => {
        if (signal.reason === shuttingDown) leave.abort(shuttingDown);
        else void backend.stop(runId, caller.kind);
      };
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return resultOf(await backend.wait(runId, { timeoutMs: waitMs, signal: leave.signal }), await backend.steps(runId));
      } finally {
        signal.removeEventListener('abort', cancel);
        listeners.delete(runId);
      }
    },
  };
}
