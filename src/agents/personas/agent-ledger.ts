import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import type { ModelRequest } from '../models/model-types.ts';
import { promptTokens } from '../models/prompt-tokens.ts';

export interface LedgerEntry {
  runId: string;
  /** The agent's run that asked for this one. */
  parent: string | undefined;
  agent: string;
  persona: string;
  /** How many more may be asked below it. */
  depth: number;
  /** How often a message has gone from agent to agent until this run. */
  hops: number;
  tokens: number | undefined;
  usd: number | undefined;
}

/**
 * Which run of an agent was asked for by which, and what they may use together: what a run spends counts for all those above
 * it, and is checked before each reply.
 */
export interface AgentLedger {
  /** Joins the caller's transaction. */
  begin(entry: LedgerEntry): void;
  find(runId: string): LedgerEntry | undefined;
  /** The run itself, then those above it. */
  chain(runId: string): LedgerEntry[];
  /** All runs below it. */
  below(runId: string): string[];
  hop(runId: string, hops: number): void;
  /** What it may use becomes less, never more. */
  narrow(runId: string, limits: Pick<LedgerEntry, 'depth' | 'tokens' | 'usd'>): void;
  /** Of the run and all below it. */
  spent(runId: string): { tokens: number; usd: number };
  /** Models that are asked on behalf of the run only as long as its budget and those above it last. */
  within(runId: string, models: Pick<ModelDesk, 'reply'>): Pick<ModelDesk, 'reply'>;
}

interface Row extends Omit<LedgerEntry, 'runId' | 'parent' | 'tokens' | 'usd'> {
  run_id: string;
  parent: string | null;
  tokens: number | null;
  usd: number | null;
}

const entryOf = ({ run_id, parent, tokens, usd, ...rest }: Row): LedgerEntry => ({
  ...rest,
  runId: run_id,
  parent: parent ?? undefined,
  tokens: tokens ?? undefined,
  usd: usd ?? undefined,
});

const tree = `WITH RECURSIVE tree (run_id) AS (SELECT ? UNION SELECT agent_runs.run_id FROM agent_runs JOIN tree ON agent_runs.parent = tree.run_id)`;

export function createAgentLedger({ db }: { db: Db }): AgentLedger {
  const find: AgentLedger['find'] = (runId) => {
    const row = db.prepare('SELECT * FROM agent_runs WHERE run_id = ?').get(runId) as Row | undefined;
    return row && entryOf(row);
  };
  const chain: AgentLedger['chain'] = (runId) => {
    const found: LedgerEntry[] = [];
    for (let entry = find(runId); entry && found.length < mostLevels; entry = entry.parent === undefined ? undefined : find(entry.parent))
      found.push(entry);
    return found;
  };
  const spent: AgentLedger['spent'] = (runId) => {
    const sql = `${tree} SELECT coalesce(sum(tokens), 0) AS tokens, coalesce(sum(usd), 0) AS usd FROM model_calls WHERE run IN (SELECT run_id FROM tree)`;
    return db.prepare(sql).get(runId) as { tokens: number; usd: number };
  };
  /** Tokens that the reply may have. Throws `denied` where that is too few. */
  function roomFor(runId: string, request: ModelRequest): number {
    const prompt = promptTokens(request);
    let room = request.maxTokens;
    for (const { runId: id, agent, tokens = Infinity, usd = Infinity } of chain(runId)) {
      const used = spent(id);
      room = Math.min(room, tokens - used.tokens - prompt);
      if (room < leastReplyTokens) throw exceeded(agent, `${used.tokens} of ${tokens} tokens are used`);
      if (used.usd >= usd) throw exceeded(agent, `${used.usd.toFixed(2)} of ${usd} USD are used`);
    }
    return room;
  }
  return {
    find,
    chain,
    spent,
    begin: ({ runId, parent, agent, persona, depth, hops, tokens, usd }) =>
      void db
        .prepare('INSERT OR IGNORE INTO agent_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(runId, parent ?? null, agent, persona, depth, hops, tokens ?? null, usd ?? null),
    below: (runId) =>
      (db.prepare(`${tree} SELECT run_id FROM tree WHERE run_id <> ?`).all(runId, runId) as { run_id: string }[]).map(
        ({ run_id }) => run_id,
      ),
    hop: (runId, hops) => void db.prepare('UPDATE agent_runs SET hops = ? WHERE run_id = ?').run(hops, runId),
    narrow: (runId, { depth, tokens = null, usd = null }) =>
      void db
        .prepare(
          `UPDATE agent_runs SET depth = min(depth, ?), tokens = min(coalesce(tokens, ?), coalesce(?, tokens)),
           usd = min(coalesce(usd, ?), coalesce(?, usd)) WHERE run_id = ?`,
        )
        .run(depth, tokens, tokens, usd, usd, runId),
    within: (runId, models) => ({
      reply: async (request, asker) => models.reply({ ...request, maxTokens: roomFor(runId, request) }, asker),
    }),
  };
}

/** A reply that may be shorter than this is not worth its price. */
const leastReplyTokens = 200;
/** Above the deepest that a persona may ask for. */
const mostLevels = 20;

const exceeded = (agent: string, what: string): ToolError =>
  new ToolError('denied', `The budget of ${agent} would be exceeded: ${what}.`, {
    hint: 'The budget in the head of its file sets it, or the one it was started with; ask for less at once.',
  });
