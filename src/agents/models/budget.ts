import type { Clock } from '../../core/clock.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { ModelFailure, type ModelReply, type ModelRequest } from './model-types.ts';
import { promptTokens } from './prompt-tokens.ts';
import { usdOf, type Limit, type Prices, type Scope } from './spending.ts';

/** For whom a model is asked: what its tokens are counted against. */
export interface Spender {
  role: string;
  /** The call of ours in which it is asked. */
  call?: string | undefined;
  run?: string | undefined;
  job?: string | undefined;
  chat?: string | undefined;
}

export interface Budget {
  /** Throws `denied` where the call could exceed a limit. What it gives is told how the call ended. */
  admit(spender: Spender, model: string, request: ModelRequest): (end: ModelReply | ModelFailure) => void;
}

const dayMs = 86_400_000;

/**
 * Every call is a row before it is made, with the most it can cost, and is corrected afterwards: what a kill leaves behind
 * counts as spent, and calls at the same time cannot pass a limit together. A day is the last 24 hours.
 */
export function createBudget({ db, clock, limits, prices }: { db: Db; clock: Clock; limits: Limit[]; prices: Prices }): Budget {
  const insert = db.prepare(
    "INSERT INTO model_calls (id, at, model, role, call, run, job, chat, outcome, tokens, usd) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)",
  );
  const settle = db.prepare('UPDATE model_calls SET outcome = ?, tokens = ?, usd = ? WHERE id = ?');

  const reserve = (spender: Spender, model: string, request: ModelRequest): string => {
    const most = { inputTokens: promptTokens(request), cachedTokens: 0, outputTokens: request.maxTokens };
    const tokens = most.inputTokens + most.outputTokens;
    const usd = usdOf(model, most, prices);
    for (const limit of limits) {
      if (limit.unit === 'usd' && usd === undefined) throw unpriced(model, limit);
      const spent = spentOf(limit, spender);
      const added = { tokens, usd: usd ?? 0, calls: 1, minutes: 0 }[limit.unit];
      if (spent !== undefined && spent + added > limit.amount) throw exceeded(limit, spent);
    }
    const id = newId('llm');
    const { role, call = null, run = null, job = null, chat = null } = spender;
    insert.run(id, clock.now(), model, role, call, run, job, chat, tokens, usd ?? 0);
    return id;
  };

  /** Undefined where the limit is on something that this call is no part of. */
  function spentOf({ scope, unit }: Limit, spender: Spender): number | undefined {
    const key = scope === 'day' ? clock.now() - dayMs : spender[scope];
    if (key === undefined) return undefined;
    const row = db.prepare(sums[scope]).get(key) as { tokens: number; usd: number; calls: number; since: number | null };
    return unit === 'minutes' ? (row.since === null ? 0 : (clock.now() - row.since) / 60_000) : row[unit];
  }

  return {
    admit: (spender, model, request) => {
      const id = db.transaction(() => reserve(spender, model, request));
      return (end) => {
        if (end instanceof ModelFailure) {
          // Of a reply that was cut off nobody knows what it cost: the estimate stays.
          if (end.kind !== 'cut') settle.run(end.kind, 0, 0, id);
          return;
        }
        settle.run('ok', end.usage.inputTokens + end.usage.outputTokens, usdOf(model, end.usage, prices) ?? 0, id);
      };
    },
  };
}

const sum = 'SELECT COALESCE(SUM(tokens), 0) AS tokens, COALESCE(SUM(usd), 0) AS usd, COUNT(*) AS calls, MIN(at) AS since FROM model_calls';
const sums: Record<Scope, string> = {
  run: `${sum} WHERE run = ?`,
  job: `${sum} WHERE job = ?`,
  chat: `${sum} WHERE chat = ?`,
  day: `${sum} WHERE at > ?`,
};

const shown = ({ scope, amount, unit }: Limit): string => `${scope} ${amount} ${unit}`;

const exceeded = (limit: Limit, spent: number): ToolError =>
  new ToolError('denied', `The model is not asked: the budget "${shown(limit)}" would be exceeded (${Number(spent.toFixed(4))} spent).`, {
    hint: limit.scope === 'run' ? 'Make a smaller request, or raise CLAW_MODEL_BUDGET.' : 'Wait, or raise CLAW_MODEL_BUDGET.',
  });

const unpriced = (model: string, limit: Limit): ToolError =>
  new ToolError('bad_config', `The budget "${shown(limit)}" needs the price of ${model}.`, {
    hint: `Add it: CLAW_MODEL_PRICES="${model}=IN/OUT", in US dollars for a million tokens in and out.`,
  });
