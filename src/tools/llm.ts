import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { modelRoles } from '../core/model-roles.ts';
import { defineTool } from '../core/tool.ts';

export const llmPrompt = defineTool({
  name: 'llm_prompt',
  title: 'Ask a language model',
  description: 'Ask the model the owner has set (CLAW_MODEL) and get its text, or JSON of a schema. It has no tools and no memory.',
  input: z.object({
    prompt: z.string().min(1).max(400_000),
    system: z.string().max(40_000).default('Answer briefly and plainly.'),
    role: z.enum(modelRoles).default('job').describe('Which of the models'),
    schema: z.record(z.string(), z.unknown()).optional().describe('JSON Schema of an object that the answer is to fit'),
    maxTokens: z.number().int().min(16).max(64_000).default(2_000).describe('Most tokens of the answer'),
  }),
  output: z.object({
    text: z.string(),
    data: z.unknown().optional().describe('The answer, where a schema was given'),
    model: z.string(),
    stop: z.enum(['end', 'tools', 'length', 'refused']),
    attempts: z.array(z.object({ model: z.string(), outcome: z.string(), status: z.number().optional(), waitedMs: z.number().optional() })),
    usage: z.object({
      inputTokens: z.number(),
      cachedTokens: z.number(),
      outputTokens: z.number(),
      tokens: z.number().describe('In and out'),
    }),
  }),
  // It spends what the owner pays for.
  risk: 'write',
  openWorld: true,
  dataFields: ['prompt'],
  timeoutMs: 300_000,
  slots: { prompt: 'prompt' },
  examples: [
    'ask the model "which of these log lines is an error"',
    'prompt the language model: "summarise this text"',
    'let the llm answer "what is a zettabyte"',
    'ask claude "how do I read an fsck report"',
    'have the model write "a haiku about backups"',
    'send the prompt "translate good morning to German" to the model',
  ],
  run: async (ctx, { prompt, system, schema, ...rest }) => {
    ctx.progress({ message: 'Asking the model' });
    return ctx.models.prompt({ prompt, system, ...rest, ...(schema && { schema: checked(schema) }) }, ctx);
  },
  verify: (ctx, _input, { model }) => {
    const found = ctx.models.answered(ctx.callId);
    return [{ check: 'the model call is on record as answered', ok: found === model, found: found ?? 'no such call' }];
  },
  content: ({ text }) => text,
  summary: ({ text, model }) => `${text}\n(${model})`,
});

/** Throws `invalid_input` for what is no JSON Schema of an object. */
function checked(schema: Record<string, unknown>): Record<string, unknown> {
  try {
    z.fromJSONSchema(schema);
  } catch {
    throw new ToolError('invalid_input', 'schema is no JSON Schema.', {
      hint: 'As in {"type":"object","properties":{"answer":{"type":"string"}}}.',
    });
  }
  if (schema.type !== 'object') throw new ToolError('invalid_input', 'schema is of no object.', { hint: 'Give it "type": "object".' });
  return schema;
}
