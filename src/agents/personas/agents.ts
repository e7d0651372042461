import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { settledSchedule } from '../../core/schedule.ts';
import { timezoneFor } from '../../core/schedule-timezone.ts';
import type { Caller, Taint, Tool } from '../../core/tool.ts';
import { isOpen, type DurableBackend, type RunRecord } from '../../durable/backend.ts';
import { callerText } from '../../gate/audit/audit.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import type { Taints } from '../../gate/taint.ts';
import type { Planner } from '../intake/planner.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import { createAgentLedger, type LedgerEntry } from './agent-ledger.ts';
import { createAgentRows, type AgentRow, type InboxMessage, type TurnRow } from './agent-rows.ts';
import { noModel } from './no-model.ts';
import type { Persona } from './persona-schema.ts';
import { createPersonas, type PersonaBrief, type Personas } from './personas.ts';

/** As a person sees it: `idle` waits for its time, `waiting` for a person. */
export type ShownState = 'idle' | 'working' | 'waiting' | 'stopped' | 'out of budget';

export interface AgentShown extends AgentRow {
  shown: ShownState;
  nextAt: number | undefined;
  unread: number;
  /** How many have ended. */
  turns: number;
  question: string | undefined;
}

export interface TaskRequest {
  persona: string;
  task: string;
  folder: string | undefined;
}

export interface StartRequest {
  name: string;
  persona: string;
  goal: string;
  schedule?: string | undefined;
  timezone?: string | undefined;
  folder?: string | undefined;
  tokens?: number | undefined;
  usd?: number | undefined;
}

/** Who asks, and with what in mind. `key`: the same one is the same request. */
export interface Asker {
  caller: Caller;
  taint: Taint;
  key: string;
}

/** Personas, tasks for them, and agents that keep working. What they do goes through the gate, as callers of kind `agent`. */
export interface Agents {
  personas: Pick<Personas, 'load'> & { list(): Promise<PersonaBrief[]> };
  list(): Promise<AgentShown[]>;
  /** Throws `not_found`. */
  get(name: string): Promise<AgentShown>;
  turns(name: string, limit: number): TurnRow[];
  /** Throws `unavailable` without a model, `too_large` where agents are too deep, `conflict` in a circle. */
  run(request: TaskRequest, asker: Asker): Promise<RunRecord>;
  /** Until the task has ended or asks a person, at most so long. The task ends with whoever asked for it. */
  wait(runId: string, options: { timeoutMs: number; signal: AbortSignal; by: Caller }): Promise<RunRecord>;
  /** Starts one, or lets a stopped one go on, with its journal and its memories. Throws `conflict` where it is on. */
  start(request: StartRequest, asker: Asker): Promise<{ agent: AgentShown; before: AgentRow | undefined }>;
  /** Nothing of it goes on, nor of what it has asked others for. */
  stop(name: string, by: Caller): Promise<{ agent: AgentShown; before: ShownState }>;
  /** Throws `conflict` where it is not on, `too_large` where a message has gone from agent to agent too often. */
  send(
    message: { to: string; text: string; key?: string | undefined },
    asker: Asker,
  ): Promise<{ id: string; isNew: boolean; agent: AgentShown }>;
  message(id: string): (InboxMessage & { agent: string; readBy: string | undefined }) | undefined;
}

export interface AgentParts {
  db: Db;
  clock: Clock;
  log: Log;
  gate: OpenGate;
  backend: DurableBackend;
  taints: Pick<Taints, 'fix' | 'inherit' | 'of'>;
  models: ModelDesk;
  find: (tool: string) => Tool | undefined;
  /** The owner's `agents/`, and those that come with claw. */
  folder: string;
  builtIn: string;
  /** The first due time of a schedule after a moment, in ms since 1970. */
  nextTime: (timing: { schedule: string; timezone: string; anchor: number }, after: number) => Promise<number | undefined>;
}

/** How often a message may make an agent write another one. */
const mostHops = 3;

export function createAgents(parts: AgentParts): Agents {
  const { db, clock, backend, models, find } = parts;
  const rows = createAgentRows({ db, clock });
  const ledger = createAgentLedger({ db });
  const personas = createPersonas({ folder: parts.folder, builtIn: parts.builtIn, knows: (tool) => find(tool) !== undefined });
  const nextTime = async ({ schedule, timezone, anchor }: AgentRow, after: number): Promise<number | undefined> =>
    schedule === undefined ? undefined : parts.nextTime({ schedule, timezone, anchor }, after);
  // What carries agents out is loaded with the first that needs it.
  let planner: Planner | undefined;
  const work = async () => {
    const { createPlanner } = await import('../intake/planner.ts');
    planner ??= createPlanner({ gate: parts.gate });
    const changesAsked = (request: string) => (request === '' ? [] : planner!.changesAsked({ kind: 'owner' }, request));
    return { ...parts, rows, ledger, personas, nextTime, changesAsked };
  };
  backend.register('agent', async (run) => (await import('./agent-task.ts')).taskHandler(await work())(run));
  backend.register('agent_turn', async (run) => (await import('./agent-turn.ts')).turnHandler(await work())(run));

  const above = ({ reach }: Caller): LedgerEntry | undefined => (reach?.run === undefined ? undefined : ledger.find(reach.run));

  function mustWork(persona: Persona): void {
    if (!models.isSet(persona.model) && persona.without_model === undefined) throw noModel(persona);
  }

  const shown = async (agent: AgentRow): Promise<AgentShown> => {
    const run = await backend.get(agent.runId);
    const nextAt = agent.state === 'on' ? await nextTime(agent, clock.now()) : undefined;
    const seen = shownState(agent, { run, isBegun: run !== undefined && (await backend.steps(run.id)).some(({ id }) => id === 'woken') });
    return {
      ...agent,
      ...seen,
      nextAt: seen.shown === 'stopped' ? undefined : nextAt,
      unread: rows.unread(agent.name),
      turns: rows.turnCount(agent.name),
      question: run && isOpen(run.status) ? run.question?.text : undefined,
    };
  };
  const get = async (name: string): Promise<AgentShown> => {
    const agent = rows.find(name);
    if (agent) return shown(agent);
    throw new ToolError('not_found', 'No agent of that name has been started.', {
      hint: 'agent_list shows which there are; agent_start starts one.',
    });
  };

  return {
    personas,
    get,
    turns: rows.turns,
    message: rows.message,
    list: async () => Promise.all(rows.list().map(shown)),
    run: async ({ persona: name, task, folder }, { caller, taint, key }) => {
      const persona = await personas.load(name);
      mustWork(persona);
      const parent = above(caller);
      const depth = depthBelow(parent, persona, parent ? ledger.chain(parent.runId) : []);
      const input = { agent: name, task, persona, folder, isOwners: isOwners(caller), taint };
      const { defaultLimits } = await import('../loop/loop-types.ts');
      const budget = { tokens: persona.budget.tokens ?? defaultLimits.tokens, usd: persona.budget.usd };
      const { started } = db.transaction(() => {
        const id = newId('run');
        ledger.begin({ runId: id, parent: parent?.runId, agent: name, persona: name, depth, hops: parent?.hops ?? 0, ...budget });
        return { started: backend.start({ id, kind: 'agent', input, caller: caller.kind, key: `agent:${key}` }) };
      });
      return (await backend.get(await started))!;
    },
    wait: async (runId, { timeoutMs, signal, by }) => {
      const { shuttingDown } = await import('../../gate/closing.ts');
      const leave = new AbortController();
      const cancel = (): void => {
        // The end of this process is no word of whoever asked: the task goes on with the next.
        if (signal.reason === shuttingDown) leave.abort(shuttingDown);
        else void backend.stop(runId, by.kind);
      };
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await backend.wait(runId, { timeoutMs, signal: leave.signal });
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
    start: async (request, { caller, taint }) => {
      const persona = await personas.load(request.persona);
      mustWork(persona);
      const parent = above(caller);
      depthBelow(parent, persona, []);
      const before = rows.find(request.name);
      if (before && !['stopped', 'out of budget'].includes((await shown(before)).shown))
        throw new ToolError('conflict', `${request.name} is on already.`, {
          hint: `agent_stop ends it, agent_message tells it something.`,
        });
      const timezone = timezoneFor({ schedule: request.schedule ?? '', timezone: request.timezone });
      const now = clock.now();
      const schedule = request.schedule === undefined ? undefined : settledSchedule(request.schedule, { now, timezone });
      const agent = begun({ ...request, schedule, timezone }, { before, now, caller, taint, parent: parent?.runId });
      if (schedule !== undefined && (await nextTime(agent, now)) === undefined) throw neverComes();
      const { startTurn, isSpent } = await import('./agent-turn.ts');
      if (isSpent(agent)) throw spentAlready();
      db.transaction(() => startTurn({ ...parts, rows, ledger }, agent, { isFirst: true }));
      return { agent: await get(request.name), before };
    },
    stop: async (name, by) => {
      const { shown: before } = await get(name);
      const { runId } = rows.find(name)!;
      const runs = [runId, ...ledger.below(runId)];
      const { ended } = db.transaction(() => {
        rows.end(name, 'stopped', `Stopped by ${by.kind}.`);
        return { ended: runs.map((id) => backend.stop(id, by.kind).catch(neverBegun)) };
      });
      await Promise.all(ended);
      return { agent: await get(name), before };
    },
    send: async ({ to, text, key }, { caller, taint, key: ownKey }) => {
      const agent = await get(to);
      if (agent.shown === 'stopped' || agent.shown === 'out of budget')
        throw new ToolError('conflict', `${to} is ${agent.shown}, and reads nothing.`, { hint: 'agent_start lets it go on.' });
      const parent = above(caller);
      const hops = parent === undefined ? 0 : parent.hops + 1;
      if (hops > mostHops) throw tooManyHops();
      const message = { key: key ?? ownKey, sender: callerText(caller), text, taint, hops };
      const sent = db.transaction(() => {
        const { runId } = rows.find(to)!;
        return { ...rows.send(to, message), runId, woken: backend.signal(runId, 'wake', true) };
      });
      await sent.woken;
      await backend.adopt(sent.runId);
      return { id: sent.id, isNew: sent.isNew, agent: await get(to) };
    },
  };
}

/** A run that is on the ledger and was never started is stopped already. */
function neverBegun(error: unknown): false {
  if (error instanceof ToolError && error.code === 'not_found') return false;
  throw error;
}

function shownState(
  { state, because }: AgentRow,
  { run, isBegun }: { run: RunRecord | undefined; isBegun: boolean },
): { shown: ShownState; because: string | undefined } {
  if (state !== 'on') return { shown: state, because };
  if (!run || !isOpen(run.status)) return { shown: 'stopped', because: `Its run was ${run?.status ?? 'lost'}.` };
  if (run.question) return { shown: 'waiting', because };
  return { shown: isBegun ? 'working' : 'idle', because };
}

/** How many more agents may be asked below. Throws for too deep a chain, and for one that comes back to where it was. */
function depthBelow(parent: LedgerEntry | undefined, persona: Persona, chain: LedgerEntry[]): number {
  if (!parent) return persona.depth;
  const names = [...chain.map((entry) => entry.persona).toReversed(), persona.name];
  if (chain.some((entry) => entry.persona === persona.name))
    throw new ToolError('conflict', `${persona.name} is at work above already: ${names.join(' → ')}.`, {
      hint: 'Do it with your own tools, or say what is missing.',
    });
  if (parent.depth > 0) return Math.min(parent.depth - 1, persona.depth);
  throw new ToolError('too_large', `Agents may not ask deeper than this: ${names.join(' → ')}.`, {
    hint: 'Do it with your own tools, or say what is missing.',
  });
}

interface Beginning {
  before: AgentRow | undefined;
  now: number;
  caller: Caller;
  taint: Taint;
  parent: string | undefined;
}

/** What an earlier life has spent counts for its budget; its failures are forgiven. */
function begun(
  { name, persona, goal, schedule, timezone, folder, tokens, usd }: StartRequest & { timezone: string },
  { before, now, caller, taint, parent }: Beginning,
): AgentRow {
  return {
    name,
    persona,
    goal,
    schedule,
    timezone,
    folder,
    tokens,
    usd,
    taint,
    parent,
    anchor: now,
    caller: caller.kind,
    createdAt: before?.createdAt ?? now,
    state: 'on',
    because: undefined,
    runId: '',
    turn: (before?.turn ?? 0) + 1,
    failures: 0,
    spentTokens: before?.spentTokens ?? 0,
    spentUsd: before?.spentUsd ?? 0,
  };
}

const isOwners = ({ kind, reach }: Caller): boolean => kind === 'owner' || reach?.ownersFolder === true;

const neverComes = (): ToolError =>
  new ToolError('invalid_input', 'schedule: it never comes.', { hint: 'Give a time to come; cron_preview shows when a schedule fires.' });
const spentAlready = (): ToolError =>
  new ToolError('invalid_input', 'The budget is smaller than one turn, or used already.', {
    hint: 'Give more tokens: what it has used before counts.',
  });
const tooManyHops = (): ToolError =>
  new ToolError('too_large', `This message would go from agent to agent for the ${mostHops + 1}th time.`, {
    hint: 'End it here: finish with what there is, and the owner reads it in agent_status.',
  });
