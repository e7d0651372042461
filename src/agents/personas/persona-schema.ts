import { z } from 'zod';
import { agentName } from '../../core/agent-view.ts';
import { modelRoles } from '../../core/model-roles.ts';
import { toolPattern } from '../../core/tool-pattern.ts';

/** What the head of `agents/<name>.md` may say. `docs/schemas/agent.schema.json` is made from it, for editors. */
const whole = (most: number) => z.number().int().min(1).max(most);

export const personaBudget = z.strictObject({
  tokens: whole(100_000_000).optional().describe('Of models, in and out, with those of agents that it asks'),
  calls: whole(1_000).optional().describe('Of tools'),
  minutes: whole(1_440).optional().describe('Of work; waiting for a person does not count'),
  usd: z.number().positive().max(10_000).optional().describe('Needs CLAW_MODEL_PRICES'),
});

export const personaSchema = z.strictObject({
  name: agentName.describe('As the file is called'),
  description: z.string().min(1).max(300).describe('What it is for, in a sentence'),
  role: z
    .enum(['planner', 'executor', 'verifier'])
    .default('executor')
    .describe('planner and verifier only read, whatever tools they have'),
  tools: z
    .array(z.string().regex(toolPattern, 'is a tool, as file_read, or a beginning, as file_*'))
    .max(100)
    .default([])
    .describe('The only ones it may call: names, or a noun with *'),
  model: z.enum(modelRoles).default('executor').describe('Whose models answer: CLAW_MODEL_EXECUTOR …'),
  budget: personaBudget.default({}).describe('For one task, or one turn'),
  depth: z.number().int().min(0).max(5).default(3).describe('How deep it may ask other agents: 0 is not at all'),
  memory: z.enum(['own', 'shared']).default('own').describe('own: only memories of the namespace agent:<name>'),
  without_model: z
    .string()
    .regex(/^[a-z]+_\w+$/, 'is the name of a tool')
    .optional()
    .describe('The tool that does its work where no model is set'),
});

/** One kind of agent: who it is, what it may do, and at what price. */
export interface Persona extends z.output<typeof personaSchema> {
  /** What the model reads: the text below the head. */
  instructions: string;
  isBuiltIn: boolean;
}
