import type { Clock } from '../../core/clock.ts';
import type { Settings } from '../../core/config.ts';
import type { Db } from '../../core/database.ts';
import { ToolError } from '../../core/errors.ts';
import type { ModelRole } from '../../core/model-roles.ts';
import type { Redactor } from '../../core/redact.ts';
import { anthropicModel } from './anthropic.ts';
import { createBudget, type Spender } from './budget.ts';
import { replyOfChain, type Attempt } from './chain.ts';
import { claudeCliModel } from './claude-cli.ts';
import type { Model, ModelReply, ModelRequest } from './model-types.ts';
import { modelsFor } from './model-names.ts';
import { openAiModel } from './openai.ts';
import { parseBudget, parsePrices } from './spending.ts';

/** The models that the owner has opted into, by role. */
export interface Models {
  /** Throws `unavailable` where there is none or none replies, `denied` where the budget would be exceeded. */
  reply(spender: Spender & { role: ModelRole }, request: ModelRequest): Promise<{ reply: ModelReply; model: string; attempts: Attempt[] }>;
}

export interface ModelsParts {
  db: Db;
  redactor: Pick<Redactor, 'text' | 'value'>;
  clock: Clock;
  values: Settings;
  env: Record<string, string | undefined>;
}

export function createModels({ db, clock, redactor, values, env }: ModelsParts): Models {
  const budget = createBudget({
    db,
    clock,
    limits: parseBudget(values.CLAW_MODEL_BUDGET),
    prices: parsePrices(values.CLAW_MODEL_PRICES),
  });
  const known = new Map<string, Model>();
  const modelOf = (name: string): Model => {
    const model = known.get(name) ?? adapterOf(name, values, env);
    known.set(name, model);
    return model;
  };
  return {
    reply: async (spender, request) => {
      const models = modelsFor(spender.role, values).map(modelOf);
      if (models.length === 0)
        throw new ToolError('unavailable', 'No model is set.', {
          hint: 'Set CLAW_MODEL, as in CLAW_MODEL="anthropic/ID, ollama/ID"; docs/models.md has the names.',
        });
      // No secret reaches a model, whoever wrote it into a request.
      const clean = { ...request, system: redactor.text(request.system), messages: redactor.value(request.messages) };
      return replyOfChain(clean, { models, admit: (model, asked) => budget.admit(spender, model.id, asked) });
    },
  };
}

function adapterOf(name: string, values: Settings, env: ModelsParts['env']): Model {
  const timeoutMs = values.CLAW_MODEL_TIMEOUT * 1_000;
  const slash = name.indexOf('/');
  const [provider, id] = [name.slice(0, slash), name.slice(slash + 1)];
  if (provider === 'anthropic')
    return anthropicModel(id, { apiKey: keyOf('ANTHROPIC_API_KEY', name, values), baseUrl: values.ANTHROPIC_BASE_URL, timeoutMs });
  if (provider === 'openai')
    return openAiModel(id, { provider, apiKey: keyOf('OPENAI_API_KEY', name, values), baseUrl: values.OPENAI_BASE_URL, timeoutMs });
  if (provider === 'ollama')
    return openAiModel(id, { provider, apiKey: 'ollama', baseUrl: new URL('v1', values.OLLAMA_HOST).href, timeoutMs });
  if (provider === 'claude-cli') return claudeCliModel(id, { program: 'claude', timeoutMs, env: { PATH: env.PATH, HOME: env.HOME } });
  throw new ToolError('bad_config', `"${name.slice(0, 60)}" names no model claw can ask.`, {
    hint: 'A model is anthropic/ID, openai/ID, ollama/ID or claude-cli/ID.',
  });
}

function keyOf(key: 'ANTHROPIC_API_KEY' | 'OPENAI_API_KEY', name: string, values: Settings): string {
  if (values[key] !== '') return values[key];
  // A server of one's own asks for no key.
  if (key === 'OPENAI_API_KEY' && !values.OPENAI_BASE_URL.startsWith('https://api.openai.com')) return 'none';
  throw new ToolError('bad_config', `${name} needs ${key}.`, { hint: `claw vault set ${key}` });
}
