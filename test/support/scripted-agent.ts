import { startApp, type TestApp, type TestAppOptions } from './app.ts';
import { startModelServer, type ModelServer, type Turn } from './model-server.ts';

type Request = ModelServer['requests'][number];
type Turns = Turn | Turn[] | ((request: Request, index: number) => Turn);

/** What a scripted model does in each of its roles; told apart by the prompts. Where a list is at its end, the last turn is repeated. */
export interface Roles {
  plan?: Turns;
  work?: Turns;
  verify?: Turns;
  answer?: Turns;
}

const marks: Record<keyof Roles, string> = {
  plan: 'You plan for claw',
  work: 'You carry out one task',
  verify: 'You check, for claw',
  answer: "Answer the person's request",
};

export type AgentServer = ModelServer & { of(role: keyof Roles): Request[] };

export async function startAgentServer(roles: Roles): Promise<AgentServer> {
  const counts = new Map<keyof Roles, number>();
  const roleOf = (request: Request): keyof Roles => {
    const text = JSON.stringify(request.body);
    return (Object.keys(marks) as (keyof Roles)[]).find((role) => text.includes(marks[role]))!;
  };
  const defaults: Roles = { verify: { text: '{"holds": true}' }, answer: { text: 'Here it is.' } };
  const server = await startModelServer((request) => {
    const role = roleOf(request);
    const index = counts.get(role) ?? 0;
    counts.set(role, index + 1);
    const turns = roles[role] ?? defaults[role] ?? { status: 500 };
    if (typeof turns === 'function') return turns(request, index);
    return Array.isArray(turns) ? turns[Math.min(index, turns.length - 1)]! : turns;
  });
  return { ...server, of: (role) => server.requests.filter((request) => roleOf(request) === role) };
}

/** The real app, whose planner, workers and verifier are that model. */
export async function startAgentApp(roles: Roles, options: TestAppOptions = {}): Promise<{ app: TestApp; server: AgentServer }> {
  const server = await startAgentServer(roles);
  // Loading the bundled embedder takes a second.
  const env = {
    CLAW_EMBEDDINGS: 'none',
    CLAW_MODEL: 'openai/scripted',
    OPENAI_BASE_URL: server.url,
    ANTHROPIC_BASE_URL: server.url,
    ANTHROPIC_API_KEY: 'sk-t',
  };
  return { app: await startApp({ ...options, env: { ...env, ...options.env } }), server };
}

/** A plan as a model writes it. */
export const planned = (tasks: object[], questions: object[] = []): Turn => ({ text: JSON.stringify({ tasks, questions }) });

export const calling = (name: string, input: unknown): Turn => ({ toolUses: [{ name, input }] });
