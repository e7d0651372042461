import type { Verdict } from './policy/policy.ts';
import type { Caller, Change, Effects, Evidence, Progress, Risk, Tool } from '../core/tool.ts';

/** The run on whose behalf a call is made. */
export interface RunScope {
  id: string;
  stepId: string;
  /** A model has chosen this call by what it had read; nobody had planned it. */
  chosen?: boolean;
}

export interface CallOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  run?: RunScope;
  /** Which connection calls, where no run does: what one of its calls has read counts for the next. */
  session?: string;
  /** Idempotency key; without one each call has its own. */
  key?: string;
  /** The step that the call is: put on record in the transaction that starts it, and where asked for on disk before it begins. */
  step?: { begin: () => void; mustBeOnDisk: boolean };
  /** Called inside the transaction that records a good outcome. */
  commit?: (result: CallResult) => void;
  /** The call that passes this one on; outside of a run, undoing that undoes this. */
  passedOnBy?: string;
  /** Reverses an earlier call on the owner's word, or by the way back that its tool gave in the same run: does not ask. */
  undoing?: boolean;
}

export interface CallResult {
  callId: string;
  tool: string;
  /** Fits the tool's output schema and 10,000 characters; what was cut is behind `link`. */
  output: unknown;
  summary?: string;
  /** The whole output, as a resource and a file under `runs/`. */
  link?: { uri: string; file: string; bytes: number };
  /** It has read text that someone else wrote. */
  untrusted: boolean;
  /** Whether `claw undo <run or call>` can reverse it. */
  undoable: boolean;
}

/** What a call would meet and do, found out without doing it. */
export interface Preview {
  tool: string;
  hash: string;
  risk: Risk;
  verdict: 'allow' | 'ask' | 'deny';
  reason: string;
  undoable: boolean;
  changes: Change[];
}

/** How policy would decide a call, without making it. */
export interface Explanation extends Verdict {
  tool: string;
  risk: Risk;
  effects: Effects;
}

/** The one way to call a tool. */
export interface Gate {
  /** Throws ToolError, always; anything unforeseen is `internal` and its text is in the log. */
  call(caller: Caller, name: string, input: unknown, options?: CallOptions): Promise<CallResult>;
  /** Evidence that a finished call happened, by the tool's own probes; empty where it has none. */
  verify(
    caller: Caller,
    call: { tool: string; input: unknown; output: unknown; callId: string },
    options?: { signal?: AbortSignal },
  ): Promise<Evidence[]>;
  preview(caller: Caller, name: string, input: unknown): Promise<Preview>;
}

/** The gate with its tools at hand, for those that choose among them. */
export interface OpenGate extends Gate {
  /** The tools this caller may name, sorted by name. */
  list(caller: Caller): Tool[];
  explain(caller: Caller, name: string, input: unknown): Explanation;
}
