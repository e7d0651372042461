import { z } from 'zod';
import { agentName } from '../core/agent-view.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';

const statuses = ['queued', 'running', 'waiting', 'done', 'unverified', 'failed', 'unknown', 'stopped', 'declined'] as const;

const report = z.object({
  answer: z.string().default('').describe("The agent's words; no proof of anything"),
  summary: z.string().default('').describe('What was seen to happen'),
  calls: z
    .array(
      z.object({
        id: z.string(),
        tool: z.string(),
        status: z.string(),
        summary: z.string(),
        evidence: z.array(z.object({ check: z.string(), ok: z.boolean(), found: z.string() })),
      }),
    )
    .default([]),
  proved: z.array(z.string()).default([]).describe('Tools by which a change was proved'),
  verified: z.number().default(0),
  total: z.number().default(0),
  usage: z.object({ calls: z.number(), tokens: z.number() }).default({ calls: 0, tokens: 0 }),
});

const output = report.extend({
  runId: z.string(),
  agent: z.string(),
  status: z.enum(statuses),
  question: z.string().optional(),
  approvalId: z.string().optional(),
});

/** Less than the 45 s within which every call is answered. Whoever calls from a run waits for the end. */
const patienceMs = 40_000;
const longestMs = 86_400_000;

export const agentRun = defineTool({
  name: 'agent_run',
  title: 'Give an agent a task',
  description:
    'Let an agent of a kind (agent_list) carry out one task with its own tools and budget. Done only if it is proved. After 40 s poll with run_wait.',
  risk: 'write',
  idempotent: true,
  openWorld: true,
  input: z.object({
    persona: agentName.describe('As shown by agent_list'),
    task: z.string().min(1).max(8_000).describe('In plain words, with all it needs to know'),
  }),
  output,
  slots: { task: 'sentence' },
  words: {
    persona: {
      'code-reviewer': ['code reviewer', 'code-reviewer'],
      'devops-engineer': ['devops engineer', 'devops-engineer', 'devops'],
      'docs-writer': ['docs writer', 'docs-writer', 'documentation writer'],
      'security-auditor': ['security auditor', 'security-auditor', 'auditor'],
      'test-writer': ['test writer', 'test-writer'],
    },
  },
  dataFields: ['task'],
  keepsTaint: () => true,
  examples: [
    'let the code-reviewer look at my last commit',
    'ask the security auditor to check this machine',
    'have the devops engineer find out why the disk is full',
    'let the docs-writer update the README',
    'give the test-writer a task',
    'let an agent do this',
  ],
  timeoutMs: longestMs,
  run: async (ctx, { persona, task }) => {
    const { id } = await ctx.agents.run({ persona, task, folder: ctx.caller.folder }, ctx);
    const timeoutMs = ctx.runId === undefined ? patienceMs : longestMs - 60_000;
    const run = await ctx.agents.wait(id, { timeoutMs, signal: ctx.signal, by: ctx.caller, throughWaiting: ctx.runId !== undefined });
    ctx.heard(id);
    const { question, status } = run;
    return {
      ...report.parse(run.output ?? {}),
      ...(run.error && { summary: `${run.error.message} ${run.error.hint}`.trim() }),
      runId: id,
      agent: persona,
      status,
      ...(question && { question: question.text }),
      ...(question?.approvalId !== undefined && { approvalId: question.approvalId }),
    };
  },
  verify: (_ctx: ToolContext, _input, { status, verified, total }) => [
    { check: 'what the agent was asked for is proved', ok: status === 'done', found: `${status}: ${verified} of ${total} calls verified` },
  ],
  summary: ({ answer, summary, status, question, runId, approvalId }) =>
    question === undefined
      ? [answer, summary || `${status}: poll with run_wait ${runId}`].filter(Boolean).join('\n\n')
      : `${question}\n${approvalId === undefined ? `Answer with: claw run answer ${runId} "…"` : `Answer with: claw approval answer ${approvalId} approve`}`,
});
