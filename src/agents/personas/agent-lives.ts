import { ToolError } from '../../core/errors.ts';
import { settledSchedule } from '../../core/schedule.ts';
import { timezoneFor } from '../../core/schedule-timezone.ts';
import type { Caller, Taint } from '../../core/tool.ts';
import { isOpen, type RunRecord } from '../../durable/backend.ts';
import { callerText } from '../../gate/audit/audit.ts';
import type { AgentRow } from './agent-rows.ts';
import type { AgentFloor, Agents, AgentShown, ShownState, StartRequest } from './agents.ts';
import { above, askerOf, depthBelow, mustWork } from './delegation.ts';

/** How often a message may make an agent write another one. */
const mostHops = 3;

/** Long-lived agents: started, told, stopped, and how they are doing. What they do in a turn is not known here. */
export function createLives(floor: AgentFloor): Pick<Agents, 'get' | 'list' | 'start' | 'stop' | 'send'> {
  const { db, clock, backend, rows, ledger, personas, nextTime } = floor;
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
    get,
    list: async () => Promise.all(rows.list().map(shown)),
    start: async (request, { caller, taint }) => {
      const persona = await personas.load(request.persona);
      mustWork(floor.models, persona);
      const parent = above(ledger, caller);
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
      db.transaction(() => startTurn(floor, agent, { isFirst: true }));
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
      const parent = above(ledger, caller);
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
    caller: askerOf(caller),
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
