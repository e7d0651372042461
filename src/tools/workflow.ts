import { z } from 'zod';
import { defineTool } from '../core/tool.ts';

const name = z
  .string()
  .regex(
    /^[A-Za-z][\w-]{0,59}$/,
    'A saved workflow is named by letters, digits, _ and -; a file goes into text, as in --text - < file.yaml',
  )
  .describe('As shown by workflow_list');
const text = z.string().min(1).max(200_000).describe('YAML; see docs/workflows.md');
const missing = z.array(z.object({ step: z.string(), tool: z.string(), line: z.number() })).describe('Tools that are not there yet');
const plan = z.array(z.object({ id: z.string(), does: z.string(), needs: z.array(z.string()), condition: z.string().optional() }));

export const workflowList = defineTool({
  name: 'workflow_list',
  title: 'List workflows',
  description: 'Saved and built-in workflows.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    items: z.array(
      z.object({
        name: z.string(),
        isBuiltIn: z.boolean(),
        description: z.string(),
        steps: z.number(),
        problem: z.string().optional(),
      }),
    ),
  }),
  examples: ['list the workflows', 'show all workflows', 'list saved workflows', 'list my workflows', 'show the built-in workflows'],
  run: async (ctx) => ({ items: await ctx.workflows.list() }),
  summary: ({ items }) => items.map((item) => `${item.name}: ${item.problem ?? item.description}`).join('\n') || 'No workflows.',
});

export const workflowShow = defineTool({
  name: 'workflow_show',
  title: 'Show a workflow',
  description: "A workflow's text, inputs and plan.",
  risk: 'read',
  input: z.object({ name }),
  output: z.object({
    name: z.string(),
    isBuiltIn: z.boolean(),
    text: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    steps: plan,
    missingTools: missing,
  }),
  slots: { name: 'workflow' },
  examples: [
    'show the workflow health-check',
    'show the yaml of workflow deploy',
    'print the text of workflow backup',
    'show the steps of the workflow backup',
    'show the workflow morning-brief',
  ],
  run: async (ctx, input) => {
    const { isBuiltIn, text: yaml, workflow, plan: steps, missingTools } = await ctx.workflows.load(input.name);
    return { name: input.name, isBuiltIn, text: yaml, inputs: workflow.inputs, steps, missingTools };
  },
  summary: (output) => output.text,
});

export const workflowValidate = defineTool({
  name: 'workflow_validate',
  title: 'Check a workflow',
  description:
    'Whether YAML, or a saved workflow, is right: faults with line and column, tools that are not there. Nothing is run or kept.',
  risk: 'read',
  input: z
    .object({ name: name.optional(), text: text.optional().describe('YAML; the saved text by default') })
    .refine((given) => given.name !== undefined || given.text !== undefined, { message: 'give a name, a text or both', path: ['name'] }),
  output: z.object({ steps: plan, missingTools: missing, runnable: z.boolean() }),
  slots: { name: 'workflow', text: 'document' },
  examples: [
    'validate this workflow',
    'check the workflow text for mistakes',
    'is this a valid workflow',
    'validate the workflow deploy',
    'check the syntax of a workflow',
  ],
  run: async (ctx, input) => {
    const { text: yaml, name: wanted = 'workflow' } = input;
    const { plan: steps, missingTools } = await (yaml === undefined ? ctx.workflows.load(wanted) : ctx.workflows.validate(yaml, wanted));
    return { steps, missingTools, runnable: missingTools.every(({ step }) => step === 'notify') };
  },
  summary: ({ steps, missingTools }) =>
    `A workflow of ${steps.length} steps.${missingTools.map(({ step, tool, line }) => ` Line ${line}: step ${step} needs ${tool}, which is not there yet.`).join('')}`,
});

export const workflowSave = defineTool({
  name: 'workflow_save',
  title: 'Save a workflow',
  description: 'Check YAML and keep it as a workflow; one of that name is replaced.',
  risk: 'write',
  idempotent: true,
  effects: { persists: true },
  // What its steps write is judged when they are made; a secret must not stand in the file.
  later: () => [],
  input: z.object({ name, text }),
  output: z.object({ name: z.string(), hash: z.string(), before: z.string().optional(), missingTools: missing }),
  slots: { name: 'workflow', text: 'document' },
  examples: [
    'save this workflow',
    'save a workflow called nightly',
    'store this yaml as the workflow nightly',
    'create a workflow nightly',
    'replace the workflow nightly with this text',
  ],
  run: async (ctx, input) => {
    const { workflow, missingTools } = await ctx.workflows.validate(input.text, input.name);
    const before = await ctx.workflows.textOf(input.name);
    await ctx.workflows.save(input.name, input.text);
    return { name: input.name, hash: workflow.hash, ...(before !== undefined && { before }), missingTools };
  },
  verify: async (ctx, input) => {
    const ok = (await ctx.workflows.textOf(input.name)) === input.text;
    return [{ check: 'the file has this text', ok, found: ok ? 'it has' : 'it has not' }];
  },
  undo: (input, { before }) =>
    before === undefined
      ? { tool: 'workflow_delete', input: { name: input.name } }
      : { tool: 'workflow_save', input: { name: input.name, text: before } },
  dryRun: async (ctx, input) => {
    await ctx.workflows.validate(input.text, input.name);
    const before = await ctx.workflows.textOf(input.name);
    return [{ action: before === undefined ? 'create' : 'update', target: `workflow ${input.name}`, before, after: input.text }];
  },
  summary: (output) => `Saved ${output.name}.`,
});

export const workflowDelete = defineTool({
  name: 'workflow_delete',
  title: 'Delete a workflow',
  description: 'Remove a saved workflow. Runs that have begun go on.',
  risk: 'destructive',
  input: z.object({ name }),
  output: z.object({ name: z.string(), before: z.string() }),
  slots: { name: 'workflow' },
  examples: [
    'delete the workflow nightly',
    'remove the workflow nightly',
    'get rid of workflow nightly',
    'drop my workflow nightly',
    'throw away the workflow nightly',
  ],
  run: async (ctx, input) => {
    const before = (await ctx.workflows.textOf(input.name)) ?? '';
    await ctx.workflows.remove(input.name);
    return { name: input.name, before };
  },
  dryRun: async (ctx, input) => {
    const before = await ctx.workflows.textOf(input.name);
    return before === undefined ? [] : [{ action: 'delete', target: `workflow ${input.name}`, before }];
  },
  verify: async (ctx, input) => {
    const ok = (await ctx.workflows.textOf(input.name)) === undefined;
    return [{ check: 'the file is gone', ok, found: ok ? 'gone' : 'still there' }];
  },
  undo: (input, { before }) => ({ tool: 'workflow_save', input: { name: input.name, text: before } }),
  summary: (output) => `Deleted ${output.name}.`,
});
