import type { Turn } from '../../test/support/model-wire.ts';
import type { Call } from '../scenario.ts';
import type { Asked } from './asked.ts';

export interface WrittenTask {
  id: string;
  tool: string;
  input: Record<string, unknown>;
  dependsOn: string[];
  role?: string;
  goal?: string;
  tools?: string[];
}

/** A plan as claw asks its planner for one (prompts/agent/planner.md). */
export const planOf = (tasks: WrittenTask[]): Turn => ({ text: JSON.stringify({ tasks, questions: [] }) });

export const question = (text: string): Turn => ({
  text: JSON.stringify({ tasks: [], questions: [{ task: 't1', field: 'tool', question: text }] }),
});

/** Each call a task of its own, in order. */
export const fixedTasks = (calls: Call[]): WrittenTask[] =>
  calls.map(({ tool, input }, index) => ({ id: `t${index + 1}`, tool, input, dependsOn: index === 0 ? [] : [`t${index}`] }));

/** One task for a model, with these tools. */
export const openTask = (tools: string[], role: 'planner' | 'executor'): WrittenTask[] => [
  {
    id: 't1',
    tool: 'open_task',
    role,
    goal: 'Do what the request says.',
    tools: [...new Set(tools)].slice(0, 20),
    input: {},
    dependsOn: [],
  },
];

/** Who is asked: by the model of the role, and by whether there are tools. */
export const seat = ({ role, tools }: Asked): 'planner' | 'verifier' | 'executor' | 'narrator' =>
  role === 'planner' || role === 'verifier' ? role : tools.length > 0 ? 'executor' : 'narrator';

export const verdict = (holds: boolean): Turn => ({ text: JSON.stringify({ holds, missing: holds ? [] : ['It is not shown.'] }) });
