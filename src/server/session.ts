import type { Progress } from '../core/tool.ts';
import type { ToolFacts } from '../core/tool-facts.ts';
import type { CallResult } from '../gate/gate-types.ts';

export interface SessionCall {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** The owner's way to the gate: in this process, or in the daemon's. */
export interface Session extends AsyncDisposable {
  tools(): Promise<ToolFacts[]>;
  call(tool: string, input: unknown, options?: SessionCall): Promise<CallResult>;
  /** Resolves when what the calls have set going here has ended or waits. */
  settled(): Promise<void>;
}
