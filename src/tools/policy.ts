import { z } from 'zod';
import { classify, type GivenCommand } from '../core/command-class.ts';
import { ToolError } from '../core/errors.ts';
import { callers, defineTool } from '../core/tool.ts';

const usage = `claw policy test 'file_delete {"path":"notes.txt"}' --caller agent`;

export const policyShow = defineTool({
  name: 'policy_show',
  title: 'Show the policy',
  description: 'The rules of policy.yaml that are in force, what is built in above them, and whether the file is sound.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    file: z.string(),
    state: z.enum(['absent', 'loaded', 'kept']).describe('kept: the file is broken, its last good rules are in force'),
    error: z.string().optional(),
    rules: z.array(z.object({ number: z.number(), rule: z.record(z.string(), z.unknown()) })),
    trusted: z.object({ hosts: z.array(z.string()), paths: z.array(z.string()) }),
    warnings: z.array(z.string()).describe('Rules that never fit, or that nobody can answer'),
    builtIn: z.array(z.string()),
    sandbox: z.boolean().describe('Commands of anyone but the owner run in one'),
  }),
  examples: [
    'show the policy',
    'which policy rules are in force',
    'what may agents do without asking',
    'list the rules of policy.yaml',
    'is my policy file valid',
    'what is always forbidden',
  ],
  run: (ctx) => ctx.policy.show(),
  summary: ({ state, error, rules, warnings, builtIn, sandbox }) =>
    [
      state === 'absent'
        ? 'No policy.yaml: only what is built in.'
        : `${rules.length} rules, from top to bottom; the first that fits decides.`,
      ...(error === undefined ? [] : [`The file is broken now, so these are its last good rules: ${error}`]),
      ...rules.map(({ number, rule }) => `${number}. ${JSON.stringify(rule)}`),
      ...warnings.map((warning) => `Without effect: ${warning}`),
      ...builtIn,
      sandbox ? 'Commands of anyone but the owner run in a sandbox.' : 'No sandbox can start here.',
    ].join('\n'),
});

export const policyTest = defineTool({
  name: 'policy_test',
  title: 'Test the policy',
  description: 'What the policy would say to a call, and which rule decides. Nothing is called.',
  risk: 'read',
  input: z
    .object({
      call: z.string().max(100_000).optional().describe('Tool and JSON input in one text, as in: file_read {"path":"a.txt"}'),
      tool: z.string().max(60).optional().describe('Instead of call'),
      input: z.record(z.string(), z.unknown()).default({}).describe('With tool'),
      caller: z.enum(callers).default('owner').describe('Who would call'),
    })
    .refine(
      ({ call, tool }) => (call === undefined) !== (tool === undefined),
      'Give the call as one text, as in file_read {"path":"a.txt"}, or tool and input',
    ),
  output: z.object({
    tool: z.string(),
    caller: z.enum(callers),
    verdict: z.enum(['allow', 'ask', 'deny']),
    reason: z.string(),
    decidedBy: z.string().describe('built in, or the rule of policy.yaml'),
    quorum: z.number().optional(),
    notSelf: z.boolean().optional(),
    risk: z.enum(['read', 'write', 'destructive']),
    effects: z.record(z.string(), z.boolean().optional()),
    command: z
      .object({
        risk: z.enum(['read', 'write', 'destructive']),
        why: z.string(),
        forbidden: z.string().optional(),
        persists: z.boolean(),
        sends: z.boolean(),
      })
      .optional()
      .describe('The class of the command line, where the call has one'),
  }),
  slots: { call: 'quoted' },
  examples: [
    'would the policy allow "file_delete {"path":"a.txt"}"',
    'test the policy for a call',
    'which rule decides about this call',
    'may an agent restart a container',
    'why does shell_run ask here',
    'explain the policy verdict for a command',
  ],
  run: (ctx, { call, tool, input, caller }) => {
    const named = call === undefined ? { tool: tool!, input } : parsed(call);
    const verdict = ctx.policy.test({ kind: caller }, named.tool, named.input);
    const { command, script } = named.input as GivenCommand;
    const isCommand = Array.isArray(command) || typeof script === 'string';
    return { ...verdict, caller, effects: { ...verdict.effects }, ...(isCommand && { command: classify(named.input) }) };
  },
  summary: ({ tool, caller, verdict, reason, decidedBy, risk, quorum, notSelf }) =>
    [
      `${tool} by ${caller}: ${verdict}. ${reason}`,
      `Decided by: ${decidedBy}. Risk: ${risk}.`,
      ...(quorum === undefined ? [] : [`${quorum} people must say yes.`]),
      ...(notSelf === true ? ['Whoever asks may not answer.'] : []),
    ].join('\n'),
});

function parsed(call: string): { tool: string; input: Record<string, unknown> } {
  const [, tool = '', json = ''] = /^\s*(\S+)\s*([^]*)$/.exec(call) ?? [];
  try {
    return { tool, input: z.record(z.string(), z.unknown()).parse(JSON.parse(json.trim() || '{}')) };
  } catch {
    throw new ToolError('invalid_input', 'After the name of the tool comes its input, an object in JSON.', { hint: `As in ${usage}` });
  }
}
