import { ToolError } from '../../core/errors.ts';
import { canonicalJson, sha256 } from '../../core/json.ts';
import type { Caller, Tool } from '../../core/tool.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import type { AskPlanner } from '../planner/model-planner.ts';
import type { Catalog } from '../routing/catalog.ts';
import { agentFor, usable } from './agent-caller.ts';
import { contextFor } from './context.ts';
import type { Plan } from './plan-types.ts';
import { changesOf, type Answers, type Planner } from './planner.ts';

export interface PlanRequest {
  caller: Caller;
  request: string;
  /** Answers to questions of the rules. */
  answers: Answers;
  /** All questions that were asked and answered, oldest first. */
  answered: { question: string; answer: string }[];
  ask: AskPlanner;
  signal: AbortSignal;
}

export interface ChooserParts {
  rules: Planner;
  gate: OpenGate;
  models: Pick<ModelDesk, 'isSet'>;
  catalog: Pick<Catalog, 'search'>;
}

/** Below this a plan of the rules is shown to a model first, where there is one. */
const sureRules = 0.9;
const mostCandidates = 15;

/**
 * The rules plan what they are sure of: at once, for nothing, and the same each time (docs/decisions/rules-before-models.md). What
 * they would have to ask about goes to the model, if the owner has set one; where that gives no plan, the rules' question stands.
 */
export function createChooser({ rules, gate, models, catalog }: ChooserParts): { plan(asked: PlanRequest): Promise<Plan> } {
  async function byModel(asked: PlanRequest, context: Plan['context']): Promise<Plan> {
    const { caller, request, answered, ask, signal } = asked;
    const agent = agentFor(caller);
    const tools = new Map(usable(gate.list(agent)).map((tool) => [tool.name, tool]));
    const candidates = await candidatesOf(agent, { request, tools, signal });
    const { planWithModel } = await import('../planner/model-planner.ts');
    const { model, tasks, missing } = await planWithModel({ request, answered, context, candidates, tools }, ask);
    const changes = await changesOf({ gate, caller: agent, tasks });
    const hash = sha256(canonicalJson(tasks));
    return {
      hash,
      tasks,
      changes,
      confidence: missing.length > 0 ? 0 : 1,
      missing,
      madeBy: { planner: 'model', model },
      ...(context && { context }),
    };
  }

  /** The best for the whole, and for each of its parts. */
  async function candidatesOf(
    caller: Caller,
    { request, tools, signal }: { request: string; tools: ReadonlyMap<string, Tool>; signal: AbortSignal },
  ): Promise<Tool[]> {
    const parts = (await rules.parts(caller, request)).slice(0, 6);
    const found = await Promise.all(
      [...new Set([request, ...parts])].map((text) => catalog.search(caller, text.slice(0, 1_000), { limit: 10, signal })),
    );
    const ranked = Array.from({ length: 10 }, (_, rank) => found.flatMap((items) => items[rank]?.name ?? [])).flat();
    return [...new Set(ranked)].flatMap((name) => tools.get(name) ?? []).slice(0, mostCandidates);
  }

  return {
    plan: async (asked) => {
      const { caller, request, answers, answered } = asked;
      const isSet = models.isSet('planner') && caller.readOnly !== true;
      const isModels = isSet && answered.length > 0 && Object.keys(answers).length === 0;
      const byRules = isModels ? undefined : await rules.plan(caller, request, answers);
      if (!isSet && byRules) return byRules;
      if (byRules && isSure(byRules)) return { ...byRules, madeBy: { planner: 'rules' } };
      try {
        return await byModel(asked, byRules?.context ?? (await contextFor({ gate, caller, request })));
      } catch (error) {
        if (asked.signal.aborted || !(error instanceof ToolError)) throw error;
        const plan = byRules ?? (await rules.plan(caller, request));
        return { ...plan, madeBy: { planner: 'rules', reason: `${error.message} So the rules planned.` } };
      }
    },
  };
}

const isSure = ({ tasks, missing, confidence }: Plan): boolean => tasks.length > 0 && missing.length === 0 && confidence >= sureRules;
