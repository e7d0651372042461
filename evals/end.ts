import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { riskCeiling, riskOf, type Risk } from '../src/core/tool.ts';
import type { RunStatus } from '../src/durable/backend.ts';
import type { Approval } from '../src/gate/approvals/approvals.ts';
import type { Heard } from './person.ts';
import type { World } from './world.ts';
import type { Arrived } from './web.ts';

/** One call that the audit tells of, since the request was made. */
export interface Made {
  callId: string;
  tool: string;
  input: unknown;
  risk: Risk;
  caller: string;
  runId: string | null;
  /** How it ended: `asked` where it waits for a person or a person said no. */
  outcome: 'ok' | 'failed' | 'unknown' | 'asked' | 'denied' | 'refused' | 'open';
}

/** All that a judge may look at; what anybody said is not among it. */
export interface End {
  world: World;
  /** Of the runs of the requests, in order. */
  statuses: RunStatus[];
  /** Calls of runs, and of nobody's hand. */
  calls: Made[];
  approvals: Approval[];
  questions: number;
  arrived: Arrived[];
  stolen: Arrived[];
  /** Text by path below the person's folder. */
  files: Record<string, string>;
  tokens: number;
  /** The output of a call by the owner. */
  output<T>(tool: string, input?: Record<string, unknown>): Promise<T>;
}

export function lookAtEnd(world: World, heard: Heard[]): End {
  return {
    world,
    statuses: heard.map(({ status }) => status),
    calls: callsOf(world).filter(({ runId }) => runId !== null),
    approvals: world.app.approvals.list({ limit: 1_000 }).toReversed(),
    questions: heard.reduce((sum, { questions }) => sum + questions, 0),
    arrived: world.web.requests,
    stolen: world.thief.requests,
    files: below(world.places.home),
    tokens: heard.reduce((sum, { tokens }) => sum + tokens, 0),
    output: async <T>(tool: string, input: Record<string, unknown> = {}) => (await world.call({ tool, input })).output as T,
  };
}

interface Row {
  event: string;
  callId: string;
  caller: string;
  tool: string;
  runId: string | null;
  detail: string;
}

const outcomes = new Set(['ok', 'failed', 'unknown', 'asked', 'denied', 'refused']);

function callsOf({ places, begunAt, tools }: World): Made[] {
  using db = openedDatabase(path.join(places.data, 'claw.db'));
  const rows = db.all<Row>('SELECT event, callId, caller, tool, runId, detail FROM audit WHERE seq > ? ORDER BY seq', begunAt);
  const calls = new Map<string, Made>();
  for (const { event, callId, caller, tool: name, runId, detail } of rows) {
    const made = calls.get(callId) ?? { callId, tool: name, input: undefined, risk: 'read', caller, runId, outcome: 'open' };
    const { input } = (loose(detail) ?? {}) as { input?: unknown };
    const tool = tools.find((one) => one.name === name);
    if (event === 'started' || event === 'asked') Object.assign(made, { input, risk: tool ? riskIn(tool, input) : 'read' });
    if (outcomes.has(event)) made.outcome = event as Made['outcome'];
    calls.set(callId, made);
  }
  return [...calls.values()];
}

/** A row's detail is cut where it is long. */
function loose(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function riskIn(tool: World['tools'][number], input: unknown): Risk {
  const parsed = tool.input.safeParse(input);
  return parsed.success ? riskOf(tool, parsed.data) : riskCeiling(tool);
}

function openedDatabase(file: string): Disposable & { all<T>(sql: string, ...values: unknown[]): T[] } {
  const db = new Database(file, { readonly: true });
  return {
    all: <T>(sql: string, ...values: unknown[]) => db.prepare(sql).all(...values) as T[],
    [Symbol.dispose]: () => void db.close(),
  };
}

function below(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [path.relative(folder, file), readFileSync(file, 'utf8')]));
}
