import { z } from 'zod';
import { jsonSchema } from '../../core/tool.ts';
import type { ModelTool } from '../models/model-types.ts';

/** The loop's own two tools: they reach no engine, so the gate knows nothing of them. */
export const finishName = 'finish';
export const askName = 'ask_person';

export const askInput = z.object({ question: z.string().min(1).max(1_000).describe('One question, in a sentence') });

export const askTool: ModelTool = {
  name: askName,
  description: 'Ask the person who made the request. Only for what no tool can tell and what you must not guess; it may take hours.',
  inputSchema: jsonSchema(askInput, 'input'),
};

export const finishTool = (form: z.ZodType): ModelTool => ({
  name: finishName,
  description: 'End this task. Call it alone, after the results of all other calls are there.',
  inputSchema: jsonSchema(form, 'input'),
});
