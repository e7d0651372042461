import { z } from 'zod';

/** What a workflow file may say. `docs/schemas/workflow.schema.json` is made from it, for editors. */
const identifier = z.string().regex(/^[A-Za-z][\w-]{0,59}$/, 'is a name of letters, digits, _ and -, a letter first');
/** Timers of Node count to 24.8 days. */
const longestMs = 20 * 86_400_000;
const duration = z
  .string()
  .regex(/^\d{1,10}(?:\.\d{1,3})?(?:ms|s|m|h|d)$/, 'is a duration such as 30s, 5m, 2h')
  .refine((text) => millisecondsOf(text) >= 1 && millisecondsOf(text) <= longestMs, 'is between 1ms and 20d')
  .describe('500ms, 30s, 5m, 2h, 1d; at most 20d');
const expression = z.string().min(1).max(2_000).describe('steps.x.ok and steps.x.output.count > 3, previous.failed, always()');
const input = z.record(z.string(), z.unknown());

const toolCall = z.strictObject({ tool: z.string().max(60), input: input.default({}) });
const probe = z.union(
  [expression, toolCall.extend({ expect: expression.optional().describe('On its output: output.status == 200') })],
  'is a condition, or a tool with input and expect',
);

const gate = z.strictObject({
  message: z.string().min(1).max(2_000),
  approvers: z.number().int().min(1).max(20).default(1).describe('How many people must say yes'),
  not_self: z.boolean().default(false).describe('Whoever started the run does not count'),
  expires: duration.default('24h'),
});

const step = z.strictObject({
  id: identifier.optional().describe('Names it for others; step1, step2 … by itself'),
  tool: z.string().max(60).optional(),
  input: input.optional(),
  shell: z
    .union([z.string(), z.array(z.string())], 'is a line, or a list of program and arguments')
    .optional()
    .describe('shell_run: a line for sh, or program and arguments; values go into the latter, or by input: {env: …}'),
  claude_prompt: z.string().optional().describe('llm_prompt'),
  skill: z.string().optional().describe('skill_run, with input as its arguments'),
  http: z
    .union([z.string(), input], 'is an address, or the input of http_request')
    .optional()
    .describe('http_request: an address, or its input'),
  approval_gate: z
    .union([z.string(), gate], 'is a message, or message, approvers, not_self and expires')
    .optional()
    .describe('Waits for people'),
  needs: z.array(identifier).optional().describe('Begins when these have ended; by itself, the step before'),
  if: expression.optional(),
  for_each: z
    .union([z.string(), z.array(z.unknown()).max(1_000)], 'is a list of at most 1,000, or an expression for one')
    .optional()
    .describe('A list; each item is `item`'),
  check: z
    .union([probe, z.array(probe)], 'is a condition, a tool with input and expect, or a list of those')
    .optional()
    .describe('Must hold before'),
  verify: z
    .union([probe, z.array(probe)], 'is a condition, a tool with input and expect, or a list of those')
    .optional()
    .describe('Must hold after'),
  undo: toolCall.optional().describe('Takes it back'),
  retry: z.strictObject({ times: z.number().int().min(1).max(10), backoff: duration.default('5s') }).optional(),
  timeout: duration.optional(),
  on_failure: z.enum(['abort', 'continue', 'rollback']).optional(),
});

const value = z.strictObject({
  type: z.enum(['string', 'number', 'integer', 'boolean', 'array', 'object']).default('string'),
  description: z.string().max(500).optional(),
  default: z.unknown().optional(),
  required: z.boolean().optional(),
});

export const workflowSchema = z.strictObject({
  name: identifier.optional(),
  description: z.string().max(2_000).optional(),
  inputs: z.record(z.string().regex(/^[A-Za-z]\w{0,59}$/, 'is a name of letters, digits and _, a letter first'), value).default({}),
  on_failure: z.enum(['abort', 'continue', 'rollback']).default('abort'),
  steps: z.array(step).min(1).max(200),
  rollback: z.array(toolCall).max(50).default([]).describe('After a rollback, in this order'),
  summary: z.string().max(4_000).optional().describe('What is reported when all went well, as "${{ steps.x.summary }}"'),
  notify: z.string().max(100).optional().describe('A notification profile that gets the summary'),
});

export type WorkflowFile = z.output<typeof workflowSchema>;
export type StepFile = WorkflowFile['steps'][number];
export type ProbeFile = z.output<typeof probe>;
export type GateFile = z.output<typeof gate>;
export type InputDeclaration = z.output<typeof value>;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Of a text that fits `duration`. */
export function millisecondsOf(text: string): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m|h|d)$/.exec(text) ?? [];
  return unit === undefined ? NaN : Math.round(Number(amount) * unitMs[unit as keyof typeof unitMs]);
}
