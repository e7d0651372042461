import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ReadTalk } from '../../memory/talk.ts';
import type { ModelDesk } from './model-desk.ts';

const answer = z.object({
  notes: z
    .array(
      z.object({
        text: z.string(),
        category: z.enum(['fact', 'preference', 'project_context']),
        turns: z.array(z.string()),
      }),
    )
    .max(60),
  summary: z.string(),
});
const maxTokens = 3_000;

/** Has the model of the role `job` read conversations; undefined where none is set. `prompt` is the file with what it is told. */
export function createTalkReader(parts: { models: ModelDesk; setting: string; prompt: string }): ReadTalk | undefined {
  if (parts.setting === '' || parts.setting === 'none') return undefined;
  return async (turns, asker) => {
    const system = await readFile(parts.prompt, 'utf8');
    const prompt = turns.map((turn) => JSON.stringify(turn)).join('\n');
    const { $schema: _dialect, ...schema } = z.toJSONSchema(answer);
    const { data, model } = await parts.models.prompt({ prompt, system, role: 'job', schema, maxTokens }, asker);
    return { ...answer.parse(data), model };
  };
}
