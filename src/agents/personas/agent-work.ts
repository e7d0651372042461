import { z } from 'zod';
import { riskCeiling, type Caller, type Evidence, type Tool } from '../../core/tool.ts';
import type { RunContext, RunStatus } from '../../durable/backend.ts';
import type { Gate, OpenGate } from '../../gate/gate-types.ts';
import { isInReach } from '../../gate/reach.ts';
import { fill } from '../intake/fill.ts';
import { callForModel } from '../loop/loop-call.ts';
import { defaultLimits, type LoopEnd, type LoopLimits } from '../loop/loop-types.ts';
import { runLoop } from '../loop/tool-loop.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import type { Message } from '../models/model-types.ts';
import type { AgentLedger } from './agent-ledger.ts';
import { verdictOn } from './agent-verdict.ts';
import { noModel } from './no-model.ts';
import type { Persona } from './persona-schema.ts';
import type { WantedChange } from './wanted-change.ts';

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
  /** What decides whether a change was asked for, and fills the tool that works without a model. */
  task: string;
  folder: string | undefined;
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
  verified: number;
  total: number;
  usage: { calls: number; tokens: number };
}

export interface WorkParts {
  gate: OpenGate;
  models: ModelDesk;
  ledger: AgentLedger;
  wanted: (task: string) => WantedChange;
}

const finishForm = z.object({
  done: z.boolean().describe('The whole task is carried out'),
  answer: z.string().min(1).max(8_000).describe('For the person who reads it'),
  left: z.string().max(2_000).optional().describe('What is not done, and why'),
});

/** As which caller an agent acts: bounded by its persona, whatever a model says. */
export function callerFor({ persona, agent, folder, run }: Pick<Work, 'persona' | 'agent' | 'folder' | 'run'>): Caller {
  const { tools, role, memory } = persona;
  const reach = { tools, run: run.id, ...(memory === 'own' && { memory: `agent:${agent}` }) };
  return { kind: 'agent', name: agent, reach, ...(role !== 'executor' && { readOnly: true }), ...(folder !== undefined && { folder }) };
}

/** With the persona's model; without one by the tool that stands in for it. Throws where the run is ended. */
export async function carryOut(parts: WorkParts, work: Work): Promise<Outcome> {
  const caller = callerFor(work);
  const end = parts.models.isSet(work.persona.model) ? await withModel(parts, work, caller) : await withoutModel(parts, work, caller);
  const { status, reason } = verdictOn(end, parts.wanted(work.task));
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
    verified,
    total: calls.length,
    usage: { calls: end.usage.calls, tokens: parts.ledger.spent(work.run.id).tokens },
  };
}

async function withModel({ gate, models, ledger }: WorkParts, work: Work, caller: Caller): Promise<LoopEnd> {
  const { run, persona, id, system, messages } = work;
  const tools = gate.list(caller).filter((tool) => mayOffer(tool, caller));
  const floor = {
    gate: gate as Gate,
    run,
    caller,
    models: ledger.within(run.id, models),
    find: (name: string) => tools.find((tool) => tool.name === name),
  };
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
  const floor = { gate: gate as Gate, run, caller, models, find: () => tool };
  const { call } = await callForModel(floor, { stepId: `${id}-c1`, tool, input });
  return { end: 'answered', text: call.summary, calls: [call], usage: { calls: 1, tokens: 0 } };
}

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 300).trimEnd()} …` : text);
