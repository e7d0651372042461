import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startApp, type TestApp, type TestAppOptions } from './app.ts';
import { startModelServer, type ModelServer, type Turn } from './model-server.ts';

type Script = Parameters<typeof startModelServer>[0];

/** The real app with a scripted model for all roles. */
export async function startWithModel(script: Script, options: TestAppOptions = {}): Promise<{ app: TestApp; server: ModelServer }> {
  const server = await startModelServer(script);
  const app = await startApp({ ...options, env: { ...modelEnv(server), ...options.env } });
  return { app, server };
}

export const modelEnv = ({ url }: { url: string }): Record<string, string> => ({
  CLAW_MODEL: 'anthropic/scripted',
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_API_KEY: 'a-key-for-tests',
});

/** Writes `agents/<name>.md` of the owner. */
export function writePersona(home: string, name: string, head: string, body = 'Do what is asked.'): void {
  mkdirSync(path.join(home, 'agents'), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(home, 'agents', `${name}.md`), `---\nname: ${name}\ndescription: For tests\n${head}\n---\n\n${body}\n`);
}

export const calls = (name: string, input: unknown): Turn => ({ toolUses: [{ name, input }] });
export const finish = (answer: string, done = true): Turn => calls('finish', { done, answer });

export interface AgentRan {
  runId: string;
  status: string;
  answer: string;
  summary: string;
  verified: number;
  calls: { tool: string; status: string; summary: string }[];
  usage: { tokens: number };
  question?: string;
}

export interface AgentSeen {
  name: string;
  state: string;
  because?: string;
  unread: number;
  turns: number;
  runId: string;
  nextAt?: string;
  spent: { tokens: number };
  journal: { turn: number; status: string; because: string; missed: number; answer: string; summary: string }[];
}

/** Looks until it is so, at most for 20 s. */
export async function until<Value>(look: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  for (let tries = 0; ; tries += 1) {
    const value = await look();
    if (isSo(value)) return value;
    if (tries > 400) throw new Error(`It never came: ${JSON.stringify(value).slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const statusOf = (app: TestApp, name: string): Promise<AgentSeen> => app.output<AgentSeen>('agent_status', { name });
