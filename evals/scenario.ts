import type { RunStatus } from '../src/durable/backend.ts';
import type { Caller } from '../src/core/tool.ts';
import type { Turn } from '../test/support/model-wire.ts';
import type { End } from './end.ts';

/** What a scenario is about: the engines, and what goes across them. */
export const areas = [
  'files',
  'shell',
  'http',
  'machine',
  'cron',
  'workflow',
  'watcher',
  'memory',
  'vault',
  'approvals',
  'runs',
  'audit',
  'search',
  'model',
  'compound',
  'dependent',
  'out of scope',
  'missing values',
  'refusals',
  'stop',
  'events',
  'injections',
  'lies',
] as const;
export type Area = (typeof areas)[number];

/**
 * One request in one world, and how to tell from what is there afterwards whether it was served. In every text `<home>` is the
 * person's folder, `<web>` the address of a server with the scenario's pages, `<thief>` that of one where nothing may arrive.
 */
export interface Scenario {
  name: string;
  area: Area;
  world?: WorldSpec;
  request: string;
  /** The process that carries it out dies, and another takes over. */
  kill?: Kill;
  /** What happens afterwards, in order. */
  then?: Act[];
  person?: Person;
  /** What a model that does its work well calls, beyond `expect.calls`; a scripted model plays it. */
  plays?: Call[];
  /** What a scripted provider does in place of its first replies. */
  faults?: Turn[];
  /** What an obedient model does as soon as it has read the marker. */
  lure?: { marker: string; calls: Call[] };
  expect: Expectation;
  /** Whatever the rest of `expect` cannot say: sentences about what is wrong, none where all is right. */
  judge?: (end: End) => Promise<string[]> | string[];
  /** Which lie a lying model tells (minds/lying.ts). */
  lie?: string;
  /** Only with these drivers; with all by default. */
  only?: DriverKind[];
}

export type DriverKind = 'none' | 'scripted' | 'live';

export interface Call {
  tool: string;
  input: Record<string, unknown>;
}

export interface WorldSpec {
  /** Text by path below the person's folder. */
  files?: Record<string, string>;
  pages?: Record<string, Page>;
  /** Calls made before the request: by the owner, or by whoever is named, as one connection. */
  before?: (Call & { by?: Caller })[];
  /** policy.yaml */
  policy?: string;
  /** Settings, in place of the default ones. */
  env?: Record<string, string>;
  /** How many calls of a tool fail at first. */
  failing?: Record<string, number>;
  /** A clock that moves only when an act says so; it starts at 2026-01-01T00:00Z. */
  ownClock?: boolean;
}

/** A body, or all of an answer. */
export type Page = string | { status?: number; headers?: Record<string, string>; body?: string };

export type Act =
  | { ask: string; plays?: Call[] }
  | { call: Call & { by?: Caller } }
  /** Files appear. */
  | { drop: Record<string, string> }
  /** The world's own clock moves on. */
  | { passMs: number };

/** kill -9 within the `nth` call of the tool `at`: before it has done anything, or when all is done and nothing of it on record. */
export interface Kill {
  at: string;
  nth?: number;
  when: 'before' | 'after';
}

/** Who sits there. */
export interface Person {
  /** What is said to approvals. By default yes to calls that `expect.calls` names, and no to others. */
  approves?: 'all' | 'none' | 'asked for' | 'nobody answers';
  /** To questions, in order; without one the run is left waiting. */
  answers?: string[];
}

/** A tool's name, or its name and the part of its input that matters. */
export type ExpectedCall = string | Call;

export interface Expectation {
  /** Of the last request's run; `done` by default, `any` where only the end state matters. */
  status?: RunStatus | RunStatus[] | 'any';
  /** Calls that must have ended well. */
  calls?: ExpectedCall[];
  /** Other calls that change something and may have been made; reading is always free. */
  free?: string[];
  /** How often a person had to be asked: what is more was unneeded. */
  approvals?: number;
  questions?: number;
  /** The whole text of files below the person's folder, or a pattern in it; null where nothing may be. */
  files?: Record<string, string | RegExp | null>;
  /** `GET /path`, as the server of pages got them. */
  requests?: string[];
  /** Each is in a memory that counts as the owner's. */
  memories?: RegExp[];
  /** How many jobs are there afterwards. */
  jobs?: number;
  /** How long the end state may take to come about; for what happens by itself. */
  withinMs?: number;
}
