import { isoTime, type Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import type { Taint } from '../../core/tool.ts';
import { RunEnd, type DurableBackend, type RunContext, type RunHandler, type RunStatus } from '../../durable/backend.ts';
import { defaultLimits } from '../loop/loop-types.ts';
import { promptText } from '../prompt-text.ts';
import type { AgentRow, AgentRows, InboxMessage, TurnReason, TurnRow } from './agent-rows.ts';
import { carryOut, type Outcome, type WorkParts } from './agent-work.ts';
import type { Persona } from './persona-schema.ts';
import type { Personas } from './personas.ts';
import { turnText } from './turn-text.ts';

const turnKind = 'agent_turn';
/** What wakes an agent before its time. */
export const wakeSignal = 'wake';

export interface TurnInput {
  agent: string;
  turn: number;
  /** It was started, not woken. */
  isFirst?: boolean;
}

export interface TurnParts extends WorkParts {
  db: Db;
  clock: Clock;
  log: Log;
  backend: DurableBackend;
  rows: AgentRows;
  personas: Personas;
  /** The first due time after a moment, of the agent's schedule. */
  nextTime: (agent: AgentRow, after: number) => Promise<number | undefined>;
}

interface Due {
  at: number | undefined;
  because: TurnReason;
}

interface Woken {
  because: TurnReason;
  missed: number;
  messages: InboxMessage[];
}

const mostMessages = 20;
const mostMissed = 1_000;
const shownTurns = 5;
const mostFailures = 5;
/** Less is not enough for a turn. */
export const leastTokens = 5_000;

/**
 * One turn of a long-lived agent: it waits, durably, for its time or a message, does its work, and starts the run of the next
 * turn in the same transaction that records what it did. So there is one run for each agent that is on, and whoever has it wakes it.
 */
export function turnHandler(parts: TurnParts): RunHandler {
  return async (run) => {
    const { agent: name } = run.input as TurnInput;
    const ended = parts.rows.turnOf(run.id);
    if (ended) return new RunEnd(ended.status, { summary: ended.summary });
    const agent = parts.rows.find(name);
    if (agent?.runId !== run.id || agent.state !== 'on') return new RunEnd('stopped', { summary: `${name} is not on any more.` });
    return new Turn(parts, run, agent).take();
  };
}

class Turn {
  private readonly parts: TurnParts;
  private readonly run: RunContext;
  private readonly agent: AgentRow;

  constructor(parts: TurnParts, run: RunContext, agent: AgentRow) {
    this.parts = parts;
    this.run = run;
    this.agent = agent;
  }

  async take(): Promise<RunEnd> {
    const due = await this.step('due', {}, () => this.due());
    if (due.because === 'schedule') await this.sleepUntil(due.at);
    const woken = await this.step<Woken>('woken', {}, (commit) => this.woken(due, commit));
    const earlier = this.parts.rows.turns(this.agent.name, shownTurns);
    this.inherit(woken, earlier);
    const outcome = await this.work(woken, earlier);
    await this.step<string>('end', { status: outcome.status }, (commit) => this.record({ due, woken, outcome }, commit));
    return new RunEnd(outcome.status, { summary: outcome.summary });
  }

  /** A step of the agent's own; `commit` belongs into the transaction that changes its rows. */
  private step<Value>(id: string, input: object, work: (commit: (value: Value) => void) => Promise<Value> | Value): Promise<Value> {
    const spec = { id, tool: 'agent_status', input: { name: this.agent.name, ...input }, idempotent: true };
    return this.run.step<Value>(spec, async ({ commit }) => work(commit));
  }

  /** Messages come first; an agent without a schedule begins at once and is then woken by messages only. */
  private async due(): Promise<Due> {
    const { rows, clock, nextTime } = this.parts;
    const { isFirst } = this.run.input as TurnInput;
    const at = await nextTime(this.agent, clock.now());
    if (rows.unread(this.agent.name) > 0) return { at, because: 'message' };
    return { at, because: at === undefined && isFirst ? 'start' : 'schedule' };
  }

  /** Until then, or until a message comes. Without a time only a message ends it. */
  private async sleepUntil(at: number | undefined): Promise<void> {
    const timeoutMs = at === undefined ? undefined : Math.max(0, at - this.parts.clock.now());
    try {
      await this.run.waitSignal(wakeSignal, timeoutMs === undefined ? {} : { timeoutMs });
    } catch (error) {
      if (!(error instanceof ToolError) || error.code !== 'timeout') throw error;
    }
  }

  private async woken(due: Due, commit: (value: Woken) => void): Promise<Woken> {
    const { db, rows, clock, ledger, nextTime } = this.parts;
    const now = clock.now();
    let missed = -1;
    for (let at = due.at; at !== undefined && at <= now && missed < mostMissed; at = await nextTime(this.agent, at)) missed += 1;
    return db.transaction(() => {
      const messages = rows.take(this.agent.name, this.run.id, mostMessages);
      const because = messages.length > 0 ? 'message' : due.because;
      const woken: Woken = { because, missed: Math.max(0, missed), messages };
      ledger.hop(this.run.id, Math.max(0, ...messages.map(({ hops }) => hops)));
      commit(woken);
      return woken;
    });
  }

  /** What is put before the model has been read by this run. */
  private inherit({ messages }: Woken, earlier: TurnRow[]): void {
    for (const { taint } of [this.agent, ...messages, ...earlier]) this.parts.taints.inherit(this.run.id, taint);
  }

  private async work(woken: Woken, earlier: TurnRow[]): Promise<Outcome> {
    const { agent, run, parts } = this;
    try {
      const persona = bounded(await parts.personas.load(agent.persona), agent);
      const { instructions, depth, budget } = persona;
      parts.ledger.narrow(run.id, { depth, tokens: budget.tokens ?? defaultLimits.tokens, usd: budget.usd });
      const said = woken.messages.map((message) => message.text);
      const system = promptText('turn', { agent: agent.name, instructions, goal: agent.goal, turn: agent.turn });
      const text = turnText({ now: isoTime(parts.clock.now()), ...woken, earlier });
      return await carryOut(parts, {
        run,
        persona,
        agent: agent.name,
        folder: agent.folder,
        isOwners: agent.caller === 'owner' && agent.parent === undefined,
        asked: agent.caller,
        id: `turn-${agent.turn}`,
        system,
        messages: [{ role: 'user', text }],
        task: [agent.goal, ...said].join('\n'),
        // A goal lasts; what has to be proved in one turn is what was asked for in it.
        request: said.join('\n'),
        isPersons: false,
      });
    } catch (error) {
      if (run.signal.aborted) throw error;
      return this.failed(error);
    }
  }

  private failed(error: unknown): Outcome {
    if (!(error instanceof ToolError)) this.parts.log.error('agent_turn_failed', { agent: this.agent.name, runId: this.run.id, error });
    const summary =
      error instanceof ToolError
        ? `${error.message} ${error.hint}`.trim()
        : `The turn failed unexpectedly; the log has why, under ${this.run.id}.`;
    return {
      status: 'failed',
      summary,
      answer: '',
      calls: [],
      proved: [],
      verified: 0,
      total: 0,
      usage: { calls: 0, tokens: this.parts.ledger.spent(this.run.id).tokens },
    };
  }

  /** The journal, what was spent, and the next turn's run: one transaction. */
  private record({ due, woken, outcome }: { due: Due; woken: Woken; outcome: Outcome }, commit: (value: string) => void): string {
    const { db, rows, clock, ledger, taints } = this.parts;
    const { status, summary, answer } = outcome;
    return db.transaction(() => {
      const spent = ledger.spent(this.run.id);
      const { because, missed } = woken;
      const taint: Taint = taints.of(this.run.id);
      const told = { summary: summary.slice(-4_000), answer: answer.slice(0, 4_000), tokens: spent.tokens, taint };
      rows.addTurn(this.agent.name, {
        runId: this.run.id,
        turn: this.agent.turn,
        because,
        dueAt: due.at,
        missed,
        endedAt: clock.now(),
        status,
        ...told,
      });
      const agent = rows.find(this.agent.name);
      if (agent?.runId === this.run.id && agent.state === 'on') this.goOn(agent, { status, spent });
      commit(status);
      return status;
    });
  }

  private goOn(agent: AgentRow, { status, spent }: { status: RunStatus; spent: { tokens: number; usd: number } }): void {
    const failures = status === 'failed' || status === 'unknown' ? agent.failures + 1 : 0;
    const next: AgentRow = { ...agent, failures, spentTokens: agent.spentTokens + spent.tokens, spentUsd: agent.spentUsd + spent.usd };
    if (isSpent(next)) return this.parts.rows.put({ ...next, state: 'out of budget', because: 'What it may use in its life is used.' });
    if (failures >= mostFailures)
      return this.parts.rows.put({ ...next, state: 'stopped', because: `${failures} turns in a row have failed.` });
    startTurn(this.parts, { ...next, turn: agent.turn + 1 });
  }
}

/** Joins the caller's transaction: the agent's row, and the run in which its next turn waits. */
export function startTurn(
  { rows, backend, ledger, log }: Pick<TurnParts, 'rows' | 'backend' | 'ledger' | 'log'>,
  agent: AgentRow,
  how: Pick<TurnInput, 'isFirst'> = {},
): void {
  const runId = newId('run');
  rows.put({ ...agent, runId });
  const above = agent.parent === undefined ? undefined : ledger.find(agent.parent);
  const left = { tokens: leftOf(agent.tokens, agent.spentTokens), usd: leftOf(agent.usd, agent.spentUsd) };
  // Of those that an agent has started the depth goes on counting; what they use is their own.
  const depth = above === undefined ? mostDepth : Math.max(0, above.depth - 1);
  ledger.begin({ runId, parent: undefined, agent: agent.name, persona: agent.persona, depth, hops: 0, ...left });
  const input: TurnInput = { agent: agent.name, turn: agent.turn, ...how };
  const started = backend.start({ id: runId, kind: turnKind, input, caller: agent.caller });
  started.catch((error: unknown) => log.error('agent_not_started', { agent: agent.name, error }));
}

/** The persona says how deep its agents may ask; this is above it. */
const mostDepth = 5;

const leftOf = (most: number | undefined, spent: number): number | undefined =>
  most === undefined ? undefined : Math.max(0, most - spent);

export const isSpent = ({ tokens, usd, spentTokens, spentUsd }: Pick<AgentRow, 'tokens' | 'usd' | 'spentTokens' | 'spentUsd'>): boolean =>
  (tokens !== undefined && tokens - spentTokens < leastTokens) || (usd !== undefined && spentUsd >= usd);

/** A turn may use what the persona allows, and no more than the agent has left. */
function bounded(persona: Persona, { tokens, spentTokens }: AgentRow): Persona {
  const left = leftOf(tokens, spentTokens);
  const own = persona.budget.tokens;
  const most = left === undefined ? own : Math.min(left, own ?? left);
  return most === undefined ? persona : { ...persona, budget: { ...persona.budget, tokens: most } };
}
