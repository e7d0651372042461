import { z } from 'zod';
import type { Engines } from '../app.ts';
import type { Ground } from './ground.ts';

export const callers = ['owner', 'mcp', 'agent', 'cron', 'workflow', 'watcher', 'skill', 'hook'] as const;
/** Who asks. `owner` is the person at the CLI, the dashboard or the admin's chat. */
export type CallerKind = (typeof callers)[number];

export interface Caller {
  kind: CallerKind;
  /** Which one: an MCP client's name, a job's id. For the audit only. */
  name?: string;
  /** May only read, also through tool_call. */
  readOnly?: boolean;
  /** A model chose the calls, on this caller's behalf: after it has read something its changes ask, unless the request names them. */
  byModel?: boolean;
  /** The folder they stand in: relative paths start there, and there the owner may touch files. */
  folder?: string;
  /** What they may reach, where that is less than everyone of their kind. Whatever acts for them has the same. */
  reach?: Reach;
}

/** The bounds of one agent, kept by the gate and the engines, whatever a model says. */
export interface Reach {
  /** The only tools: names, or beginnings as `cron_*`. Also for calls that are passed on, or kept for later. */
  tools: string[];
  /** The only namespace of memories that is seen and written. */
  memory?: string;
  /** The agent's run on whose behalf it is. */
  run?: string;
  /** Who asked the agent in the first place: what rules say about them holds for it too. */
  asked?: CallerKind;
  /** The folder is where the owner stood who asked: files may be touched there as by the owner. */
  ownersFolder?: boolean;
}

export type Risk = 'read' | 'write' | 'destructive';

/** What a call may do beyond its result; the Rule of Two is decided on these. */
export interface Effects {
  /** Returns files, mail or another person's data. */
  readsPrivate?: boolean;
  /** Returns text that someone else wrote. */
  readsUntrusted?: boolean;
  /** Lets data leave this machine. */
  sends?: boolean;
  /** Leaves something behind that acts later: schedules, watchers, skills, policy. */
  persists?: boolean;
}

/** What a run has touched. Only grows. */
export interface Taint {
  untrusted: boolean;
  private: boolean;
}

/** One observation: what was checked, whether it held, what was found. */
export interface Evidence {
  check: string;
  ok: boolean;
  found: string;
}

/** One thing a call would change. */
export interface Change {
  action: 'create' | 'update' | 'delete' | 'run' | 'send';
  target: string;
  before?: string;
  after?: string;
}

export interface ToolCall {
  tool: string;
  input: unknown;
}

export interface Progress {
  message: string;
  done?: number;
  total?: number;
}

/** What `run` gets: this call, and the engines that `app.ts` built. */
export interface ToolContext extends Engines {
  caller: Caller;
  callId: string;
  runId?: string;
  /** The connection that makes the call, where it is no step of a run. */
  session?: string;
  /** What the run or the connection has read by now; text stored from an untrusted one is stored as tainted. */
  readonly taint: Taint;
  /** Where a path of this call really led when the call was judged: what writes goes there and nowhere else. */
  led(file: string): string;
  /** To be called before the result is returned: what this call has really read. */
  touched(effects: Pick<Effects, 'readsUntrusted' | 'readsPrivate'>): void;
  /** A model has chosen this call by what it had read; nobody had planned it. */
  chosen: boolean;
  /** The result shows what that run has read. */
  heard(runId: string): void;
  /** The same for every attempt of one step: with it, an idempotent effect happens once. */
  key: string;
  /** Aborted at the deadline, when the caller cancels, and when the run is stopped. */
  signal: AbortSignal;
  progress(progress: Progress): void;
}

/** How `fill` finds a field's value in a sentence; see `agents/intake/slots.ts`. */
export type Slot =
  | 'path' // a file or folder
  | 'folder'
  | 'newFolder' // "a folder called A in B"
  | 'pattern' // a glob, as *.log
  | 'destination' // the second path of "from A to B"
  | 'url'
  | 'host'
  | 'target' // a machine by its alias: "on nas", "the host nas"
  | 'command' // a command line, quoted or after "run"
  | 'script' // a command line that needs a shell: pipes, redirects
  | 'id' // an id of ours, such as run_… or apr_…
  | 'job' // a scheduled job, by its id or the words of its name
  | 'number'
  | 'duration'
  | 'time' // a moment
  | 'schedule' // cron phrase
  | 'quoted' // text in quotes
  | 'program' // in quotes, or as in "is nginx running"
  | 'theme' // as topic, where neither an id nor a mere "it" is named
  | 'topic' // what is left of the sentence without the words of the verb: a search
  | 'content' // what is to be remembered: quoted, after a colon, or what was found before, in short
  | 'document' // what is to be written: as content, but an earlier result is taken whole
  | 'needle' // what is looked for inside files: quoted, or after "mentions", "with", "containing"
  | 'find' // the first of "replace A with B"
  | 'replacement' // the second of it
  | 'payload' // what is to be sent: quoted or after a colon
  | 'workflow' // the name of one: "the workflow deploy", "the deploy workflow"
  | 'watcher' // the name of one, as for workflows
  | 'secret' // the name of one, as for workflows
  | 'prompt' // what a model is asked: quoted, or behind its name
  | 'sentence'; // the request itself

export interface Tool<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  /** `noun_verb`: letters, digits and underscores, at most 40 characters. */
  name: string;
  title: string;
  description: string;
  input: In;
  output: Out;
  /** A function where it depends on the call, as for a command line. */
  risk: Risk | ((input: z.output<In>) => Risk);
  /** Running it twice with one key equals once. Reads are by nature. */
  idempotent?: boolean;
  /** May reach beyond this machine (MCP `openWorldHint`). */
  openWorld?: boolean;
  effects?: Effects | ((input: z.output<In>) => Effects);
  /** `run` says through `ctx.touched` what it has read; its effects are then the most it may have. */
  tellsReads?: boolean;
  /** 5–20 sentences a person would say to want this. */
  examples: string[];
  /** Where each input comes from in a sentence. Fields without a slot keep their default. */
  slots?: { [Field in keyof z.output<In>]?: Slot };
  /** Words that decide an enum or boolean field: `{ category: { preference: ['prefer', 'like'] } }`. */
  words?: { [Field in keyof z.output<In>]?: Record<string, string[]> };
  /**
   * Fields that name files or folders. A relative one is made absolute before anything is decided, from the caller's folder;
   * `cwd` is filled in where it is missing. So an approval means one file, wherever the call is made again.
   */
  paths?: (keyof z.output<In> & string)[];
  /**
   * Files and folders that a call writes, moves, or deletes, judged where they really lead; a slash at the end means with all
   * that is below. Such a call `persists` where others execute or believe what is written there.
   */
  writes?: (input: z.output<In>) => string[];
  /** The calls that this one has made later, by a schedule or a rule: what they write counts as well, and no secret is in them in clear. */
  later?: (input: z.output<In>) => ToolCall[];
  /** Fields that may carry text from outside: a message's body, never a recipient, host, path or command. */
  dataFields?: (keyof z.output<In> & string)[];
  /** Fields that look for text or say on what was said: the mark of a secret that was taken out may stand in them. */
  quotes?: (keyof z.output<In> & string)[];
  /** Fields that carry a secret's value: nothing is recorded before it is handed to the redactor. */
  secretFields?: string[] | ((input: z.output<In>) => string[]);
  /** The call that this call makes, for tools that only pass one on. */
  passesOn?: (input: z.output<In>) => ToolCall;
  /** `run` is synchronous and changes only claw.db: it and its audit row are one transaction. */
  transactional?: boolean;
  /** Everyone but the owner asks for it, whatever they have read and whatever the rules say; the reason, for the owner. */
  asksOthers?: string;
  /** Only these may call it; anyone else is told it is denied. */
  only?: CallerKind[];
  /** Whether what it keeps or passes on carries what the caller has read, and is judged by that again: an agent is not asked about it. */
  keepsTaint?: (caller: Caller) => boolean;
  /** An answer of the owner's: within a run only as a step that the plan fixed, and never after the run has read untrusted text. */
  ownersWord?: boolean;
  /** Makes a request of its own. A model that chooses its calls makes none: it would speak in the owner's words. */
  newRequest?: boolean;
  /** Shows or answers what waits for the owner: a rule that asks does not make the owner wait for it as well. */
  answers?: boolean;
  /** The owner may call it while everything is stopped. */
  whileStopped?: boolean;
  /** What in the arguments makes a call as risky as it is, in words that follow "It is destructive:". */
  why?: (input: z.output<In>) => string | undefined;
  /** Whether the arguments are forbidden whatever the rules say: the reason, or undefined. */
  forbid?: (input: z.output<In>, ground: Ground) => string | undefined;
  /** Why a call must be asked about, whatever the rules say: the reason, or undefined. `isConfined`: it would run in a sandbox. */
  concern?: (input: z.output<In>, situation: { ground: Ground; isConfined: boolean }) => string | undefined;
  /** Runs commands: for every caller but the owner in a sandbox, and where none can start, only after asking. */
  sandboxed?: boolean;
  /** Of another server: nobody here knows what its fields mean, so for rules any text in them may be a path or an address. */
  foreign?: boolean;
  /**
   * Of a tool that may change while claw runs: as it stands now, asked for before anything is decided about a call. Throws where
   * it may not be called as it stands.
   */
  ready?: (asked: { caller: Caller; callId: string; runId: string | undefined }) => Promise<Tool>;
  /** The deadline in ms, 30,000 by default. A function where the caller may choose it. */
  timeoutMs?: number | ((input: z.output<In>) => number);
  run: (ctx: ToolContext, input: z.output<In>) => Promise<z.input<Out>> | z.input<Out>;
  /** What would change, without changing it. */
  dryRun?: (ctx: ToolContext, input: z.output<In>) => Promise<Change[]> | Change[];
  /** Looks again, by another way than `run`'s own word, at whether it happened. */
  verify?: (ctx: ToolContext, input: z.output<In>, output: z.output<Out>) => Promise<Evidence[]> | Evidence[];
  /** The call that reverses it, or undefined where this one changed nothing. */
  undo?: (input: z.output<In>, output: z.output<Out>) => ToolCall | undefined;
  /**
   * Of a listing: the cursor of the page after the first `count` items of this one. With it a page that is too long ends
   * early instead of losing items.
   */
  cursorAfter?: (count: number, call: { input: z.output<In>; output: z.output<Out> }) => string;
  /** Its output holds another call's, which is bounded already. */
  wraps?: boolean;
  /** The result as one would save it to a file: a page's body, a file's text. Throws `too_large` where it is not all there. */
  content?: (output: z.output<Out>) => string;
  /** The result in a sentence or two, for people and for `{"$from": …}` in text fields. */
  summary?: (output: z.output<Out>, input: z.output<In>) => string;
}

/** Gives `run`, `verify` and the rest their types from the schemas, then forgets them for the registry. */
export function defineTool<In extends z.ZodType, Out extends z.ZodType>(tool: Tool<In, Out>): Tool {
  return tool;
}

export const riskOf = (tool: Tool, input: unknown): Risk => (typeof tool.risk === 'function' ? tool.risk(input) : tool.risk);

/**
 * Whether a call that was cut off may simply be made again. A call that is only passed on is judged by nobody here, so it is
 * taken for the worst.
 */
export function mayRepeat(tool: Tool, input: unknown): boolean {
  if (tool.idempotent === true) return true;
  if (tool.passesOn !== undefined) return false;
  if (typeof tool.risk !== 'function') return tool.risk === 'read';
  const parsed = tool.input.safeParse(input);
  return parsed.success && tool.risk(parsed.data) === 'read';
}

export const secretFieldsOf = ({ secretFields }: Tool, input: unknown): string[] =>
  (typeof secretFields === 'function' ? secretFields(input) : secretFields) ?? [];

export const effectsOf = (tool: Tool, input: unknown): Effects =>
  (typeof tool.effects === 'function' ? tool.effects(input) : tool.effects) ?? {};

/** The worst a tool can do, for hints that are given before the arguments are known. */
export const riskCeiling = (tool: Tool): Risk => (typeof tool.risk === 'function' ? 'destructive' : tool.risk);

/** A JSON Schema as clients and models get it: draft 2020-12, without what only costs tokens. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io }) as Record<string, unknown>;
  return rest;
}
