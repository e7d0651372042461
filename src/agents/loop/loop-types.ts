import type { z } from 'zod';
import type { ModelRole } from '../../core/model-roles.ts';
import type { Caller, Evidence, Progress, Tool } from '../../core/tool.ts';
import type { RunContext } from '../../durable/backend.ts';
import type { Gate } from '../../gate/gate-types.ts';
import type { KeptResult } from '../../gate/step-call.ts';
import type { ModelDesk } from '../models/model-desk.ts';
import type { Message } from '../models/model-types.ts';

export interface LoopLimits {
  /** Replies of the model. */
  rounds: number;
  /** Calls of tools. */
  calls: number;
  /** In and out, over all replies. */
  tokens: number;
  /** Work, in ms: waiting for a person does not count. */
  ms: number;
  /** Tokens that a request may take before older results in it are shortened, by default 60,000. */
  context?: number;
}

export const defaultLimits: LoopLimits = { rounds: 24, calls: 40, tokens: 200_000, ms: 10 * 60_000 };

export interface LoopTask {
  /** Prefix of the step ids within the run, unique per loop: `t2`, `turn-5`. */
  id: string;
  /** Whose models answer. */
  role: ModelRole;
  /** Text of a prompt file, filled in. The rules that every loop has are added to it. */
  system: string;
  /** The request, the context, evidence of an earlier round. They are never shortened. */
  messages: Message[];
  /** What it may call, already limited by role or persona. */
  tools: Tool[];
  limits: LoopLimits;
  /** Where given the loop ends by the tool `finish` with this input, an object. */
  finish?: z.ZodType;
  /** The conversation whose budget it uses. */
  chat?: string;
}

export interface LoopFloor {
  gate: Gate;
  run: RunContext;
  /** Who makes the calls. */
  caller: Caller;
  models: Pick<ModelDesk, 'reply'>;
  find: (tool: string) => Tool | undefined;
  onProgress?: (progress: Progress) => void;
}

/** `unverified`: carried out but not proved. `declined`: a person said no. `unknown`: cut off, and it may have happened. */
export type LoopCallStatus = 'done' | 'unverified' | 'failed' | 'unknown' | 'declined';

/** One call as the runtime saw it. */
export interface LoopCall {
  stepId: string;
  tool: string;
  input: Record<string, unknown>;
  status: LoopCallStatus;
  /** Whether this call could change anything. */
  changes: boolean;
  evidence: Evidence[];
  summary: string;
  /** Of a call that succeeded. */
  kept?: KeptResult;
}

export interface LoopEnd {
  /**
   * `limit`: rounds, calls, tokens, time, budget, or replies that nobody can use. `repeating`: the same call with the same result three times.
   * `stopped`: no model replied. Only `answered` and `finished` are ends of the model's own.
   */
  end: 'answered' | 'finished' | 'limit' | 'repeating' | 'refused' | 'stopped';
  /** Why, where it is no end of the model's own: the runtime's words. */
  reason?: string;
  /** The model's own words: shown as such, never evidence. */
  text: string;
  finished?: unknown;
  calls: LoopCall[];
  usage: { calls: number; tokens: number };
}
