import type { Asker, Answer, Prompt } from './prompt.ts';
import type { Models, ModelsParts } from './models.ts';

/** Models as tools see them. The providers' libraries are loaded when one is asked. */
export interface ModelDesk {
  prompt(asked: Prompt, asker: Asker): Promise<Answer>;
  /** Which model has answered within a call of ours, by the record of what was spent. */
  answered(callId: string): string | undefined;
  /** Tokens that models have used within a call of ours, failed answers included. */
  spent(callId: string): number;
}

export function createModelDesk(parts: ModelsParts): ModelDesk {
  let models: Promise<Models> | undefined;
  const loaded = (): Promise<Models> => (models ??= import('./models.ts').then(({ createModels }) => createModels(parts)));
  return {
    prompt: async (asked, asker) => {
      const [all, { prompt }] = await Promise.all([loaded(), import('./prompt.ts')]);
      return prompt(all, asked, asker);
    },
    answered: (callId) => {
      const sql = "SELECT model FROM model_calls WHERE call = ? AND outcome = 'ok' ORDER BY at DESC, rowid DESC LIMIT 1";
      return (parts.db.prepare(sql).get(callId) as { model: string } | undefined)?.model;
    },
    spent: (callId) =>
      (parts.db.prepare('SELECT coalesce(sum(tokens), 0) AS n FROM model_calls WHERE call = ?').get(callId) as { n: number }).n,
  };
}
