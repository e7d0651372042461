import type { ModelRole } from '../../core/model-roles.ts';
import type { Audit } from '../../gate/audit/audit.ts';
import { modelsFor } from './model-names.ts';
import type { ModelRequest } from './model-types.ts';
import type { Asker, Answer, Prompt } from './prompt.ts';
import type { Models, ModelsParts } from './models.ts';
import type { ReplyAsker, RoleReply } from './recorded-reply.ts';

/** Models as tools and agents see them. The providers' libraries are loaded when one is asked. */
export interface ModelDesk {
  prompt(asked: Prompt, asker: Asker): Promise<Answer>;
  /** One reply within a conversation, on record. Throws `unavailable` where no model replies, `denied` where a budget is spent. */
  reply(request: ModelRequest, asker: ReplyAsker): Promise<RoleReply>;
  /** Whether the owner has named a model for this role. */
  isSet(role: ModelRole): boolean;
  /** Which model has answered within a call of ours, by the record of what was spent. */
  answered(callId: string): string | undefined;
}

export function createModelDesk(parts: ModelsParts & { audit: Pick<Audit, 'record'> }): ModelDesk {
  let models: Promise<Models> | undefined;
  const loaded = (): Promise<Models> => (models ??= import('./models.ts').then(({ createModels }) => createModels(parts)));
  return {
    prompt: async (asked, asker) => {
      const [all, { prompt }] = await Promise.all([loaded(), import('./prompt.ts')]);
      return prompt(all, asked, asker);
    },
    reply: async (request, asker) => {
      const [all, { recordedReply }] = await Promise.all([loaded(), import('./recorded-reply.ts')]);
      return recordedReply({ models: all, audit: parts.audit }, request, asker);
    },
    isSet: (role) => modelsFor(role, parts.values).length > 0,
    answered: (callId) => {
      const sql = "SELECT model FROM model_calls WHERE call = ? AND outcome = 'ok' ORDER BY at DESC, rowid DESC LIMIT 1";
      return (parts.db.prepare(sql).get(callId) as { model: string } | undefined)?.model;
    },
  };
}
