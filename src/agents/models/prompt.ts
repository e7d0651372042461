import { z } from 'zod';
import type { ModelRole } from '../../core/model-roles.ts';
import type { ToolContext } from '../../core/tool.ts';
import type { Attempt } from './chain.ts';
import type { ModelReply, ModelRequest, Usage } from './model-types.ts';
import type { Models } from './models.ts';
import { structuredReply } from './structured.ts';

export interface Prompt {
  prompt: string;
  system: string;
  role: ModelRole;
  schema?: Record<string, unknown>;
  maxTokens: number;
}

export interface Answer {
  text: string;
  data?: unknown;
  model: string;
  stop: ModelReply['stop'];
  attempts: Attempt[];
  /** `tokens` is what budgets count: in and out, of all askings. */
  usage: Usage & { tokens: number };
}

export type Asker = Pick<ToolContext, 'signal' | 'callId' | 'runId' | 'caller'>;

/** One question without tools, as `llm_prompt` asks it. All askings of a repair count, and all are told. */
export async function prompt(models: Models, asked: Prompt, asker: Asker): Promise<Answer> {
  const { role, system, schema, maxTokens } = asked;
  const { callId: call, runId: run, caller } = asker;
  const job = caller.kind === 'cron' ? caller.name : undefined;
  const attempts: Attempt[] = [];
  const usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, tokens: 0 };
  const ask = async (request: ModelRequest): Promise<{ reply: ModelReply; model: string }> => {
    const told = await models.reply({ role, call, run, job }, request);
    attempts.push(...told.attempts);
    const { inputTokens, cachedTokens, outputTokens } = told.reply.usage;
    usage.inputTokens += inputTokens;
    usage.cachedTokens += cachedTokens;
    usage.outputTokens += outputTokens;
    usage.tokens += inputTokens + outputTokens;
    return told;
  };
  const request: ModelRequest = { system, messages: [{ role: 'user', text: asked.prompt }], maxTokens, signal: asker.signal };
  if (!schema) {
    const { reply, model } = await ask(request);
    return { text: reply.text, model, stop: reply.stop, attempts, usage };
  }
  const form = z.fromJSONSchema(schema);
  const { data, told } = await structuredReply({ ...request, schema }, form, ask);
  return { text: told.reply.text, data, model: told.model, stop: told.reply.stop, attempts, usage };
}
