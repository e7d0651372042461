import { z } from 'zod';
import { agentLine, agentName, agentView, agentViewOf } from '../core/agent-view.ts';
import { isoTime } from '../core/clock.ts';
import { schedule, timezone } from '../core/cron-job.ts';
import { defineTool } from '../core/tool.ts';

const name = agentName.describe('As shown by agent_list');

export const agentList = defineTool({
  name: 'agent_list',
  title: 'List agents',
  description: 'The kinds of agents that there are, with what is wrong with a broken one, and the agents that have been started.',
  risk: 'read',
  input: z.object({}),
  output: z.object({
    items: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['persona', 'agent']),
        state: z.string().describe('ready or broken; of a started one idle, working, waiting, stopped, out of budget'),
        about: z.string(),
        role: z.string().optional(),
        tools: z.number().optional().describe('Names and beginnings of names'),
        builtIn: z.boolean().optional(),
        persona: z.string().optional(),
        problem: z.string().optional(),
      }),
    ),
  }),
  examples: [
    'list the agents',
    'which agents are there',
    'show all personas',
    'which agents are running',
    'what kinds of agents can I use',
    'are any of my agents broken',
  ],
  run: async (ctx) => {
    const personas = (await ctx.agents.personas.list()).map(({ name: own, description, isBuiltIn, problem, persona }) => ({
      name: own,
      kind: 'persona' as const,
      state: problem === undefined ? 'ready' : 'broken',
      about: problem ?? description,
      builtIn: isBuiltIn,
      ...(persona && {
        role: persona.role,
        tools: persona.tools.length,
      }),
      ...(problem !== undefined && { problem }),
    }));
    const agents = (await ctx.agents.list()).map(({ name: own, shown, goal, persona }) => ({
      name: own,
      kind: 'agent' as const,
      state: shown,
      about: goal.slice(0, 200),
      persona,
    }));
    return { items: [...agents, ...personas] };
  },
  summary: ({ items }) => items.map(({ name: own, kind, state, about }) => `${own} (${kind}, ${state}): ${about}`).join('\n'),
});

export const agentShow = defineTool({
  name: 'agent_show',
  title: 'Show a kind of agent',
  description: 'What a persona is for: its role, tools, model, budget and instructions.',
  risk: 'read',
  input: z.object({ name }),
  output: z.object({
    name: z.string(),
    description: z.string(),
    role: z.string(),
    tools: z.array(z.string()),
    model: z.string(),
    memory: z.string(),
    depth: z.number(),
    budget: z.record(z.string(), z.number()),
    withoutModel: z.string().optional(),
    builtIn: z.boolean(),
    instructions: z.string(),
  }),
  slots: { name: 'quoted' },
  examples: [
    'show the persona "code-reviewer"',
    'what may the agent "devops-engineer" do',
    'which tools does the persona "docs-writer" have',
    'details of the persona "security-auditor"',
    'what is the "test-writer" persona told',
  ],
  run: async (ctx, input) => {
    const { description, role, tools, model, memory, depth, budget, without_model, isBuiltIn, instructions } =
      await ctx.agents.personas.load(input.name);
    const given = Object.fromEntries(Object.entries(budget).filter(([, value]) => value !== undefined)) as Record<string, number>;
    return {
      name: input.name,
      description,
      role,
      tools,
      model,
      depth,
      budget: given,
      builtIn: isBuiltIn,
      instructions,
      memory: memory === 'own' ? `agent:${input.name}` : 'shared',
      ...(without_model !== undefined && { withoutModel: without_model }),
    };
  },
  summary: ({ name: own, description, role, tools }) => `${own} (${role}): ${description}. Tools: ${tools.join(', ') || 'none'}`,
});

export const agentStart = defineTool({
  name: 'agent_start',
  title: 'Start an agent',
  description:
    'Let an agent of a kind keep working towards a goal: at set times, and when it gets a message. It survives restarts. A stopped one goes on.',
  risk: 'write',
  effects: { persists: true },
  input: z.object({
    name: agentName,
    persona: agentName.describe('Its kind, as shown by agent_list'),
    goal: z.string().min(1).max(4_000),
    schedule: schedule.optional().describe('As for cron_add, "every 30 minutes"; without one it begins now and then waits for messages'),
    timezone,
    tokens: z.number().int().min(10_000).max(1_000_000_000).optional().describe('Of models, for its whole life'),
    usd: z.number().positive().max(100_000).optional(),
  }),
  output: agentView.extend({ note: z.string().optional(), previous: z.boolean().describe('It had been there before') }),
  slots: { schedule: 'schedule' },
  dataFields: ['goal'],
  examples: [
    'start an agent that watches the disks every hour',
    'start the agent night-watch as devops-engineer',
    'let an agent keep an eye on the backups every morning at 7',
    'set up a long-lived agent',
    'let the stopped agent go on',
  ],
  run: async (ctx, request) => {
    const { agent, before } = await ctx.agents.start({ ...request, folder: ctx.caller.folder }, ctx);
    const note = ctx.cron.note();
    return { ...agentViewOf(agent), previous: before !== undefined, ...(note !== undefined && { note: note.replace('fires', 'wakes') }) };
  },
  dryRun: (_ctx, { name: own, persona, goal, schedule: when }) => [
    { action: 'create', target: `agent ${own} (${persona})`, after: `${when ?? 'on messages'}: ${goal}` },
  ],
  verify: async (ctx, input) => {
    const { shown, runId } = await ctx.agents.get(input.name);
    return [{ check: 'the agent is on', ok: shown !== 'stopped' && shown !== 'out of budget', found: `${shown}, ${runId}` }];
  },
  undo: (input) => ({ tool: 'agent_stop', input: { name: input.name } }),
  summary: ({ note, previous: _, ...agent }) => [agentLine(agent), ...(note === undefined ? [] : [note])].join('\n'),
});

export const agentStop = defineTool({
  name: 'agent_stop',
  title: 'Stop an agent',
  description:
    'End what an agent is doing within a second, with what it has asked others for, and let it rest. Its journal and memories stay.',
  risk: 'write',
  idempotent: true,
  input: z.object({ name }),
  output: agentView.extend({ before: z.string() }),
  slots: { name: 'quoted' },
  examples: [
    'stop the agent "night-watch"',
    'let the agent "night-watch" rest',
    'end the agent "disk-keeper"',
    'switch off the agent "disk-keeper"',
    'halt the long-lived agent "night-watch"',
  ],
  run: async (ctx, input) => {
    const { agent, before } = await ctx.agents.stop(input.name, ctx.caller);
    return { ...agentViewOf(agent), before };
  },
  dryRun: (_ctx, input) => [{ action: 'update', target: `agent ${input.name}`, after: 'stopped' }],
  verify: async (ctx, input) => {
    const { shown } = await ctx.agents.get(input.name);
    return [{ check: 'the agent is stopped', ok: shown === 'stopped', found: shown }];
  },
  undo: (_input, { before, name: own, persona, goal, schedule: when, timezone: zone, budget }) =>
    before === 'stopped'
      ? undefined
      : {
          tool: 'agent_start',
          input: { name: own, persona, goal, ...(when !== undefined && { schedule: when, timezone: zone }), ...budget },
        },
  summary: ({ before, ...agent }) => `${agentLine(agent)} (was ${before})`,
});

export const agentMessage = defineTool({
  name: 'agent_message',
  title: 'Tell an agent something',
  description: "Put a message into a started agent's inbox, which wakes it. The same key is the same message.",
  risk: 'write',
  idempotent: true,
  input: z.object({
    to: name,
    text: z.string().min(1).max(8_000),
    key: z.string().min(1).max(200).optional(),
  }),
  output: z.object({ id: z.string(), to: z.string(), isNew: z.boolean(), state: z.string(), runId: z.string() }),
  dataFields: ['text'],
  keepsTaint: () => true,
  quotes: ['text'],
  slots: { text: 'payload' },
  examples: [
    'tell the agent night-watch: look at the backups too',
    'send the agent night-watch a message: the NAS is back',
    'message my agent: stop worrying about the printer',
    'write to the agent disk-keeper: clean up /tmp tonight',
    'let the agent night-watch know: maintenance ends at six',
  ],
  run: async (ctx, { to, text, key }) => {
    const { id, isNew, agent } = await ctx.agents.send({ to, text, key }, ctx);
    return { id, to, isNew, state: agent.shown, runId: agent.runId };
  },
  verify: (ctx, { to }, { id }) => {
    const kept = ctx.agents.message(id);
    return [
      {
        check: 'the message is in the inbox',
        ok: kept?.agent === to,
        found: kept ? (kept.readBy === undefined ? 'unread' : `read by ${kept.readBy}`) : 'nothing',
      },
    ];
  },
  summary: ({ id, to, isNew, state }) =>
    isNew ? `${to} has the message (${id}); it is ${state}.` : `${to} had that message already (${id}).`,
});

const turn = z.object({
  turn: z.number(),
  runId: z.string(),
  because: z.enum(['start', 'schedule', 'message']),
  missed: z.number().describe('Times that passed while nothing could wake it'),
  endedAt: z.string(),
  status: z.string(),
  summary: z.string().describe('What was seen to happen'),
  answer: z.string().describe("The model's words"),
  tokens: z.number(),
});

export const agentStatus = defineTool({
  name: 'agent_status',
  title: 'How an agent is doing',
  description: 'State, schedule, inbox and budget of a started agent, and its latest turns: what was done and proved, and what it said.',
  risk: 'read',
  input: z.object({ name, turns: z.number().int().min(0).max(50).default(5) }),
  output: agentView.extend({ journal: z.array(turn).describe('Latest first') }),
  slots: { name: 'quoted', turns: 'number' },
  examples: [
    'how is the agent "night-watch" doing',
    'what has the agent "night-watch" done lately',
    'status of the agent "disk-keeper"',
    'show the journal of the agent "night-watch"',
    'what did the agent "night-watch" find in its last turn',
  ],
  run: async (ctx, { name: own, turns }) => {
    const agent = await ctx.agents.get(own);
    const journal = ctx.agents.turns(own, turns);
    const isShown = (which: 'untrusted' | 'private'): boolean => journal.some(({ taint }) => taint[which]);
    ctx.touched({ readsUntrusted: isShown('untrusted'), readsPrivate: isShown('private') });
    return {
      ...agentViewOf(agent),
      journal: journal.map(({ dueAt: _, taint: __, endedAt, ...one }) => ({ ...one, endedAt: isoTime(endedAt) })),
    };
  },
  summary: ({ journal, ...agent }) =>
    [
      agentLine(agent),
      ...journal.map(
        ({ turn: number, endedAt, status, answer, summary }) => `${number} ${endedAt} ${status}: ${(answer || summary).slice(0, 300)}`,
      ),
    ].join('\n'),
});
