import { z } from 'zod';
import { riskCeiling, type Caller, type CallerKind, type Evidence, type Tool } from '../../core/tool.ts';
import type { RunContext, RunStatus } from '../../durable/backend.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import type { Taints } from '../../gate/taint.ts';
import { isInReach } from '../../gate/reach.ts';
import { usable } from '../intake/agent-caller.ts';
import { unmet, type AskedChange } from '../intake/changes-asked.ts';
import { gateForNamed } from '../intake/named-calls.ts';
import { fill } from '../intake/fill.ts';
import { callForModel } from '../loop/loop-call.ts';
import { defaultLimits, type LoopCall, type LoopEnd, type LoopLimits } from '../loop/loop-types.ts';
import { runLoop } from '../loop/tool-loop.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import type { Message } from '../models/model-types.ts';
import type { AgentLedger } from './agent-ledger.ts';
import { verdictOn, type Verdict } from './agent-verdict.ts';
import { noModel } from './no-model.ts';
import type { Persona } from './persona-schema.ts';

/** One piece of work by a persona, in a run of its own. */
export interface Work {
  run: RunContext;
  persona: Persona;
  /** As whom: of a task the persona's name, of a turn the agent's. */
  agent: string;
  /** Prefix of the step ids. */
  id: string;
  system: string;
  messages: Message[];
  /** Fills the tool that works without a model. */
  task: string;
  /** What was asked for now: the changes in it have to be proved. */
  request: string;
  /** A person asked, so a call that the request names is a part of it. */
  isPersons: boolean;
  folder: string | undefined;
  /** The owner asked, and stood there. */
  isOwners: boolean;
  /** Who asked in the first place. */
  asked: CallerKind;
}

export interface WorkedCall {
  id: string;
  tool: string;
  status: string;
  evidence: Evidence[];
  summary: string;
}

/** What came of it: `answer` is the model's word, all else is what the runtime saw. */
export interface Outcome {
  status: RunStatus;
  summary: string;
  answer: string;
  calls: WorkedCall[];
  /** Tools by which a change was proved, here or by an agent that was asked. */
  proved: string[];
  verified: number;
  total: number;
  usage: { calls: number; tokens: number };
}

export interface WorkParts {
  gate: OpenGate;
  models: ModelDesk;
  ledger: AgentLedger;
  changesAsked: (request: string) => Promise<AskedChange[]>;
  taints: Pick<Taints, 'fix' | 'inherit' | 'of'>;
}

const finishForm = z.object({
  done: z.boolean().describe('The whole task is carried out'),
  answer: z.string().min(1).max(8_000).describe('For the person who reads it'),
  left: z.string().max(2_000).optional().describe('What is not done, and why'),
});

/** As which caller an agent acts: bounded by its persona, whatever a model says. */
function callerFor({ persona, agent, folder, isOwners, asked, run }: Work): Caller {
  const { tools, role, memory } = persona;
  const reach = {
    tools,
    asked,
    run: run.id,
    ...(memory === 'own' && { memory: `agent:${agent}` }),
    ...(isOwners && { ownersFolder: true }),
  };
  return {
    kind: 'agent',
    name: agent,
    byModel: true,
    reach,
    ...(role !== 'executor' && { readOnly: true }),
    ...(folder !== undefined && { folder }),
  };
}

/** With the persona's model; without one by the tool that stands in for it. Throws where the run is ended. */
export async function carryOut(parts: WorkParts, work: Work): Promise<Outcome> {
  const caller = callerFor(work);
  const end = parts.models.isSet(work.persona.model) ? await withModel(parts, work, caller) : await withoutModel(parts, work, caller);
  const proved = end.calls.flatMap(changesIn);
  const { status, reason } = await judged(parts, work, { end, caller });
  const finished = end.finished as z.output<typeof finishForm> | undefined;
  const answer = [finished?.answer ?? end.text, finished?.left && `Left: ${finished.left}`].filter(Boolean).join('\n');
  const calls = end.calls.map(({ stepId, tool, status: how, evidence, summary }) => ({
    id: stepId,
    tool,
    status: how,
    evidence,
    summary: short(summary),
  }));
  const verified = calls.filter((call) => call.status === 'done').length;
  const lines = calls.map((call) => `${call.id} ${call.tool} ${call.status}: ${call.summary}`);
  return {
    status,
    summary: [...lines, `${status}: ${verified} of ${calls.length} calls verified. ${reason}`].join('\n'),
    answer,
    calls,
    proved,
    verified,
    total: calls.length,
    usage: { calls: end.usage.calls, tokens: parts.ledger.spent(work.run.id).tokens },
  };
}

interface Judging {
  end: LoopEnd;
  caller: Caller;
}

/** By what the runtime saw; what would be done is held against the request, by rules and by the model of the role verifier. */
async function judged({ models, ledger, changesAsked }: WorkParts, { run, id, request }: Work, { end, caller }: Judging): Promise<Verdict> {
  const own = end.calls.map(({ tool, changes, status }) => ({ tool, changes, isProved: status === 'done' }));
  const below = end.calls.filter(({ tool }) => tool === askingTool).flatMap(changesIn);
  const missing = unmet(await changesAsked(request), [...own, ...below.map((tool) => ({ tool, changes: true, isProved: true }))]);
  const lacks = missing.map(({ tools: [tool] }) => `A change was asked for${tool === undefined ? '' : ` (${tool})`}, and none was proved.`);
  const verdict = verdictOn({ ...end, lacks });
  if (verdict.status !== 'done' || request === '' || !models.isSet('verifier')) return verdict;
  const { missedByVerifier } = await import('../verifier/model-verifier.ts');
  const calls = end.calls.map((call) => ({ ...call, output: call.kept?.output }));
  const missed = await missedByVerifier({ id: `${id}-verify`, request, calls, run, caller, models: ledger.within(run.id, models) });
  return verdictOn({ ...end, lacks: missed.map((one) => `The verifier, a model, misses: ${short(one)}`) });
}

/** What it has changed by then, an agent that was asked says by the same proofs. */
const askingTool = 'agent_run';

function changesIn({ tool, status, changes, kept }: LoopCall): string[] {
  if (status !== 'done') return [];
  const below = (kept?.output as { proved?: unknown } | undefined)?.proved;
  return tool === askingTool && Array.isArray(below) ? below.map(String) : changes ? [tool] : [];
}

async function withModel({ gate, models, ledger, taints, changesAsked }: WorkParts, work: Work, caller: Caller): Promise<LoopEnd> {
  const { run, persona, id, system, messages, request, isPersons } = work;
  const tools = usable(gate.list(caller)).filter((tool) => mayOffer(tool, caller));
  const find = (name: string): Tool | undefined => tools.find((tool) => tool.name === name);
  const named = { gate, runId: run.id, taints, find, request, asked: await changesAsked(request) };
  const floor = { gate: isPersons ? gateForNamed(named) : gate, run, caller, models: ledger.within(run.id, models), find };
  return runLoop(floor, { id, role: persona.model, system, messages, tools, limits: limitsOf(work, ledger), finish: finishForm });
}

const mayOffer = (tool: Tool, { readOnly }: Caller): boolean =>
  !readOnly || typeof tool.risk === 'function' || riskCeiling(tool) === 'read';

/** What is left of the persona's budget and of those above it. */
function limitsOf({ persona: { budget }, run }: Work, ledger: AgentLedger): LoopLimits {
  const { tokens, calls, minutes } = budget;
  const left = ledger
    .chain(run.id)
    .map((entry) => (entry.tokens === undefined ? Infinity : entry.tokens - ledger.spent(entry.runId).tokens));
  return {
    rounds: defaultLimits.rounds,
    calls: calls ?? defaultLimits.calls,
    tokens: Math.max(0, Math.min(tokens ?? defaultLimits.tokens, ...left)),
    ms: minutes === undefined ? defaultLimits.ms : minutes * 60_000,
  };
}

/** One call of the tool that the persona names for it, filled from the words of the task. */
async function withoutModel({ gate, models }: WorkParts, { run, persona, id, task }: Work, caller: Caller): Promise<LoopEnd> {
  const nothing: LoopEnd = {
    end: 'stopped',
    reason: `${noModel(persona).message} ${noModel(persona).hint}`,
    text: '',
    calls: [],
    usage: { calls: 0, tokens: 0 },
  };
  const tool = gate.list(caller).find(({ name }) => name === persona.without_model);
  if (!tool || !isInReach(caller, tool.name)) return nothing;
  const { input } = fill(tool, task, { tasks: [] });
  const floor = { gate, run, caller, models, find: () => tool };
  const { call } = await callForModel(floor, { stepId: `${id}-c1`, tool, input });
  return { end: 'answered', text: call.summary, calls: [call], usage: { calls: 1, tokens: 0 } };
}

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 300).trimEnd()} …` : text);
