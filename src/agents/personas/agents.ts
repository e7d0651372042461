import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import type { Log } from '../../core/log.ts';
import { openedOnce } from '../../core/opened-once.ts';
import type { Caller, Taint, Tool } from '../../core/tool.ts';
import type { DurableBackend, RunRecord } from '../../durable/backend.ts';
import type { OpenGate } from '../../gate/gate-types.ts';
import type { Taints } from '../../gate/taint.ts';
import type { Routers } from '../routing/routers.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import { createAgentLedger, type AgentLedger } from './agent-ledger.ts';
import { createLives } from './agent-lives.ts';
import { createAgentRows, type AgentRow, type AgentRows, type InboxMessage, type TurnRow } from './agent-rows.ts';
import { createTasks } from './agent-tasks.ts';
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
  wait(runId: string, options: { timeoutMs: number; signal: AbortSignal; by: Caller; throughWaiting: boolean }): Promise<RunRecord>;
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
  routers: Routers;
  find: (tool: string) => Tool | undefined;
  /** The owner's `agents/`, and those that come with claw. */
  folder: string;
  builtIn: string;
  /** The first due time of a schedule after a moment, in ms since 1970. */
  nextTime: (timing: { schedule: string; timezone: string; anchor: number }, after: number) => Promise<number | undefined>;
}

/** What all of this folder is built on. */
export interface AgentFloor extends Omit<AgentParts, 'nextTime' | 'folder' | 'builtIn'> {
  rows: AgentRows;
  ledger: AgentLedger;
  personas: Personas;
  nextTime: (agent: AgentRow, after: number) => Promise<number | undefined>;
}

export function createAgents(parts: AgentParts): Agents {
  const { db, clock, backend, find } = parts;
  const rows = createAgentRows({ db, clock });
  const personas = createPersonas({ folder: parts.folder, builtIn: parts.builtIn, knows: (tool) => find(tool) !== undefined });
  const nextTime: AgentFloor['nextTime'] = async ({ schedule, timezone, anchor }, after) =>
    schedule === undefined ? undefined : parts.nextTime({ schedule, timezone, anchor }, after);
  const floor: AgentFloor = { ...parts, rows, personas, nextTime, ledger: createAgentLedger({ db }) };
  // What carries agents out is loaded with the first that needs it.
  const { open: work } = openedOnce(async () => {
    const { createPlanner } = await import('../intake/planner.ts');
    const planner = createPlanner({ gate: parts.gate, routers: parts.routers });
    const changesAsked = async (request: string) => (request === '' ? [] : planner.changesAsked({ kind: 'owner' }, request));
    return { ...floor, changesAsked };
  });
  backend.register('agent', async (run) => (await import('./agent-task.ts')).taskHandler(await work())(run));
  backend.register('agent_turn', async (run) => (await import('./agent-turn.ts')).turnHandler(await work())(run));
  return { personas, turns: rows.turns, message: rows.message, ...createTasks(floor), ...createLives(floor) };
}
