import { z } from 'zod';
import { isoTime } from './clock.ts';

/** The name of an agent, and of a kind of agent. */
export const agentName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is a name of small letters, digits and -, a letter first');

const states = ['idle', 'working', 'waiting', 'stopped', 'out of budget'] as const;

/** A long-lived agent as tools show it. */
export const agentView = z.object({
  name: z.string(),
  persona: z.string(),
  state: z.enum(states).describe('waiting: for a person'),
  goal: z.string(),
  because: z.string().optional(),
  schedule: z.string().optional(),
  timezone: z.string(),
  nextAt: z.string().optional(),
  unread: z.number().describe('Messages'),
  question: z.string().optional(),
  runId: z.string().describe('Of the turn under way, or the next'),
  turns: z.number(),
  failures: z.number().describe('In a row'),
  memory: z.string().describe('Namespace of its memories'),
  spent: z.object({ tokens: z.number(), usd: z.number() }),
  budget: z.object({ tokens: z.number().optional(), usd: z.number().optional() }),
});

interface Known {
  name: string;
  persona: string;
  shown: (typeof states)[number];
  goal: string;
  because: string | undefined;
  schedule: string | undefined;
  timezone: string;
  nextAt: number | undefined;
  unread: number;
  question: string | undefined;
  runId: string;
  turns: number;
  failures: number;
  spentTokens: number;
  spentUsd: number;
  tokens: number | undefined;
  usd: number | undefined;
}

export function agentViewOf(agent: Known): z.output<typeof agentView> {
  const { name, persona, shown, goal, because, schedule, timezone, nextAt, unread, question, runId, turns, failures } = agent;
  return agentView.parse({
    name,
    persona,
    state: shown,
    goal,
    because,
    schedule,
    timezone,
    unread,
    question,
    runId,
    turns,
    failures,
    nextAt: nextAt === undefined ? undefined : isoTime(nextAt),
    memory: `agent:${name}`,
    spent: {
      tokens: agent.spentTokens,
      usd: agent.spentUsd,
    },
    budget: {
      tokens: agent.tokens,
      usd: agent.usd,
    },
  });
}

export const agentLine = ({ name, persona, state, because, schedule, nextAt, unread, question }: z.output<typeof agentView>): string =>
  [
    `${name} (${persona}): ${state}${because === undefined ? '' : `, ${because}`}`,
    schedule && `${schedule}${nextAt === undefined ? '' : `, next ${nextAt}`}`,
    unread > 0 && `${unread} unread`,
    question && `asks: ${question}`,
  ]
    .filter(Boolean)
    .join('; ');
