import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { newId } from '../../core/ids.ts';
import type { CallerKind, Taint } from '../../core/tool.ts';
import type { RunStatus } from '../../durable/backend.ts';

/** `on` is idle, working or waiting, as its run says. */
export type AgentState = 'on' | 'stopped' | 'out of budget';

/** A long-lived agent, as it is on record. Times in ms since 1970. */
export interface AgentRow {
  name: string;
  persona: string;
  goal: string;
  schedule: string | undefined;
  timezone: string;
  /** Where intervals count from. */
  anchor: number;
  folder: string | undefined;
  /** What whoever started it had read. */
  taint: Taint;
  /** For its whole life. */
  tokens: number | undefined;
  usd: number | undefined;
  /** Who started it, through however many agents. */
  caller: CallerKind;
  /** The agent's run that started it. */
  parent: string | undefined;
  createdAt: number;
  state: AgentState;
  because: string | undefined;
  /** Of the turn that is under way or will come next. */
  runId: string;
  turn: number;
  /** Failed turns in a row. */
  failures: number;
  spentTokens: number;
  spentUsd: number;
}

export interface InboxMessage {
  id: string;
  sender: string;
  text: string;
  taint: Taint;
  hops: number;
  at: number;
}

export type TurnReason = 'start' | 'schedule' | 'message';

export interface TurnRow {
  runId: string;
  turn: number;
  because: TurnReason;
  dueAt: number | undefined;
  /** Due times that passed while nothing could wake it. */
  missed: number;
  endedAt: number;
  status: RunStatus;
  /** What the runtime saw. */
  summary: string;
  /** What the model said of it. */
  answer: string;
  tokens: number;
  taint: Taint;
}

/** The tables of long-lived agents. All writes join the caller's transaction. */
export interface AgentRows {
  put(agent: AgentRow): void;
  find(name: string): AgentRow | undefined;
  list(): AgentRow[];
  end(name: string, state: Exclude<AgentState, 'on'>, because: string): void;
  /** False where there was a message of that key already. */
  send(agent: string, message: Omit<InboxMessage, 'id' | 'at'> & { key: string }): { id: string; isNew: boolean };
  message(id: string): (InboxMessage & { agent: string; readBy: string | undefined }) | undefined;
  unread(agent: string): number;
  /** Unread messages, oldest first, from now on read by that run. Asked again it gives the same. */
  take(agent: string, runId: string, most: number): InboxMessage[];
  addTurn(agent: string, turn: TurnRow): void;
  turnOf(runId: string): TurnRow | undefined;
  /** How many have ended. */
  turnCount(agent: string): number;
  /** Latest first. */
  turns(agent: string, limit: number): TurnRow[];
}

type Flat = Record<string, string | number | null>;
const optional = <Value>(value: Value | null): Value | undefined => value ?? undefined;
const taintOf = ({ untrusted, private: isPrivate }: Flat): Taint => ({ untrusted: untrusted === 1, private: isPrivate === 1 });

export function createAgentRows({ db, clock }: { db: Db; clock: Clock }): AgentRows {
  const rows = (sql: string, ...values: unknown[]): Flat[] => db.prepare(sql).all(...values) as Flat[];
  const change = (sql: string, ...values: unknown[]): number => db.prepare(sql).run(...values).changes;
  return {
    put: (agent) => {
      const values = { ...agent, untrusted: Number(agent.taint.untrusted), private: Number(agent.taint.private) };
      const columns = Object.entries(columnOf).map(([column, field]) => [column, values[field as keyof typeof values] ?? null] as const);
      const names = columns.map(([column]) => column).join(', ');
      change(
        `INSERT OR REPLACE INTO agents (${names}) VALUES (${columns.map(() => '?').join(', ')})`,
        ...columns.map(([, value]) => value),
      );
    },
    find: (name) => rows('SELECT * FROM agents WHERE name = ?', name).map(agentOf)[0],
    list: () => rows('SELECT * FROM agents ORDER BY name LIMIT 500').map(agentOf),
    end: (name, state, because) => void change('UPDATE agents SET state = ?, because = ? WHERE name = ?', state, because, name),
    send: (agent, { key, sender, text, taint, hops }) => {
      const id = newId('msg');
      const sql =
        'INSERT OR IGNORE INTO agent_inbox (id, agent, key, sender, text, untrusted, private, hops, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';
      const isNew = change(sql, id, agent, key, sender, text, Number(taint.untrusted), Number(taint.private), hops, clock.now()) > 0;
      return isNew
        ? { id, isNew }
        : { id: String(rows('SELECT id FROM agent_inbox WHERE agent = ? AND key = ?', agent, key)[0]!.id), isNew };
    },
    message: (id) => {
      const [row] = rows('SELECT * FROM agent_inbox WHERE id = ?', id);
      return row && { ...messageOf(row), agent: String(row.agent), readBy: optional(row.read_by as string | null) };
    },
    unread: (agent) => Number(rows('SELECT count(*) AS count FROM agent_inbox WHERE agent = ? AND read_by IS NULL', agent)[0]!.count),
    take: (agent, runId, most) => {
      const next = 'SELECT seq FROM agent_inbox WHERE agent = ? AND read_by IS NULL ORDER BY seq LIMIT ?';
      const taken = (): Flat[] => rows('SELECT * FROM agent_inbox WHERE read_by = ? ORDER BY seq', runId);
      if (taken().length === 0) change(`UPDATE agent_inbox SET read_by = ? WHERE seq IN (${next})`, runId, agent, most);
      return taken().map(messageOf);
    },
    addTurn: (agent, { runId, turn, because, dueAt, missed, endedAt, status, summary, answer, tokens, taint }) =>
      void change(
        `INSERT OR IGNORE INTO agent_turns (run_id, agent, turn, because, due_at, missed, ended_at, status, summary, answer, tokens, untrusted, private)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        runId,
        agent,
        turn,
        because,
        dueAt ?? null,
        missed,
        endedAt,
        status,
        summary,
        answer,
        tokens,
        Number(taint.untrusted),
        Number(taint.private),
      ),
    turnOf: (runId) => rows('SELECT * FROM agent_turns WHERE run_id = ?', runId).map(turnOf)[0],
    turnCount: (agent) => Number(rows('SELECT count(*) AS count FROM agent_turns WHERE agent = ?', agent)[0]!.count),
    turns: (agent, limit) => rows('SELECT * FROM agent_turns WHERE agent = ? ORDER BY seq DESC LIMIT ?', agent, limit).map(turnOf),
  };
}

/** The columns of `agents`, and the fields that they hold. */
const columnOf = {
  name: 'name',
  persona: 'persona',
  goal: 'goal',
  schedule: 'schedule',
  timezone: 'timezone',
  anchor: 'anchor',
  folder: 'folder',
  untrusted: 'untrusted',
  private: 'private',
  tokens: 'tokens',
  usd: 'usd',
  caller: 'caller',
  parent: 'parent',
  created_at: 'createdAt',
  state: 'state',
  because: 'because',
  run_id: 'runId',
  turn: 'turn',
  failures: 'failures',
  spent_tokens: 'spentTokens',
  spent_usd: 'spentUsd',
};

function agentOf(row: Flat): AgentRow {
  const fields = Object.entries(columnOf).map(([column, field]) => [field, optional(row[column]!)]);
  return { ...(Object.fromEntries(fields) as AgentRow), taint: taintOf(row) };
}

const messageOf = (row: Flat): InboxMessage => ({
  id: String(row.id),
  sender: String(row.sender),
  text: String(row.text),
  hops: Number(row.hops),
  at: Number(row.at),
  taint: taintOf(row),
});

const turnOf = (row: Flat): TurnRow => ({
  runId: String(row.run_id),
  turn: Number(row.turn),
  because: row.because as TurnReason,
  dueAt: optional(row.due_at as number | null),
  missed: Number(row.missed),
  endedAt: Number(row.ended_at),
  status: row.status as RunStatus,
  summary: String(row.summary),
  answer: String(row.answer),
  tokens: Number(row.tokens),
  taint: taintOf(row),
});
